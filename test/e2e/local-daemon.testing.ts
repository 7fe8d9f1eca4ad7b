import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serverSettings, type Programs } from "../daemon-programs.testing";

/** What a call of the client gave. */
export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A daemon in a folder of its own, with a filter `simple` (lines `DATE failure from HOST`) and an action `note` that
 * writes down what it is told. No firewall, no privileges.
 */
export class LocalDaemon {
  readonly folder = mkdtempSync(join(tmpdir(), "warder-"));
  readonly #programs: Programs;
  #child: ChildProcess | undefined;
  #terminal = "";

  constructor(programs: Programs) {
    this.#programs = programs;
    this.write("conf/fail2ban.conf", serverSettings(this.folder));
    this.write("conf/filter.d/simple.conf", "[Definition]\nfailregex = ^ failure from <HOST>$\n");
    this.write("conf/action.d/note.conf", noteAction(this.path("notes")));
    this.write("conf/jail.conf", jailDefaults());
    mkdirSync(this.path("run"));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : "";
  }

  /** Configures jails: `{ web: { logpath: … } }`; `logpath` is `NAME.log` in the folder unless said otherwise. */
  configure(jails: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
    const sections = Object.entries(jails).map(([name, options]) => {
      const all = { enabled: "true", logpath: this.path(`${name}.log`), ...options };
      return `[${name}]\n${Object.entries(all)
        .map(([option, value]) => `${option} = ${value}\n`)
        .join("")}`;
    });
    this.write("conf/jail.local", sections.join("\n"));
  }

  /** Appends failures of these hosts to a log. */
  fail(log: string, ...hosts: readonly string[]): void {
    appendFileSync(this.path(log), hosts.map((host) => `${stamp()} failure from ${host}\n`).join(""));
  }

  /** Starts it in the foreground and waits until it is ready. */
  async start(prefix: readonly string[] = []): Promise<void> {
    const argv = [...prefix, this.#programs.server, ...this.#place(), "-f", "start"];
    const child = spawn(argv[0] ?? "", argv.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#terminal = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#terminal += text;
      });
    }
    await until("the daemon is ready", () => this.#terminal.includes("Server ready") || !this.isRunning);
  }

  /** Whether the process started last is still there. */
  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What it has written to the terminal. */
  get terminal(): string {
    return this.#terminal;
  }

  get log(): string {
    return this.read("daemon.log");
  }

  /** One line per action: `ban web 192.0.2.1`. */
  get notes(): readonly string[] {
    return this.read("notes").trim().split("\n");
  }

  /** Calls the client. */
  call(...words: readonly string[]): Answer {
    return this.run(this.#programs.client, ...this.#place(), ...words);
  }

  /** Calls the client and lets others go on meanwhile. */
  async callAsync(...words: readonly string[]): Promise<Answer> {
    const child = spawn(this.#programs.client, [...this.#place(), ...words]);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    return new Promise((resolve) => child.once("close", (status) => resolve({ status, stdout, stderr })));
  }

  /** Calls any program. */
  run(program: string, ...args: readonly string[]): Answer {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 60_000 });
    return { status, stdout, stderr };
  }

  /** Calls the server program. */
  callServer(...words: readonly string[]): Answer {
    return this.run(this.#programs.server, ...this.#place(), ...words);
  }

  banned(jail: string): readonly string[] {
    const { stdout } = this.call("get", jail, "banip");
    return stdout.split(/\s+/).filter((id) => id !== "");
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    await until("the daemon has ended", () => !this.isRunning);
  }

  async remove(): Promise<void> {
    if (this.isRunning) {
      await this.end("SIGKILL");
    }
    this.call("stop");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #place(): readonly string[] {
    return ["-c", this.path("conf")];
  }
}

/** Waits until something is so. Throws when it takes too long. */
export async function until(title: string, ask: () => boolean, milliseconds = 15_000): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!ask()) {
    if (performance.now() > deadline) {
      throw new Error(`${title}: not within ${milliseconds} ms`);
    }
    await sleep(50);
  }
}

/** Now, as the logs have it. */
export function stamp(offset = 0): string {
  const date = new Date(Date.now() + offset * 1000);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

function jailDefaults(): string {
  return `[DEFAULT]
backend = auto
usedns = no
ignoreself = false
filter = simple
action = note
maxretry = 2
findtime = 10m
bantime = 10m
`;
}

function noteAction(notes: string): string {
  return `[Definition]
actionstart = echo start <name> >> ${notes}
actionstop = echo stop <name> >> ${notes}
actionban = echo ban <name> <ip> >> ${notes}
actionunban = echo unban <name> <ip> >> ${notes}
`;
}
