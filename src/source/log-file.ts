import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { createHash } from "node:crypto";

/** Longest line that is kept whole, in bytes; of a longer one the beginning is kept. */
export const LONGEST_LINE = 1 << 20;

/** An open regular file, read by position; the name it had plays no part any more. */
export class LogFile {
  readonly #fd: number;
  readonly dev: bigint;
  readonly ino: bigint;
  /** When it came into being, in nanoseconds since 1970; 0 where the file system does not say. */
  readonly birth: bigint;

  /** Throws what open(2) says, and EISDIR or ENODEV for what is not a regular file. Never waits, also not for a FIFO. */
  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(this.#fd, { bigint: true });
    this.dev = stat.dev;
    this.ino = stat.ino;
    this.birth = stat.birthtimeNs;
    if (!stat.isFile()) {
      closeSync(this.#fd);
      const code = stat.isDirectory() ? "EISDIR" : "ENODEV";
      throw Object.assign(new Error(`${code}: not a regular file`), { code });
    }
  }

  /** Bytes now. */
  size(): number {
    return fstatSync(this.#fd).size;
  }

  /** When it was last written, cut or renamed, in nanoseconds since 1970. */
  changed(): bigint {
    return fstatSync(this.#fd, { bigint: true }).ctimeNs;
  }

  /** Whether no name leads to the file any more. */
  isDeleted(): boolean {
    return fstatSync(this.#fd).nlink === 0;
  }

  /** Reads up to `length` bytes from `position` to the place `at` of the buffer; gives how many there were. */
  read(buffer: Buffer, at: number, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const count = readSync(this.#fd, buffer, at + done, length - done, position + done);
      if (count === 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  /** The bytes between two positions, fewer when the file ends before. */
  slice(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, to - from));
    return bytes.subarray(0, this.read(bytes, 0, bytes.length, from));
  }

  /**
   * SHA-1 (hex) of the first line and its newline; empty while it is not complete, and when it is longer than
   * `LONGEST_LINE`.
   */
  hash(newline: Buffer): string {
    for (let length = 512; ; length *= 8) {
      const start = this.slice(0, Math.min(length, LONGEST_LINE));
      const end = indexOfAligned(start, newline, 0);
      if (end >= 0) {
        return createHash("sha1")
          .update(start.subarray(0, end + newline.length))
          .digest("hex");
      }
      if (start.length < length) {
        return "";
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** SHA-1 (hex) of the bytes of a line: what fail2ban keeps to recognise a log by its first line. */
export function hashLine(bytes: Buffer): string {
  return createHash("sha1").update(bytes).digest("hex");
}

/** Where the newline of an encoding stands first, at a multiple of its length; -1 when nowhere. */
export function indexOfAligned(bytes: Buffer, newline: Buffer, from: number): number {
  let at = bytes.indexOf(newline, from);
  while (at >= 0 && at % newline.length !== 0) {
    at = bytes.indexOf(newline, at + 1);
  }
  return at;
}

/** Where the newline of an encoding stands last, at a multiple of its length; -1 when nowhere. */
export function lastIndexOfAligned(bytes: Buffer, newline: Buffer): number {
  let at = bytes.lastIndexOf(newline);
  while (at > 0 && at % newline.length !== 0) {
    at = bytes.lastIndexOf(newline, at - 1);
  }
  return at % newline.length === 0 ? at : -1;
}

/** How many newlines of an encoding there are, each at a multiple of its length. */
export function countLines(bytes: Buffer, newline: Buffer): number {
  let lines = 0;
  for (let at = indexOfAligned(bytes, newline, 0); at >= 0; at = indexOfAligned(bytes, newline, at + 1)) {
    lines++;
  }
  return lines;
}
