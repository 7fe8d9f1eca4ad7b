import { messageOf, WarderError, type Phase } from "../model";
import { makeBlock } from "./block";
import type { Encoding } from "./encoding";
import type { SourceConsumer, SourceEvent } from "./source-event";

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

/** Hands blocks of one log to its consumer, one at a time, and counts. */
export class Delivery {
  readonly #path: string;
  readonly #consumer: SourceConsumer;
  readonly #now: () => number;
  #bytesRead = 0;
  #linesRead = 0;
  #lastRead: number | undefined;
  #lastUndecodable = Number.NEGATIVE_INFINITY;

  /** `now` gives seconds since 1970. */
  constructor(path: string, consumer: SourceConsumer, now: () => number) {
    this.#path = path;
    this.#consumer = consumer;
    this.#now = now;
  }

  get stats(): DeliveryStats {
    return { bytesRead: this.#bytesRead, linesRead: this.#linesRead, lastRead: this.#lastRead };
  }

  /** Settles when the consumer has taken the lines and the event loop has had its turn. Never rejects. */
  async give(lines: Delivered, encoding: Encoding, phase: Phase): Promise<void> {
    if (lines.skippedBytes > 0) {
      this.#report({ type: "long-line", path: this.#path, skippedBytes: lines.skippedBytes });
    }
    const block = makeBlock(lines.view, encoding, (line) => this.#reportUndecodable(encoding, line));
    try {
      await this.#consumer.block(block, phase);
    } catch (cause) {
      const text = `Processing lines of "${this.#path}" failed: ${messageOf(cause)}`;
      this.#report({
        type: "error",
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
