/** Two hosts on one wire, each a network namespace: a server, and an attacker that has two addresses of each family. */
import { type ChildProcess, execFile, execFileSync, spawn, type SpawnOptions } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Addresses of the server. */
export const SERVER = { inet4: "198.51.100.1", inet6: "2001:db8:100::1" } as const;
/** Addresses the attacker attacks from. */
export const ATTACKER = { inet4: "198.51.100.66", inet6: "2001:db8:100::66" } as const;
/** Addresses of the same host that never attack. */
export const BYSTANDER = { inet4: "198.51.100.77", inet6: "2001:db8:100::77" } as const;

/** A command with its arguments. */
export type Argv = readonly [string, ...string[]];

export type Host = "server" | "attacker";

/** A network of two hosts. Everything in it ends with close(). */
export interface TwoHosts {
  /** Starts a program on a host; close() kills it if it is still there. */
  readonly start: (host: Host, argv: Argv, options?: SpawnOptions) => ChildProcess;
  /** Runs a program on a host to its end and gives its output. Rejects when it fails or takes over 30 s. */
  readonly run: (host: Host, argv: Argv) => Promise<string>;
  /** Whether an address of the attacker can connect to the server by TCP; a lost packet is sent again after a second. */
  readonly canConnect: (from: string, port: number) => Promise<boolean>;
  /** Kills what still runs on the hosts and removes them. */
  readonly close: () => Promise<void>;
}

const PREFIX = "warder-e2e";
let created = 0;

/** Prints "open" or "closed"; arguments: source address, target address, port. */
const CONNECT = `
const [localAddress, host, port] = process.argv.slice(1);
const socket = require("node:net").connect({ localAddress, host, port: Number(port) });
const end = (word) => { console.log(word); process.exit(0); };
socket.on("connect", () => end("open"));
socket.on("error", () => end("closed"));
setTimeout(() => end("closed"), 2500);
`;

/** Makes the network. Leftovers of runs that were killed are removed first. */
export async function openTwoHosts(): Promise<TwoHosts> {
  await removeLeftovers();
  created += 1;
  const id = `${process.pid}-${created}`;
  const names = { server: `${PREFIX}-${id}-server`, attacker: `${PREFIX}-${id}-attacker` };
  const children = new Set<ChildProcess>();
  const close = async () => {
    for (const child of children) {
      child.kill("SIGKILL");
    }
    await removeNamespaces(Object.values(names));
  };
  try {
    await wire(names);
  } catch (error) {
    await close();
    throw error;
  }
  const enter = (host: Host, argv: Argv) => ["netns", "exec", names[host], ...argv];
  const runOn = async (host: Host, argv: Argv) =>
    (await run("ip", enter(host, argv), { timeout: 30_000, cwd: "/" })).stdout;
  return {
    start: (host, argv, options = {}) => {
      const child = spawn("ip", enter(host, argv), { cwd: "/", ...options });
      children.add(child);
      child.once("exit", () => children.delete(child));
      return child;
    },
    run: runOn,
    canConnect: async (from, port) => {
      const to = from.includes(":") ? SERVER.inet6 : SERVER.inet4;
      const argv: Argv = [process.execPath, "-e", CONNECT, from, to, String(port)];
      return (await runOn("attacker", argv)).trim() === "open";
    },
    close,
  };
}

async function wire(names: Readonly<Record<Host, string>>): Promise<void> {
  const ip = async (host: Host, ...args: string[]) => run("ip", ["-n", names[host], ...args]);
  await run("ip", ["netns", "add", names.server]);
  await run("ip", ["netns", "add", names.attacker]);
  await ip(
    "server",
    "link",
    "add",
    "wire0",
    "type",
    "veth",
    "peer",
    "name",
    "wire0",
    "netns",
    names.attacker,
  );
  const addresses = {
    server: [SERVER],
    attacker: [ATTACKER, BYSTANDER],
  };
  for (const host of ["server", "attacker"] as const) {
    for (const { inet4, inet6 } of addresses[host]) {
      await ip(host, "address", "add", `${inet4}/24`, "dev", "wire0");
      // Without waiting for somebody else to claim the address
      await ip(host, "address", "add", `${inet6}/64`, "dev", "wire0", "nodad");
    }
    await ip(host, "link", "set", "lo", "up");
    await ip(host, "link", "set", "wire0", "up");
  }
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const pids = await run("ip", ["netns", "pids", name]).then(
      ({ stdout }) => stdout.split("\n").filter(Boolean).map(Number),
      () => [],
    );
    for (const pid of pids) {
      killQuietly(pid);
    }
    await run("ip", ["netns", "delete", name]).catch(() => undefined);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

async function removeLeftovers(): Promise<void> {
  const names = listNamespaces().filter((name) => {
    const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    return owner !== undefined && !isAlive(Number(owner));
  });
  await removeNamespaces(names);
}

function listNamespaces(): readonly string[] {
  try {
    return readdirSync("/run/netns");
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`).length > 0;
  } catch {
    return false;
  }
}

/** True when namespaces can be made here; a container often may not. */
export function canMakeNamespaces(): boolean {
  const name = `${PREFIX}-${process.pid}-probe`;
  try {
    execFileSync("ip", ["netns", "add", name], { stdio: "ignore" });
    execFileSync("ip", ["netns", "delete", name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Asks again every 200 ms until the answer is yes. Rejects with the title after the given time. */
export async function waitFor(
  title: string,
  ask: () => Promise<boolean>,
  milliseconds = 20_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await ask())) {
    if (performance.now() > deadline) {
      throw new Error(`${title}: not within ${milliseconds} ms`);
    }
    await sleep(200);
  }
}
