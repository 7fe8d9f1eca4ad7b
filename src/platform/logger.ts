import { WarderError } from "../model";
import type { Clock } from "./clock";
import { LOG_LEVELS, parseLogLevel, type LogLevel } from "./log-line";
import { parseLogTarget, type LogTarget } from "./log-target";
import { openLogTarget, type LogPlaces } from "./open-log-target";

/** Targets that have nothing to open anew; fail2ban compares the names letter by letter. */
const FLUSHED: ReadonlySet<string> = new Set(["STDOUT", "STDERR", "SYSLOG", "SYSTEMD-JOURNAL"]);

/**
 * Writes one message, given in pieces where others have some of them too; `logger` is the part of fail2ban's logger name
 * after `fail2ban.`.
 */
export type Log = (level: LogLevel, logger: string, ...message: readonly string[]) => void;

/** The daemon's log: a level, a target, and lines in fail2ban's format. */
export class Logger {
  readonly #clock: Clock;
  readonly #pid: number;
  #threshold: number = LOG_LEVELS.INFO;
  #levelName = "INFO";
  #target: LogTarget;
  #targetText: string;
  #places: LogPlaces;
  #isWaiting = false;

  constructor(clock: Clock, target = "STDOUT", places: LogPlaces = {}) {
    this.#clock = clock;
    this.#pid = process.pid;
    this.#places = places;
    this.#targetText = target;
    this.#target = openLogTarget(target, places);
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

  /** The target for people: of syslog with its socket. */
  get targetTitle(): string {
    return this.#target.title;
  }

  readonly log: Log = (level, logger, ...message) => {
    if (LOG_LEVELS[level] >= this.#threshold) {
      this.#target.add({ time: this.#clock.now(), level, logger, pid: this.#pid, message });
      this.#writeSoon();
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

  /**
   * Changes the target; the old one is kept when the new one cannot be opened (throws `WarderError`). The same name
   * again changes nothing, whatever its options: false then.
   */
  setTarget(text: string): boolean {
    if (parseLogTarget(text).name === this.#target.name) {
      return false;
    }
    this.#replaceTarget(text, this.#places);
    return true;
  }

  /** Says where syslog listens (`auto` or a path); true when it is the target and was opened there. Throws as above. */
  setSyslogSocket(syslogsocket: string): boolean {
    const places = { ...this.#places, syslogsocket };
    const isInUse = parseLogTarget(this.#targetText).kind === "SYSLOG";
    if (isInUse && syslogsocket !== this.#places.syslogsocket) {
      this.#replaceTarget(this.#targetText, places);
    }
    this.#places = places;
    return isInUse;
  }

  /** Opens the log file anew; `rolled over` for a file, `flushed` for what is none. */
  flush(): "rolled over" | "flushed" {
    this.#write();
    this.#target.reopen();
    return FLUSHED.has(this.#target.name) ? "flushed" : "rolled over";
  }

  #replaceTarget(text: string, places: LogPlaces): void {
    const next = openLogTarget(text, places);
    this.#write();
    this.#target.close();
    this.#target = next;
    this.#targetText = text;
  }

  /** Lines of one turn of the event loop are written together: a storm of failures is a few writes, not thousands. */
  #writeSoon(): void {
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      queueMicrotask(() => this.#write());
    }
  }

  #write(): void {
    if (this.#isWaiting) {
      this.#isWaiting = false;
      this.#target.write();
    }
  }
}
