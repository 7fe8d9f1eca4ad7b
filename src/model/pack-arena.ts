import type { Packed } from "./packed-failure";

const CHUNK = 1 << 16;
const LONG_CODE = 0xff;
const LONGEST_SHORT = 249;
const SET_CODE = 0xfb;
/** A number takes no more bytes than this. */
export const LONGEST_NUMBER = 12;

/**
 * Packs groups and lines as bytes, one behind the other, without making texts of them. What is packed keeps its part of
 * the arena alive.
 */
export class PackArena {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #start = 0;
  #middle = 0;

  /** Begins with the groups; all of it will take `most` bytes or less. */
  begin(most: number): void {
    if (this.#bytes.length - this.#at < most) {
      this.#bytes = new Uint8Array(Math.max(CHUNK, most));
      this.#view = new DataView(this.#bytes.buffer);
      this.#at = 0;
    }
    this.#start = this.#at;
  }

  /** Goes on with the lines. */
  beginLines(): void {
    this.#middle = this.#at;
  }

  finish(): Packed {
    return { bytes: this.#view, start: this.#start, middle: this.#middle, end: this.#at };
  }

  number(number: number): void {
    if (number <= LONGEST_SHORT) {
      this.#bytes[this.#at++] = number;
      return;
    }
    this.#bytes[this.#at++] = LONG_CODE;
    for (const char of `${number};`) {
      this.#bytes[this.#at++] = char.charCodeAt(0);
    }
  }

  /** Says that a set of texts follows. */
  set(): void {
    this.#bytes[this.#at++] = SET_CODE;
  }

  /** ASCII. */
  copy(source: Uint8Array, from: number, to: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = from; i < to; i++) {
      bytes[at++] = source[i] ?? 0;
    }
    this.#at = at;
  }
}
