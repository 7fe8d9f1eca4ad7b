import { closeSync, constants, lstatSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { WarderError, messageOf } from "../model";
import { LineBuffer } from "./line-buffer";
import type { LogRecord } from "./log-line";
import type { LogTarget, LogTargetName } from "./log-target";

/** A standard stream of this process. */
export class StreamTarget implements LogTarget {
  readonly name: string;
  readonly #lines: LineBuffer;
  readonly #fd: number;

  constructor(target: LogTargetName, fd: number) {
    this.name = target.name;
    this.#lines = new LineBuffer(target.line);
    this.#fd = fd;
  }

  get title(): string {
    return this.name;
  }

  add(record: LogRecord): void {
    this.#lines.add(record);
    if (this.#lines.isFull) {
      this.write();
    }
  }

  write(): void {
    tryWrite(this.#fd, this.#lines.take());
  }

  reopen(): boolean {
    return false;
  }

  close(): void {
    // Standard streams stay open.
  }
}

/** A file that lines are added to. */
export class FileTarget implements LogTarget {
  readonly name: string;
  readonly #lines: LineBuffer;
  #fd: number;
  #lost = 0;

  /** Opens the file. @throws WarderError `log-target` */
  constructor(target: LogTargetName) {
    this.name = target.name;
    this.#lines = new LineBuffer(target.line);
    this.#fd = openLog(target.name);
  }

  get title(): string {
    return this.name;
  }

  add(record: LogRecord): void {
    this.#lines.add(record);
    if (this.#lines.isFull) {
      this.write();
    }
  }

  write(): void {
    const { lines } = this.#lines;
    const bytes = this.#lines.take();
    const lost = this.#lost > 0 ? `(${this.#lost} log lines lost: the log could not be written)\n` : "";
    if (tryWrite(this.#fd, lost === "" ? bytes : Buffer.concat([Buffer.from(lost), bytes]))) {
      this.#lost = 0;
    } else {
      this.#lost += lines;
    }
  }

  reopen(): boolean {
    const fd = openLog(this.name);
    closeSync(this.#fd);
    this.#fd = fd;
    return true;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;

/** Whether root or we made the link at a path; that of somebody else could lead to any file. */
function isOwnLink(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isSymbolicLink() === true && (stats.uid === 0 || stats.uid === process.geteuid?.());
}

function openLog(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, APPEND | (isOwnLink(path) ? 0 : constants.O_NOFOLLOW), 0o600);
  } catch (cause) {
    const message = `Unable to log to '${path}': ${messageOf(cause)}. Choose another logtarget or make it writable`;
    throw new WarderError("log-target", message, { cause });
  }
}

/** Whole text or nothing to complain about; a pipe that is full for a moment is tried again. */
function tryWrite(fd: number, bytes: Uint8Array): boolean {
  let written = 0;
  for (let attempt = 0; attempt < 1000 && written < bytes.length; attempt++) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
        return false;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return written === bytes.length;
}
