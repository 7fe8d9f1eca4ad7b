import type { FailurePacker } from "./failure-wire";
import type { ReaderEvent } from "./reader-messages";

/** Failures that may be on their way to the daemon before reading waits. */
const MOST_UNHANDLED = 10_000;

/** Failures on their way from a reader to the daemon, never more than the daemon can take. */
export class Outbox {
  readonly #post: (event: ReaderEvent) => void;
  #unhandled = 0;
  #roomWanted: (() => void)[] = [];

  constructor(post: (event: ReaderEvent) => void) {
    this.#post = post;
  }

  /** Sends what is packed to jails that read alike, if anything is. */
  send(jails: readonly string[], packer: FailurePacker): void {
    this.#unhandled += packer.count * jails.length;
    for (const failures of packer.take()) {
      this.#post({ type: "failures", jails, failures });
    }
  }

  /** The daemon has dealt with so many. */
  acknowledge(count: number): void {
    this.#unhandled = Math.max(0, this.#unhandled - count);
    if (this.#unhandled < MOST_UNHANDLED) {
      const waiting = this.#roomWanted;
      this.#roomWanted = [];
      waiting.forEach((proceed) => proceed());
    }
  }

  /** Settles when more may be sent; `undefined` when that is now. */
  room(): Promise<void> | undefined {
    return this.#unhandled < MOST_UNHANDLED
      ? undefined
      : new Promise((resolve) => {
          this.#roomWanted.push(resolve);
        });
  }
}
