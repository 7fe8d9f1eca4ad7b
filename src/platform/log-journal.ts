import { lstatSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { WarderError } from "../model";
import { formatLogRecord, type LogRecord } from "./log-line";
import { severityOf } from "./log-priority";
import type { LogTarget, LogTargetName } from "./log-target";

/** Where journald takes the output of services (systemd-journald.service(8)). */
export const JOURNAL_SOCKET = "/run/systemd/journal/stdout";
/** Bytes that may wait for a journal that is slow to take them. */
const MOST_WAITING = 4 * 1024 * 1024;
/**
 * What a stream to the journal begins with, as sd_journal_stream_fd(3) writes it: identifier, unit, priority,
 * then whether lines carry a level, and whether they go on to syslog, the kernel's log or the console.
 */
const GREETING = "fail2ban\n\n6\n1\n0\n0\n0\n";

/** The journal of systemd, under the identifier `fail2ban`. */
export class JournalTarget implements LogTarget {
  readonly name: string;
  readonly #target: LogTargetName;
  readonly #path: string;
  #socket: Socket | undefined;
  #records: LogRecord[] = [];
  #lost = 0;

  /** @throws WarderError `log-target` when there is no journal */
  constructor(target: LogTargetName, path = JOURNAL_SOCKET) {
    this.name = target.name;
    this.#target = target;
    this.#path = path;
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
      const advice = "systemd-journald does not run here. Choose another logtarget";
      throw new WarderError("log-target", `Unable to log to ${this.name}: there is no "${path}", ${advice}`);
    }
  }

  get title(): string {
    return this.name;
  }

  add(record: LogRecord): void {
    this.#records.push(record);
  }

  write(): void {
    const records = this.#records;
    this.#records = [];
    const socket = (this.#socket ??= this.#open());
    if (socket.writableLength > MOST_WAITING) {
      this.#lost += records.length;
      return;
    }
    const lost = this.#lost > 0 ? `<3>(${this.#lost} log lines lost: the journal did not take them)\n` : "";
    this.#lost = 0;
    socket.write(lost + records.map((record) => this.#format(record)).join(""));
  }

  reopen(): boolean {
    return false;
  }

  close(): void {
    this.#socket?.end();
    this.#socket = undefined;
  }

  #format(record: LogRecord): string {
    return `<${severityOf(record.level)}>${formatLogRecord(record, this.#target.line)}\n`;
  }

  #open(): Socket {
    const socket = connect(this.#path);
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      // The next line opens it anew.
      if (this.#socket === socket) {
        this.#socket = undefined;
      }
    });
    socket.write(GREETING);
    return socket;
  }
}
