import type { Block, MatchedLine } from "../model";

/** Where a line and its parts are. */
export interface LinePlace {
  /** Of the line in its block, without the end of the line. */
  readonly start: number;
  readonly end: number;
  /** Of the date in the block. */
  readonly cutStart: number;
  readonly cutEnd: number;
  /** The address that position 0 of the block would have. */
  readonly shift: number;
  /** The address of the text without the date, where it was put together apart from the line; otherwise -1. */
  readonly textAt: number;
}

/** One line of a block of which something was found in its bytes. There is one of them, used for line after line. */
export class ByteLine implements LinePlace {
  start = 0;
  end = 0;
  cutStart = 0;
  cutEnd = 0;
  shift = 0;
  textAt = -1;
  /** Texts may be parts of the block's text, which stays in memory with them. */
  isBorrowed = false;
  #block: Block | undefined;
  #raw: string | undefined;

  /** Sets the line; its places are to be set, too. */
  set(block: Block): void {
    this.#block = block;
    this.#raw = undefined;
  }

  /** The part of the text without the date that lies between two addresses. */
  part(from: number, to: number): string {
    return this.textAt < 0 ? this.#slice(from - this.shift, to - this.shift) : this.#copied(from, to);
  }

  #copied(from: number, to: number): string {
    const moved = this.textAt - this.start;
    const middle = this.textAt + this.cutStart - this.start;
    const behind = middle - this.cutEnd;
    const before = from < middle ? this.#slice(from - moved, Math.min(to, middle) - moved) : "";
    return to <= middle ? before : before + this.#slice(Math.max(from, middle) - behind, to - behind);
  }

  /** A line ends with a newline, whatever stood there. */
  #slice(from: number, to: number): string {
    if (this.isBorrowed && to <= this.end) {
      return this.#block?.part(from, to) ?? "";
    }
    const { raw, start } = this;
    return to > this.end ? `${raw.slice(from - start)}\n` : raw.slice(from - start, to - start);
  }

  /** The line as records keep it. */
  get record(): MatchedLine {
    const { raw, start } = this;
    const [from, to] = [this.cutStart - start, this.cutEnd - start];
    return [raw.slice(0, from), raw.slice(from, to), raw.slice(to)];
  }

  /** A part of a string keeps all of it in memory; what is remembered of a line must not keep its whole block. */
  get raw(): string {
    if (this.#raw === undefined) {
      const text = this.#block?.part(this.start, this.end) ?? "";
      this.#raw = this.isBorrowed ? text : ` ${text}`.slice(1);
    }
    return this.#raw;
  }
}
