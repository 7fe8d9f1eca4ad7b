/** What a piece of a connection gave. */
export interface Frames {
  /** Whole messages, one character per byte. */
  readonly messages: readonly string[];
  readonly skippedBytes: number;
}

/** `123 <` before a message that is so many bytes long. */
const COUNT = /^([1-9]\d{0,6}) (?=<)/;
const LONGEST_COUNT = 9;
const NEWLINE = 10;

/**
 * Takes the messages out of a TCP connection (RFC 6587): each with its length before it, or ended by a newline. The
 * first message decides which: else text in a log line that looks like a length could swallow the lines after it. Of a
 * message longer than the limit the beginning is kept.
 */
export class SyslogFrames {
  readonly #limit: number;
  #isCounted: boolean | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  /** Bytes of a message that is too long still to be thrown away: by count, or up to the next newline. */
  #drop: number | "line" = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(bytes: Buffer): Frames {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    const messages: string[] = [];
    let skippedBytes = this.#dropRest();
    for (let frame = this.#next(); frame; frame = this.#next()) {
      if (frame.text.length > 0) {
        messages.push(frame.text.toString("latin1"));
      }
      skippedBytes += this.#dropRest();
    }
    return { messages, skippedBytes };
  }

  #next(): { readonly text: Buffer } | undefined {
    const buffer = this.#buffer;
    if (buffer.length === 0 || this.#drop !== 0) {
      return undefined;
    }
    if (this.#isCounted === false) {
      return this.#takeLine();
    }
    const start = buffer.toString("latin1", 0, LONGEST_COUNT);
    const count = COUNT.exec(start);
    if (count) {
      this.#isCounted = true;
      return this.#takeCounted(count[0].length, Number(count[1]));
    }
    // A count may not be whole yet.
    if (/^[1-9]\d{0,6} ?$/.test(start)) {
      return undefined;
    }
    // Some senders put a newline behind counted messages as well; anything else means that there are no counts.
    this.#isCounted = this.#isCounted === true && buffer[0] === NEWLINE;
    return this.#takeLine();
  }

  #takeCounted(from: number, length: number): { readonly text: Buffer } | undefined {
    const kept = Math.min(length, this.#limit);
    if (this.#buffer.length < from + kept) {
      return undefined;
    }
    const text = this.#buffer.subarray(from, from + kept);
    this.#buffer = this.#buffer.subarray(from + kept);
    this.#drop = length - kept;
    return { text };
  }

  #takeLine(): { readonly text: Buffer } | undefined {
    const end = this.#buffer.indexOf(NEWLINE);
    if (end < 0 && this.#buffer.length <= this.#limit) {
      return undefined;
    }
    const isWhole = end >= 0 && end <= this.#limit;
    const text = this.#buffer.subarray(0, isWhole ? end : this.#limit);
    this.#buffer = this.#buffer.subarray(isWhole ? end + 1 : this.#limit);
    this.#drop = isWhole ? 0 : "line";
    return { text };
  }

  #dropRest(): number {
    const buffer = this.#buffer;
    if (this.#drop === 0) {
      return 0;
    }
    if (this.#drop === "line") {
      const end = buffer.indexOf(NEWLINE);
      this.#buffer = buffer.subarray(end < 0 ? buffer.length : end + 1);
      this.#drop = end < 0 ? "line" : 0;
      return end < 0 ? buffer.length : end;
    }
    const dropped = Math.min(this.#drop, buffer.length);
    this.#buffer = buffer.subarray(dropped);
    this.#drop -= dropped;
    return dropped;
  }
}
