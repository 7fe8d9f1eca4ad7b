import { WarderError } from "../model";
import type { Clock } from "./clock";
import { LOG_LEVELS, formatLogRecord, parseLogLevel, type LogLevel } from "./log-line";
import { openLogTarget, type LogTarget } from "./log-target";

/** Writes one message; `logger` is the part of fail2ban's logger name after `fail2ban.`. */
export type Log = (level: LogLevel, logger: string, message: string) => void;

/** The daemon's log: a level, a target, and lines in fail2ban's format. */
export class Logger {
  readonly #clock: Clock;
  readonly #pid: number;
  #threshold: number = LOG_LEVELS.INFO;
  #levelName = "INFO";
  #target: LogTarget;
  #lines: string[] = [];

  constructor(clock: Clock, target = "STDOUT") {
    this.#clock = clock;
    this.#pid = process.pid;
    this.#target = openLogTarget(target);
    process.on("exit", () => this.#write());
  }

  /** The level as it was set: a name in upper case or a number as text. */
  get level(): string {
    return this.#levelName;
  }

  /** The target's name, without its options. */
  get target(): string {
    return this.#target.name;
  }

  readonly log: Log = (level, logger, message) => {
    if (LOG_LEVELS[level] >= this.#threshold) {
      const record = { time: this.#clock.now(), level, logger, pid: this.#pid, message };
      this.#add(formatLogRecord(record, this.#target.options));
    }
  };

  /** Takes a level by name or number. Throws `WarderError` (`log-level`) when there is no such level. */
  setLevel(text: string): void {
    const level = parseLogLevel(text);
    if (level === undefined) {
      throw new WarderError(
        "log-level",
        `Invalid log level '${text}'. Use one of ${Object.keys(LOG_LEVELS).join(", ")}`,
      );
    }
    this.#threshold = level;
    this.#levelName = text.toUpperCase();
  }

  /** Changes the target; the old one is kept when the new one cannot be opened (throws `WarderError`). */
  setTarget(text: string): boolean {
    if (text.replace(/\[.*$/s, "") === this.#target.name) {
      return false;
    }
    const next = openLogTarget(text);
    this.#write();
    this.#target.close();
    this.#target = next;
    return true;
  }

  /** Opens the log file anew; `rolled over` for a file, `flushed` for a stream. */
  flush(): "rolled over" | "flushed" {
    this.#write();
    return this.#target.reopen() ? "rolled over" : "flushed";
  }

  /** Lines of one turn of the event loop are written together: a storm of failures is one write, not thousands. */
  #add(line: string): void {
    if (this.#lines.push(line) === 1) {
      queueMicrotask(() => this.#write());
    }
  }

  #write(): void {
    if (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      this.#target.write(lines.join("\n"));
    }
  }
}
