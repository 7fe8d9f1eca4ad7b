import { messageOf, WarderError, type Phase } from "../model";
import { makeBlock } from "./block";
import type { Encoding } from "./encoding";
import type { SourceConsumer, SourceEvent } from "./source-event";
import type { Unwrapper } from "./unwrapper";

/** What has been handed over so far. */
export interface DeliveryStats {
  /** Bytes of whole lines, in UTF-8 where the log is in a wide encoding. */
  readonly bytesRead: number;
  readonly linesRead: number;
  /** Seconds since 1970 of the last block; `undefined` before it. */
  readonly lastRead: number | undefined;
}

/** Lines on their way to the consumer. */
export interface Delivered {
  readonly view: string;
  readonly lines: number;
  readonly skippedBytes: number;
}

const DAY = 86_400;

/**
 * Hands blocks of one log to its consumer, one at a time, and counts.
 *
 * DIFFERS: fail2ban decodes every line, and tells of each that it cannot; here only lines that may matter are decoded,
 * so only of these it is told, once a day.
 */
export class Delivery {
  readonly #path: string;
  readonly #consumer: SourceConsumer;
  readonly #now: () => number;
  readonly #unwrapper: Unwrapper | undefined;
  #bytesRead = 0;
  #linesRead = 0;
  #lastRead: number | undefined;
  #lastUndecodable = Number.NEGATIVE_INFINITY;

  /** `now` gives seconds since 1970. With an unwrapper, lines of container engines are taken out of their wrapping. */
  constructor(path: string, consumer: SourceConsumer, now: () => number, unwrapper?: Unwrapper) {
    this.#unwrapper = unwrapper;
    this.#path = path;
    this.#consumer = consumer;
    this.#now = now;
  }

  get stats(): DeliveryStats {
    return { bytesRead: this.#bytesRead, linesRead: this.#linesRead, lastRead: this.#lastRead };
  }

  /** Whether parts of a line that was given wait for the rest: nothing after the last whole line is done yet. */
  get isHolding(): boolean {
    return this.#unwrapper?.isHolding ?? false;
  }

  /** Settles when the consumer has taken the lines and the event loop has had its turn. Never rejects. */
  async give(lines: Delivered, encoding: Encoding, phase: Phase): Promise<void> {
    const unwrapped = this.#unwrapper?.unwrap(lines.view);
    const skippedBytes = lines.skippedBytes + (unwrapped?.skippedBytes ?? 0);
    if (skippedBytes > 0) {
      this.#report({ type: "long-line", path: this.#path, skippedBytes });
    }
    const block = makeBlock(unwrapped?.view ?? lines.view, encoding, {
      undecodable: (line) => this.#reportUndecodable(encoding, line),
      ...(unwrapped ? { timeAt: unwrapped.timeAt } : {}),
    });
    try {
      if (block.length > 0) {
        await this.#consumer.block(block, phase);
      }
    } catch (cause) {
      const text = `Processing lines of "${this.#path}" failed: ${messageOf(cause)}`;
      this.#report({
        type: "hindered",
        path: this.#path,
        error: new WarderError("lines-failed", text, { cause }),
      });
    }
    this.#bytesRead += lines.view.length;
    this.#linesRead += lines.lines;
    this.#lastRead = this.#now();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #report(event: SourceEvent): void {
    this.#consumer.event?.(event);
  }

  #reportUndecodable(encoding: Encoding, line: string): void {
    if (this.#now() - this.#lastUndecodable >= DAY) {
      this.#lastUndecodable = this.#now();
      this.#report({ type: "undecodable", path: this.#path, encoding: encoding.name, line });
    }
  }
}
