/** The daemon under test on the server: this project's, or with FAIL2BAN_UNDER_TEST=original the one it replaces. */
import type { ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Argv, type TwoHosts, waitFor } from "./two-hosts.testing";

/** stock: a copy of the installed /etc/fail2ban; tree: what this project ships. */
export type ConfigKind = "stock" | "tree";

export interface DaemonSetup {
  readonly config: ConfigKind;
  readonly banaction: string;
  readonly folder: string;
  readonly logPath: string;
  readonly port: number;
  readonly maxretry: number;
}

/** A daemon with one jail, sshd. */
export interface Daemon {
  /** Starts it and waits until it answers. */
  readonly start: () => Promise<void>;
  /** Sends one command of the client and gives what it prints. */
  readonly send: (...command: string[]) => Promise<string>;
  /** Sends a signal to it. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends it as a crash would: at once, with everything left behind. */
  readonly crash: () => Promise<void>;
  /** Ends it in order. */
  readonly stop: () => Promise<void>;
  /** Waits until its database knows the address: a ban is written there beside the way. */
  readonly waitForRecord: (address: string) => Promise<void>;
  /** What it has logged. */
  readonly readLog: () => string;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const STOCK = "/etc/fail2ban";

const isOriginal = process.env["FAIL2BAN_UNDER_TEST"] === "original";

/** The programs under test. */
export const underTest = isOriginal
  ? { name: "original", server: "/usr/bin/fail2ban-server", client: "/usr/bin/fail2ban-client" }
  : {
      name: "warder",
      server: join(root, "bin", "fail2ban-server"),
      client: join(root, "bin", "fail2ban-client"),
    };

/** Names what the daemon under test lacks; empty when it can be started. */
export function listMissingParts(): readonly string[] {
  return isOriginal || existsSync(join(root, "dist")) ? [] : ["dist/ (npm run build)"];
}

/** True when the configuration is there to be read. */
export function hasConfig(kind: ConfigKind): boolean {
  return existsSync(join(kind === "stock" ? STOCK : join(root, "config"), "jail.conf"));
}

/** Writes the configuration; nothing runs before start(). */
export function prepareDaemon(hosts: TwoHosts, setup: DaemonSetup): Daemon {
  const files = writeConfig(setup);
  const common = ["-c", files.config, "-s", files.socket, "-p", files.pid];
  const send = async (...command: string[]) => hosts.run("server", [underTest.client, ...common, ...command]);
  let child: ChildProcess | undefined;
  const waitForEnd = async () => waitFor("the daemon has ended", () => Promise.resolve(hasEnded(child)));
  const signal = (name: NodeJS.Signals) => void process.kill(Number(readText(files.pid)), name);
  return {
    start: async () => {
      const argv: Argv = [underTest.server, ...common, "-f", "-x", "--logtarget", files.log, "start"];
      child = hosts.start("server", argv, { stdio: "ignore" });
      const isReady = async () => (await send("status", "sshd").catch(() => "")).includes("sshd");
      await waitFor("the daemon answers", isReady).catch((error: unknown) => {
        throw new Error(`The daemon did not start; its log:\n${readText(files.log)}`, { cause: error });
      });
    },
    send,
    signal,
    crash: async () => {
      signal("SIGKILL");
      await waitForEnd();
    },
    stop: async () => {
      if (hasEnded(child)) {
        return;
      }
      await send("stop");
      await waitForEnd();
    },
    waitForRecord: async (address) =>
      waitFor(`${address} is in the database`, () =>
        Promise.resolve(
          [files.db, `${files.db}-wal`].some((path) => readText(path, "latin1").includes(address)),
        ),
      ),
    readLog: () => readText(files.log),
  };
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}

function readText(path: string, encoding: BufferEncoding = "utf8"): string {
  return existsSync(path) ? readFileSync(path, encoding) : "";
}

function writeConfig(setup: DaemonSetup) {
  const state = join(setup.folder, "state");
  mkdirSync(state, { recursive: true });
  const files = {
    config: join(setup.folder, "etc"),
    socket: join(state, "sock"),
    pid: join(state, "pid"),
    log: join(state, "daemon.log"),
    db: join(state, "db.sqlite3"),
  };
  cpSync(setup.config === "stock" ? STOCK : join(root, "config"), files.config, { recursive: true });
  // What the machine's administrator configured is not under test
  for (const name of ["jail.local", "fail2ban.local"]) {
    rmSync(join(files.config, name), { force: true });
  }
  writeFileSync(
    join(files.config, "fail2ban.local"),
    `[Definition]\nlogtarget = ${files.log}\nsocket = ${files.socket}\npidfile = ${files.pid}\ndbfile = ${files.db}\n`,
  );
  const jail = {
    enabled: "true",
    backend: "auto",
    logpath: setup.logPath,
    port: String(setup.port),
    banaction: setup.banaction,
    maxretry: String(setup.maxretry),
    findtime: "10m",
    bantime: "1h",
  };
  const lines = Object.entries(jail).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(join(files.config, "jail.local"), `[sshd]\n${lines.join("\n")}\n`);
  return files;
}
