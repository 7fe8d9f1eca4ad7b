import type { Delivered } from "./delivery";
import type { Encoding } from "./encoding";
import { countLines, indexOfAligned, lastIndexOfAligned, LONGEST_LINE } from "./log-file";

const FIRST_ROOM = 1024;

/**
 * Cuts a stream of bytes that comes in pieces of any size into whole lines. Of a line longer than the limit the
 * beginning is kept. A piece costs time by its own length, however much waits for its newline.
 */
export class StreamLines {
  readonly #encoding: Encoding;
  readonly #limit: number;
  #carry = Buffer.alloc(FIRST_ROOM);
  #length = 0;
  #skipped = 0;
  #odd: Buffer = Buffer.alloc(0);

  constructor(encoding: Encoding, limit = LONGEST_LINE) {
    this.#encoding = encoding;
    this.#limit = limit;
  }

  /** Bytes that wait for their newline, those of a line that is too long included. */
  get waiting(): number {
    return this.#length + this.#skipped + this.#odd.length;
  }

  /** The lines that are whole now; `undefined` when none is. */
  push(bytes: Buffer): Delivered | undefined {
    const { newline } = this.#encoding;
    const whole = this.#align(bytes);
    const last = lastIndexOfAligned(whole, newline);
    if (last < 0) {
      this.#keep(whole);
      return undefined;
    }
    const first = indexOfAligned(whole, newline, 0);
    const end = last + newline.length;
    this.#keep(whole.subarray(0, first));
    const lines = Buffer.concat([this.#carry.subarray(0, this.#length), whole.subarray(first, end)]);
    const skippedBytes = this.#skipped;
    this.#reset();
    this.#keep(whole.subarray(end));
    return { view: this.#encoding.view(lines), lines: countLines(lines, newline), skippedBytes };
  }

  /** What is left without a newline as a last line; `undefined` when nothing is. */
  end(): Delivered | undefined {
    this.#odd = Buffer.alloc(0);
    return this.#length === 0 ? undefined : this.push(this.#encoding.newline);
  }

  /** Forgets what waits for its newline. */
  clear(): void {
    this.#reset();
    this.#odd = Buffer.alloc(0);
  }

  #reset(): void {
    // A long line must not cost its room for ever.
    this.#carry = this.#carry.length > this.#limit / 4 ? Buffer.alloc(FIRST_ROOM) : this.#carry;
    this.#length = this.#skipped = 0;
  }

  /** Whole characters, as far as their size is fixed: the bytes of one may come in two pieces. */
  #align(bytes: Buffer): Buffer {
    if (this.#encoding.unit === 1) {
      return bytes;
    }
    const all = Buffer.concat([this.#odd, bytes]);
    const end = all.length - (all.length % this.#encoding.unit);
    this.#odd = all.subarray(end);
    return all.subarray(0, end);
  }

  #keep(bytes: Buffer): void {
    const room = this.#limit - this.#length;
    const kept = bytes.subarray(0, room);
    this.#skipped += bytes.length - kept.length;
    this.#grow(this.#length + kept.length);
    kept.copy(this.#carry, this.#length);
    this.#length += kept.length;
  }

  #grow(wanted: number): void {
    if (wanted > this.#carry.length) {
      const larger = Buffer.alloc(Math.min(this.#limit, Math.max(wanted, this.#carry.length * 2)));
      this.#carry.copy(larger, 0, 0, this.#length);
      this.#carry = larger;
    }
  }
}
