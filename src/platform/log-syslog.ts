import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { statSync } from "node:fs";
import { WarderError } from "../model";
import { formatLogRecord, type LogRecord } from "./log-line";
import { facilityNumber, severityOf } from "./log-priority";
import type { LogTarget, LogTargetName } from "./log-target";

/** The socket of syslog on Linux, what `syslogsocket = auto` stands for. */
export const SYSLOG_SOCKET = "/dev/log";
/** Bytes that may wait for one sender. */
const MOST_WAITING = 1024 * 1024;
/** A sender that ended is not started anew more often than this (milliseconds). */
const RESTART_MS = 5000;

/** One process that sends what it reads, all under one tag. */
interface Sender {
  readonly child: ChildProcess;
  isOver: boolean;
  readonly started: number;
}

/**
 * Syslog over its local socket. Node.js opens no datagram sockets of that kind, so util-linux's logger(1) sends the
 * lines: one process for each name that stands in front of lines, `fail2ban.actions[29721]`, fed through a pipe.
 */
export class SyslogTarget implements LogTarget {
  readonly name: string;
  readonly #target: LogTargetName;
  readonly #path: string;
  readonly #facility: number;
  readonly #senders = new Map<string, Sender>();
  #lost = 0;

  /** @throws WarderError `log-target` when there is no such socket, or no program to reach it with */
  constructor(target: LogTargetName, path = SYSLOG_SOCKET) {
    this.name = target.name;
    this.#target = target;
    this.#path = path;
    this.#facility = facilityNumber(target.facility) ?? refuse(`facility "${target.facility}" is unknown`);
    if (!isSocketAt(path)) {
      refuse(
        `there is no socket "${path}". Start a syslog service, or choose another logtarget or syslogsocket`,
      );
    }
    if (!hasLogger()) {
      refuse("the program logger of util-linux is needed for it. Install it, or choose another logtarget");
    }
  }

  get title(): string {
    return `${this.name} (${this.#path})`;
  }

  add(record: LogRecord): void {
    const tag = `fail2ban.${record.logger}`;
    const head = `${tag}[${record.pid}]: `;
    const line = formatLogRecord(record, this.#target.line);
    // logger(1) writes the head itself; a line of another form is sent behind our bare name.
    const isUsual = line.startsWith(head);
    this.#send(isUsual ? tag : "fail2ban", isUsual ? line.slice(head.length) : line, record);
  }

  write(): void {
    // Senders get their lines at once.
  }

  reopen(): boolean {
    return false;
  }

  close(): void {
    for (const { child } of this.#senders.values()) {
      child.stdin?.end();
    }
    this.#senders.clear();
  }

  #send(tag: string, text: string, record: LogRecord): void {
    const stdin = this.#senderFor(tag, record.pid)?.child.stdin;
    if (!stdin || stdin.writableLength > MOST_WAITING) {
      this.#lost += 1;
      return;
    }
    const priority = (level: number): string => `<${this.#facility * 8 + level}>`;
    if (this.#lost > 0) {
      stdin.write(`${priority(3)}(${this.#lost} log lines lost: syslog did not take them)\n`);
      this.#lost = 0;
    }
    stdin.write(`${priority(severityOf(record.level))}${text}\n`);
  }

  #senderFor(tag: string, pid: number): Sender | undefined {
    const known = this.#senders.get(tag);
    if (known && !known.isOver) {
      return known;
    }
    const now = performance.now();
    if (known && now - known.started < RESTART_MS) {
      return undefined;
    }
    const sender: Sender = { child: startLogger(tag, pid, this.#path), isOver: false, started: now };
    for (const event of ["error", "exit"] as const) {
      sender.child.once(event, () => {
        sender.isOver = true;
      });
    }
    this.#senders.set(tag, sender);
    return sender;
  }
}

function startLogger(tag: string, pid: number, path: string): ChildProcess {
  const args = ["--socket", path, "--tag", tag, `--id=${pid}`, "--prio-prefix", "--size", "8KiB"];
  // A session of its own: Ctrl-C ends us, and the last lines still have to be sent.
  const child = spawn("logger", args, { stdio: ["pipe", "ignore", "ignore"], detached: true, cwd: "/" });
  child.unref();
  child.stdin.on("error", () => child.stdin.destroy());
  return child;
}

/** busybox has a logger too, which knows no such socket. */
function hasLogger(): boolean {
  const { error, stdout } = spawnSync("logger", ["--version"], { encoding: "utf8", timeout: 5000 });
  return !error && stdout.includes("util-linux");
}

/** `/dev/log` is a link where journald listens. */
function isSocketAt(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

function refuse(why: string): never {
  throw new WarderError("log-target", `Unable to log to SYSLOG: ${why}`);
}
