import { followMark, type Encoding } from "./encoding";
import { countLines, hashLine, indexOfAligned, lastIndexOfAligned, LONGEST_LINE, LogFile } from "./log-file";

/**
 * What one step of reading gave: whole lines, nothing yet though there is more to read, nothing more for now,
 * or the news that old content is gone.
 */
export type Piece =
  | { readonly type: "lines"; readonly view: string; readonly lines: number; readonly skippedBytes: number }
  | { readonly type: "more" }
  | { readonly type: "end" }
  | { readonly type: "truncated" };

/**
 * Bytes read at a time. Not more: a text of this size still lies in the young generation of the heap, and so does all
 * that is made of it until it is handed over. 256 KiB cost a quarter more. Not less: each step has its cost, with 64 KiB it is
 * a twentieth more.
 */
const PIECE = 96 * 1024;
/** Bytes kept to recognise the file: at its start, and before the place read up to. */
const GUARD = 1024;
/** One for all: it is filled and emptied without a pause between, so no two readers are in it at once. */
let shared: Buffer | undefined;

/**
 * Reads whole lines of one open file onwards from a position. A half-written last line waits until its newline is
 * there. Before anything is handed over the file is checked to be still the same up to that place.
 *
 * DIFFERS: fail2ban sees that a file was cut by its size or its first line alone, so a file that was cut and has grown
 * beyond the old place with the same first line is read on in the middle. It takes the zeros that a writer leaves who
 * kept its place as one long line, and lines of any length whole; here zeros are skipped and a line is cut at 1 MiB,
 * so that no log can take all memory.
 */
export class LineReader {
  readonly file: LogFile;
  readonly encoding: Encoding;
  #position: number;
  /** Bytes after the position that hold no newline yet; at most `LONGEST_LINE`. */
  #carry = Buffer.alloc(0);
  #skipped = 0;
  #readUpTo: number;
  /** When the file was last changed before reading began at the position moved to. */
  #movedAfter = 0n;
  #head: Buffer;
  #guard: Buffer;
  #hash: string | undefined;
  #skipHole = false;

  /** Throws what opening and reading throw. */
  constructor(path: string, encoding: Encoding, position = 0) {
    this.file = new LogFile(path);
    this.encoding = followMark(encoding, this.file.slice(0, 4));
    this.#position = this.#readUpTo = position;
    this.#head = this.#guard = Buffer.alloc(0);
    this.moveTo(position);
  }

  /** Bytes of whole lines read. */
  get position(): number {
    return this.#position;
  }

  /** Hash of the first line, see `Checkpoint`: of the content that was read, also when the file was cut since. */
  get hash(): string {
    return this.#hash ?? this.file.hash(this.encoding.newline);
  }

  /**
   * The birth of the oldest file that can be a copy, in nanoseconds since 1970. While no whole line was read, the copy
   * of what the file had before may begin alike: only what came into being since can be meant.
   */
  get copiesFrom(): bigint {
    return this.#position > 0 ? this.file.birth : this.#movedAfter + 1n;
  }

  /** Goes on from another place; what is there now counts as the file's content. */
  moveTo(position: number): void {
    this.#carry = Buffer.alloc(0);
    this.#skipped = 0;
    this.#position = this.#readUpTo = position;
    this.#movedAfter = this.file.changed();
    this.#head = this.file.slice(0, Math.min(GUARD, position));
    this.#guard = this.file.slice(Math.max(0, position - GUARD), position);
    this.#hash = position > 0 ? this.file.hash(this.encoding.newline) : undefined;
  }

  /** Whether another file holds the same bytes at the start and before the place read up to: a copy of this one. */
  isCopiedIn(other: LogFile): boolean {
    return this.#readUpTo > 0 && this.#isIntact(other);
  }

  /** The next lines, at most about 1.1 MiB of them, mostly 96 KiB. */
  read(): Piece {
    shared ??= Buffer.allocUnsafeSlow(LONGEST_LINE + PIECE);
    const kept = this.#carry.copy(shared);
    const read = this.file.read(shared, kept, PIECE, this.#readUpTo);
    // Checked after reading: bytes read from a file that was cut and grew again meanwhile are thrown away.
    if (!this.#isIntact(this.file)) {
      return this.#isHole() ? this.#passHole() : { type: "truncated" };
    }
    const data = shared.subarray(kept, kept + read - (read % this.encoding.unit));
    if (this.#skipHole) {
      return this.#skipZeros(data);
    }
    if (data.length === 0) {
      return { type: "end" };
    }
    return this.#takeLines(shared, kept, data);
  }

  close(): void {
    this.file.close();
  }

  #takeLines(buffer: Buffer, kept: number, data: Buffer): Piece {
    const { newline } = this.encoding;
    const first = kept > 0 ? indexOfAligned(data, newline, 0) : -1;
    if (first >= 0 && kept + this.#skipped + first > LONGEST_LINE) {
      return this.#takeLongLine(data, first);
    }
    const last = lastIndexOfAligned(data, newline);
    if (last < 0) {
      this.#keep(data);
      return { type: "more" };
    }
    this.#advance(data.subarray(0, last + newline.length));
    this.#position = this.#readUpTo;
    this.#carry = Buffer.alloc(0);
    const whole = buffer.subarray(0, kept + last + newline.length);
    this.#hash ??= hashLine(whole.subarray(0, indexOfAligned(whole, newline, 0) + newline.length));
    return this.#give(whole, 0);
  }

  /** Of a line longer than what is kept, the beginning is handed over and the rest counted. */
  #takeLongLine(data: Buffer, end: number): Piece {
    const room = LONGEST_LINE - this.#carry.length;
    const line = Buffer.concat([this.#carry, data.subarray(0, Math.min(room, end)), this.encoding.newline]);
    const skippedBytes = this.#skipped + Math.max(0, end - room);
    this.#advance(data.subarray(0, end + this.encoding.newline.length));
    this.#position = this.#readUpTo;
    this.#carry = Buffer.alloc(0);
    this.#skipped = 0;
    this.#hash ??= "";
    return this.#give(line, skippedBytes);
  }

  #keep(data: Buffer): void {
    const room = LONGEST_LINE - this.#carry.length;
    this.#skipped += Math.max(0, data.length - room);
    if (room > 0) {
      this.#carry = Buffer.concat([this.#carry, data.subarray(0, room)]);
    }
    this.#advance(data);
  }

  #give(bytes: Buffer, skippedBytes: number): Piece {
    const lines = countLines(bytes, this.encoding.newline);
    return { type: "lines", view: this.encoding.view(bytes), lines, skippedBytes };
  }

  #advance(data: Buffer): void {
    if (this.#head.length === this.#readUpTo && this.#head.length < GUARD) {
      this.#head = Buffer.concat([this.#head, data.subarray(0, GUARD - this.#head.length)]);
    }
    const tail = data.subarray(-GUARD);
    this.#guard = Buffer.concat([this.#guard, tail]).subarray(-GUARD);
    this.#readUpTo += data.length;
  }

  #isIntact(file: LogFile): boolean {
    const guard = file.slice(this.#readUpTo - this.#guard.length, this.#readUpTo);
    return guard.equals(this.#guard) && file.slice(0, this.#head.length).equals(this.#head);
  }

  /** A writer that keeps its own place after the file was cut leaves a hole of zeros before what it writes next. */
  #isHole(): boolean {
    const before = this.file.slice(this.#readUpTo - this.#guard.length, this.#readUpTo);
    const isZero = (byte: number): boolean => byte === 0;
    return before.length === this.#guard.length && before.every(isZero) && !this.#guard.every(isZero);
  }

  #passHole(): Piece {
    this.moveTo(this.#readUpTo);
    this.#skipHole = true;
    return { type: "more" };
  }

  #skipZeros(data: Buffer): Piece {
    const isEmpty = data.equals(Buffer.alloc(data.length));
    const text = isEmpty ? data.length : data.findIndex((byte) => byte !== 0);
    this.#skipHole = isEmpty;
    this.moveTo(this.#readUpTo + text - (text % this.encoding.unit));
    return { type: data.length === 0 ? "end" : "more" };
  }
}

/**
 * Where the last line begins that has no newline yet; the end when every line is whole.
 *
 * DIFFERS: with `tail` fail2ban begins at the last byte, so that of a line just being written it sees the end alone,
 * which may name another host than the whole line.
 */
export function lastLineStart(reader: LineReader, end: number): number {
  const { unit, newline } = reader.encoding;
  const whole = end - (end % unit);
  const from = Math.max(0, whole - LONGEST_LINE);
  const last = lastIndexOfAligned(reader.file.slice(from, whole), newline);
  return last < 0 ? (from === 0 ? 0 : whole) : from + last + newline.length;
}
