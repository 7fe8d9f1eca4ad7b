import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientCall } from "./client-calls";

/** fail2ban's own client. */
export const REAL_CLIENT: readonly string[] = ["/usr/bin/fail2ban-client"];

/** What a call printed, with folders, times and process ids replaced by names. */
export interface CallResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a configuration of two polling jails whose action does nothing. */
export function makeServerFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "f2b-"));
  for (const name of ["conf/filter.d", "conf/action.d", "run"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const [name, text] of Object.entries(filesOf(folder))) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Starts fail2ban's own server on the folder; `client` is the client to start it with. */
export function startServer(folder: string, client: readonly string[] = REAL_CLIENT): void {
  const [program = "", ...args] = client;
  execFileSync(program, [...args, "-c", join(folder, "conf"), "start"], { stdio: "ignore" });
}

/** Runs a client for one call. */
export function runCall(client: readonly string[], folder: string, call: ClientCall): CallResult {
  const [program = "", ...first] = client;
  const given = call.args.map((word) => word.replace("DIR", folder));
  const args = call.bare ? given : ["-c", join(folder, "conf"), ...given];
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8", TZ: "UTC" },
  });
  return { status, stdout: normalize(stdout, folder), stderr: normalize(stderr, folder) };
}

function normalize(text: string, folder: string): string {
  return text
    .replaceAll(folder, "DIR")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d{3})?/g, "TIME")
    .replaceAll(/^(TIME fail2ban\S* *)\[\d+\]:/gm, "$1[PID]:")
    .replaceAll(/^.*WARNING 'allowipv6' not defined.*\n/gm, "");
}

function filesOf(folder: string): Record<string, string> {
  return {
    "test.log": "2026-11-20 12:00:00 nothing of interest\n",
    "second.log": "2026-11-20 12:00:00 nothing of interest either\n",
    "conf/fail2ban.conf": `[Definition]
loglevel = INFO
logtarget = ${folder}/f2b.log
syslogsocket = auto
socket = ${folder}/run/f.sock
pidfile = ${folder}/run/f.pid
dbfile = ${folder}/f.sqlite3
dbmaxmatches = 10
dbpurgeage = 1d
allowipv6 = auto
`,
    "conf/jail.conf": `[DEFAULT]
backend = polling
usedns = no
ignoreself = false
filter = simple
logpath = ${folder}/test.log
action = dummy
[t1]
enabled = true
[t2]
enabled = true
maxretry = 3
`,
    "conf/filter.d/simple.conf": "[Definition]\nfailregex = ^ failure from <HOST>$\nignoreregex =\n",
    "conf/action.d/dummy.conf": `[Definition]
actionstart = true
actionstop = true
actioncheck = true
actionban = true
actionunban = true
`,
  };
}
