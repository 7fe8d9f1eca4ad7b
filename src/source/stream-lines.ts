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

  constructor(encoding: Encoding, limit = LONGEST_LINE) {
    this.#encoding = encoding;
    this.#limit = limit;
  }

  /** Bytes that wait for their newline. */
  get waiting(): number {
    return this.#length;
  }

  /** The lines that are whole now; `undefined` when none is. */
  push(bytes: Buffer): Delivered | undefined {
    const { unit, newline } = this.#encoding;
    // Wide characters keep in step with the beginning of the line, whose length so far may be odd.
    const shift = (unit - ((this.#length + this.#skipped) % unit)) % unit;
    const aligned = bytes.subarray(shift);
    const last = lastIndexOfAligned(aligned, newline);
    if (last < 0) {
      this.#keep(bytes);
      return undefined;
    }
    const first = shift + indexOfAligned(aligned, newline, 0);
    const end = shift + last + newline.length;
    this.#keep(bytes.subarray(0, first));
    const lines = Buffer.concat([this.#carry.subarray(0, this.#length), bytes.subarray(first, end)]);
    const skippedBytes = this.#skipped;
    this.clear();
    this.#keep(bytes.subarray(end));
    return { view: this.#encoding.view(lines), lines: countLines(lines, newline), skippedBytes };
  }

  /** What is left without a newline as a last line; `undefined` when nothing is. */
  end(): Delivered | undefined {
    return this.#length === 0 ? undefined : this.push(this.#encoding.newline);
  }

  /** Forgets what waits for its newline. */
  clear(): void {
    this.#carry = this.#carry.length > this.#limit / 4 ? Buffer.alloc(FIRST_ROOM) : this.#carry;
    this.#length = this.#skipped = 0;
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
