import type { Clock } from "../platform";
import { ReaderHost, type ReaderPort } from "./reader-host";
import type { ReaderEvent, SourceState } from "./reader-messages";
import type { ReaderStopped } from "./reader-stopped";

/** A reader that lives no longer than these seconds is replaced only after as many. */
const SICKLY_SECONDS = 5;

/** What readers are made from, and whom they tell. */
export interface ReadersNeeds {
  readonly start: () => ReaderPort;
  readonly clock: Clock;
  /** Something has been read; `reader` is who tells. */
  readonly onEvent: (event: ReaderEvent, reader: ReaderHost) => void;
  /** A reader is gone. Gives the jails that may have been the cause. */
  readonly onStop: (error: ReaderStopped) => readonly string[];
  /** Jails have to begin again, in the readers that are theirs now; `jail` is the one that had its own, if any. */
  readonly onReplaced: (error: ReaderStopped, jail: string | undefined) => void;
}

/**
 * The readers of a daemon: one for all jails, and one of its own for each jail whose filter got stuck at a line. So who
 * writes many such lines stops the reading of that jail only.
 */
export class Readers {
  readonly #needs: ReadersNeeds;
  readonly #own = new Map<string, ReaderHost>();
  #common: ReaderHost;
  #isEnding = false;

  constructor(needs: ReadersNeeds) {
    this.#needs = needs;
    this.#common = this.#start(undefined);
  }

  /** Who reads for a jail. */
  of(jail: string): ReaderHost {
    return this.#own.get(jail) ?? this.#common;
  }

  hasOwn(jail: string): boolean {
    return this.#own.has(jail);
  }

  /** How far every source has got. */
  async inspect(): Promise<readonly SourceState[]> {
    return (await Promise.all(this.#all.map((reader) => reader.inspect()))).flat();
  }

  /** A jail is gone: nobody has to read for it alone. */
  async release(jail: string): Promise<void> {
    const own = this.#own.get(jail);
    this.#own.delete(jail);
    await own?.end();
  }

  /** From now on no reader is replaced. */
  expectEnd(): void {
    this.#isEnding = true;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#all.map((reader) => reader.end()));
  }

  get #all(): readonly ReaderHost[] {
    return [this.#common, ...this.#own.values()];
  }

  #start(jail: string | undefined): ReaderHost {
    const started = this.#needs.clock.elapsed();
    const port = this.#needs.start();
    const host: ReaderHost = new ReaderHost(port, (event) => this.#needs.onEvent(event, host));
    port.onCrash((error) => this.#mourn(error, { host, jail, started }));
    return host;
  }

  /** A dead reader must not leave the machine unwatched, nor keep it busy with readers that die at once. */
  #mourn(error: ReaderStopped, gone: { host: ReaderHost; jail: string | undefined; started: number }): void {
    const { clock, onStop, onReplaced } = this.#needs;
    const { host, jail } = gone;
    if (this.#isEnding) {
      return;
    }
    const suspects = onStop(error);
    const isSickly = error.code === "reader-died" && clock.elapsed() - gone.started < SICKLY_SECONDS;
    clock.after(isSickly ? SICKLY_SECONDS : 0, () => {
      if (this.#isEnding || (jail !== undefined && this.#own.get(jail) !== host)) {
        return;
      }
      if (jail === undefined) {
        this.#common = this.#start(undefined);
        suspects.forEach((suspect) => this.#own.set(suspect, this.#start(suspect)));
      } else {
        this.#own.set(jail, this.#start(jail));
      }
      onReplaced(error, jail);
    });
  }
}
