import type { Block, MatchedLine } from "../model";

const NEWLINE = 10;
/** Longer lines are left to the plain engines, which look at each character less often. */
export const LONGEST_BYTE_LINE = 8192;

/**
 * One line of a block as bytes, its date cut out: what stands before the date is moved up to what follows it, and put
 * back afterwards. There is one of them, used for line after line.
 */
export class ByteLine {
  bytes: Uint8Array = new Uint8Array(0);
  /** Of the line in its block, without the end of the line. */
  start = 0;
  end = 0;
  /** Of the text without the date; it ends with a newline, `textEnd` is behind that. */
  textStart = 0;
  textEnd = 0;
  /** Texts may be parts of the block's text, which stays in memory with them. */
  isBorrowed = false;
  #cutStart = 0;
  #cutEnd = 0;
  #block: Block | undefined;
  #raw: string | undefined;
  readonly #saved = new Uint8Array(LONGEST_BYTE_LINE);

  /** Sets the line. */
  set(block: Block, bytes: Uint8Array, start: number, end: number): void {
    this.#block = block;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#raw = undefined;
  }

  /** Cuts the date out. */
  cut(from: number, to: number): void {
    const { bytes, end } = this;
    this.#cutStart = from;
    this.#cutEnd = to;
    // Where a carriage return stood that belongs to the end of the line.
    bytes[end] = NEWLINE;
    this.textEnd = end + 1;
    const before = from - this.start;
    this.textStart = to - before;
    for (let i = 1; i <= before; i++) {
      this.#saved[i] = bytes[to - i] ?? 0;
      bytes[to - i] = bytes[from - i] ?? 0;
    }
  }

  /** Makes the bytes whole again, for the next filter that looks at them. */
  restore(): void {
    const before = this.#cutStart - this.start;
    for (let i = before; i >= 1; i--) {
      this.bytes[this.#cutEnd - i] = this.#saved[i] ?? 0;
    }
  }

  /** A part of the text without the date. */
  part(from: number, to: number): string {
    if (this.isBorrowed && from >= this.#cutEnd && to <= this.end) {
      return this.#block?.text.slice(from, to) ?? "";
    }
    const { raw, start } = this;
    const shift = this.#cutEnd - this.#cutStart;
    if (from >= this.#cutEnd || this.textStart === this.#cutEnd) {
      return to > this.end ? `${raw.slice(from - start)}\n` : raw.slice(from - start, to - start);
    }
    const before = raw.slice(from - shift - start, Math.min(to - shift, this.#cutStart) - start);
    return to <= this.#cutEnd ? before : before + this.part(this.#cutEnd, to);
  }

  /** The line as records keep it. */
  get record(): MatchedLine {
    const { raw, start } = this;
    const [from, to] = [this.#cutStart - start, this.#cutEnd - start];
    return [raw.slice(0, from), raw.slice(from, to), raw.slice(to)];
  }

  /** A part of a string keeps all of it in memory; what is remembered of a line must not keep its whole block. */
  get raw(): string {
    if (this.#raw === undefined) {
      const text = this.#block?.text.slice(this.start, this.end) ?? "";
      this.#raw = this.isBorrowed ? text : ` ${text}`.slice(1);
    }
    return this.#raw;
  }
}

/** Whether all bytes between two places are ASCII. */
export function areAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if ((bytes[i] ?? 0) > 127) {
      return false;
    }
  }
  return true;
}
