import { spawnSync } from "node:child_process";
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
import { serverSettings } from "../daemon-programs.testing";

/** The logs, with the jails that read each. */
export const JAILS_OF_LOG: ReadonlyMap<string, readonly string[]> = new Map([
  ["a", ["plain", "strict"]],
  ["b", ["users", "weak"]],
  ["c", ["growing"]],
]);

/** Failures that lead to a ban in every jail. */
export const MOST_RETRIES = 4;

/** How long a settled pair may take to agree, in milliseconds. */
const PATIENCE = 20_000;
const LOOK_AGAIN = 100;

/** A daemon, fail2ban's or ours, in a folder of its own. Its action writes down how it was called. */
export class NotedDaemon {
  readonly folder = mkdtempSync(join(tmpdir(), "jails-"));
  readonly #client: string;

  /** Starts it; `logs` hold what was written before. */
  constructor(client: string, logs: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#client = client;
    mkdirSync(join(this.folder, "run"));
    this.write("fail2ban.conf", serverSettings(this.folder));
    this.write("filter.d/simple.conf", "[Definition]\nfailregex = ^ failure from <HOST>$\n");
    this.write(
      "filter.d/users.conf",
      "[Definition]\nfailregex = ^ <F-USER>\\w+</F-USER> refused from <ADDR>$\n",
    );
    this.write("action.d/note.conf", noteAction(join(this.folder, "notes")));
    this.write("jail.conf", jailSettings(this.folder));
    for (const log of JAILS_OF_LOG.keys()) {
      writeFileSync(this.#log(log), "");
      this.append(log, logs.get(log) ?? []);
    }
    if (this.call("start") !== 0) {
      throw new Error(`${client} does not start`);
    }
  }

  append(log: string, lines: readonly string[]): void {
    appendFileSync(this.#log(log), lines.map((line) => `${line}\n`).join(""));
  }

  /** Puts settings of jails beside the first ones; they come to life with a reload. */
  configure(text: string): void {
    this.write("jail.local", text);
  }

  /** Calls its client; gives the exit status. */
  call(...words: readonly string[]): number | null {
    return this.#run(words).status;
  }

  /** Calls its client; gives what it printed. */
  ask(...words: readonly string[]): string {
    return this.#run(words).stdout;
  }

  /** One line per call of the action. */
  get notes(): readonly string[] {
    const path = join(this.folder, "notes");
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  }

  get database(): string {
    return join(this.folder, "db.sqlite3");
  }

  get log(): string {
    return readFileSync(join(this.folder, "daemon.log"), "utf8");
  }

  remove(): void {
    this.call("stop");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(words: readonly string[]): { readonly status: number | null; readonly stdout: string } {
    const args = ["-c", join(this.folder, "conf"), ...words];
    return spawnSync(this.#client, args, { encoding: "utf8", timeout: 60_000 });
  }

  #log(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  /** Writes a file of its configuration. */
  write(name: string, text: string): void {
    const path = join(this.folder, "conf", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** A moment as the logs have it. */
export function stamp(seconds: number): string {
  const date = new Date(seconds * 1000);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

/** Waits until something is so; false when it takes too long. */
export async function waitUntil(ask: () => boolean, patience = PATIENCE): Promise<boolean> {
  const deadline = performance.now() + patience;
  while (!ask()) {
    if (performance.now() > deadline) {
      return false;
    }
    await sleep(LOOK_AGAIN);
  }
  return true;
}

function jailSettings(folder: string): string {
  return `[DEFAULT]
enabled = true
backend = auto
usedns = no
ignoreself = false
filter = simple
action = note
findtime = 1h
bantime = 2h
maxretry = 3
logpath = ${folder}/a.log
[plain]
[strict]
maxretry = 1
maxmatches = 2
ignoreip = 192.0.2.1 192.0.2.4/31
[users]
filter = users
logpath = ${folder}/b.log
[weak]
maxretry = ${MOST_RETRIES}
bantime = -1
filter = users
logpath = ${folder}/b.log
[growing]
logpath = ${folder}/c.log
bantime = 12
bantime.increment = true
bantime.multipliers = 1 2 3000
`;
}

const TAGS = "<ip> time=<time> bantime=<bantime> count=<bancount> failures=<failures> restored=<restored>";
const MORE_TAGS = "family=<family> reverse=<ip-rev> fid=<fid> user=<F-USER>";

function noteAction(notes: string): string {
  const matches = `$(printf %%s "<matches>" | tr '\\n' '~')`;
  return `[Definition]
actionstart = echo "<name> start" >> ${notes}
actionstop = echo "<name> stop" >> ${notes}
actionban = echo "<name> ban ${TAGS} ${MORE_TAGS} matches=${matches}" >> ${notes}
actionprolong = echo "<name> prolong <ip> bantime=<bantime>" >> ${notes}
actionunban = echo "<name> unban ${TAGS} ${MORE_TAGS}" >> ${notes}
`;
}
