import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { WarderError, messageOf } from "../model";
import type { LogLineOptions } from "./log-line";

/** Where log lines go. */
export interface LogTarget {
  readonly name: string;
  readonly options: LogLineOptions;
  /** Writes a line, or several joined by newlines; the last newline is added. Never throws: a full disk must not stop a daemon. */
  write(line: string): void;
  /** Opens a file anew (after log rotation); tells whether there was one to reopen. */
  reopen(): boolean;
  close(): void;
}

const DEFAULTS: LogLineOptions = { datetime: true, padding: true };
const STREAMS: ReadonlyMap<string, number> = new Map([
  ["STDOUT", 1],
  ["SYSOUT", 1],
  ["STDERR", 2],
]);
const TARGET = /^([^[]*)(?:\[(.*)\])?$/s;

/**
 * Opens a `logtarget`: a file, `STDOUT`, `STDERR` or `SYSOUT` (STDOUT without time), each with fail2ban's options in
 * brackets (`datetime=off`, `padding=off`). Throws `WarderError` (`log-target`) when it cannot be opened.
 */
export function openLogTarget(text: string): LogTarget {
  const [, name = text, options] = TARGET.exec(text) ?? [];
  const upper = name.trim().toUpperCase();
  const fd = STREAMS.get(upper);
  const line = parseOptions(options, upper === "SYSOUT" ? { ...DEFAULTS, datetime: false } : DEFAULTS);
  if (fd !== undefined) {
    return new StreamTarget(upper, fd, line);
  }
  if (upper === "SYSLOG" || upper === "SYSTEMD-JOURNAL") {
    throw new WarderError(
      "log-target",
      `Log target ${upper} is not supported yet; use a file, STDOUT or STDERR`,
    );
  }
  return new FileTarget(name.trim(), line);
}

function parseOptions(text: string | undefined, defaults: LogLineOptions): LogLineOptions {
  const isOn = (key: string, otherwise: boolean): boolean => {
    const value = new RegExp(`(?:^|,)\\s*${key}\\s*=\\s*"?(\\w+)`).exec(text ?? "")?.[1];
    return value === undefined ? otherwise : /^(?:on|yes|true|1)$/i.test(value);
  };
  return { datetime: isOn("datetime", defaults.datetime), padding: isOn("padding", defaults.padding) };
}

class StreamTarget implements LogTarget {
  readonly name: string;
  readonly options: LogLineOptions;
  readonly #fd: number;

  constructor(name: string, fd: number, options: LogLineOptions) {
    this.name = name;
    this.#fd = fd;
    this.options = options;
  }

  write(line: string): void {
    tryWrite(this.#fd, `${line}\n`);
  }

  reopen(): boolean {
    return false;
  }

  close(): void {
    // Standard streams stay open.
  }
}

class FileTarget implements LogTarget {
  readonly name: string;
  readonly options: LogLineOptions;
  #fd: number;
  #lost = 0;

  constructor(path: string, options: LogLineOptions) {
    this.name = path;
    this.options = options;
    this.#fd = openLog(path);
  }

  write(line: string): void {
    // The last line that was written may have lost its end.
    const lost = this.#lost > 0 ? `\n(${this.#lost} log lines lost: the log could not be written)\n` : "";
    if (tryWrite(this.#fd, `${lost}${line}\n`)) {
      this.#lost = 0;
    } else {
      this.#lost += line.split("\n").length;
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

function openLog(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, "a", 0o600);
  } catch (cause) {
    const message = `Unable to log to '${path}': ${messageOf(cause)}. Choose another logtarget or make it writable`;
    throw new WarderError("log-target", message, { cause });
  }
}

/** Whole text or nothing to complain about; a pipe that is full for a moment is tried again. */
function tryWrite(fd: number, text: string): boolean {
  const bytes = Buffer.from(text, "utf8");
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
