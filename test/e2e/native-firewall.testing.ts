import {
  createBackends,
  createBanTarget,
  createWatch,
  NativeFirewall,
  type ActionContext,
  type BanTarget,
  type FirewallWatch,
  type WatchListener,
} from "../../src/action";
import type { NativeKind } from "../../src/action";
import { parseOffender, type Ban } from "../../src/model";
import { createShellRunner } from "../../src/platform";
import { canRun, listMissing } from "./requirements.testing";
import { canMakeNamespaces, openTwoHosts, waitFor, BYSTANDER, type TwoHosts } from "./two-hosts.testing";

/** The port of the jail, and one that has nothing to do with it. */
export const JAIL_PORT = 8080;
export const OTHER_PORT = 8081;
const LISTEN = `for (const port of [${JAIL_PORT}, ${OTHER_PORT}]) require("node:net").createServer((s) => s.on("error", () => {}).on("data", (d) => s.write(d))).listen(port, "::");`;

/** Whether a test of the native firewalls can run here; says what is missing. */
export function canRunFirewalls(title: string, programs: readonly string[]): boolean {
  const missing = listMissing(["nsenter", "nft", "ip", ...programs]);
  return canRun(
    title,
    missing.length > 0 || canMakeNamespaces() ? missing : ["the right to make network namespaces"],
  );
}

/** Two hosts, of which the server listens and has a firewall of its own. */
export interface FirewallHosts {
  readonly hosts: TwoHosts;
  /** What the log of the actions says. */
  readonly lines: string[];
  make(kind: NativeKind, properties?: Readonly<Record<string, string>>, jail?: string): NativeFirewall;
  /** All actions made so far are dead, as after a `kill -9`: they hear nothing any more. */
  kill(): void;
  target(id: string, bantime?: number): BanTarget;
  /** A command on the server; its standard output. */
  run(...argv: [string, ...string[]]): Promise<string>;
  isOpen(from: string, port?: number): Promise<boolean>;
}

export async function openFirewallHosts(): Promise<FirewallHosts> {
  const hosts = await openTwoHosts();
  hosts.start("server", [process.execPath, "-e", LISTEN], { stdio: "ignore" });
  const holder = hosts.start("server", ["sleep", "1000"], { stdio: "ignore" });
  const leader = ["nsenter", "-t", String(holder.pid), "-n"];
  const lines: string[] = [];
  const deaths: (() => void)[] = [];
  const contextFor = (name: string): ActionContext => ({
    jail: { name, banned: 0, bannedTotal: 0, found: 0, foundTotal: 0, bantime: 600 },
    runner: createShellRunner(),
    lookups: {
      merged: () => undefined,
      hostNameOf: () => Promise.resolve(undefined),
      ownNames: () => ({ full: "host.example", short: "host" }),
    },
    log: (level, _logger, text) => lines.push(`${level} ${text}`),
    now: () => Date.now() / 1000,
    ipv6Allowed: () => true,
  });
  const isOpen = (from: string, port = JAIL_PORT): Promise<boolean> => hosts.canConnect(from, port);
  await waitFor("the server listens", () => isOpen(BYSTANDER.inet4));
  return {
    hosts,
    lines,
    isOpen,
    run: (...argv) => hosts.run("server", argv),
    make: (kind, properties = {}, jail = "web") => {
      const all = { native: kind, port: String(JAIL_PORT), ...properties };
      const spec = { name: `warder-${kind}`, properties: new Map(Object.entries(all)) };
      const watch = mortal(createWatch(leader));
      deaths.push(watch.die);
      // Programs of its own each time, as after a restart.
      return new NativeFirewall(spec, contextFor(jail), createBackends(leader, watch)[kind]);
    },
    kill: () => deaths.splice(0).forEach((die) => die()),
    target: (id, bantime = 600) => {
      const ban: Ban = {
        jail: "web",
        offender: parseOffender(id),
        time: Date.now() / 1000,
        bantime,
        bancount: 1,
        restored: false,
        data: { matches: [], failures: 1, groups: new Map() },
      };
      return createBanTarget(ban, contextFor("web"));
    },
  };
}

function mortal(watch: FirewallWatch): FirewallWatch & { readonly die: () => void } {
  let isAlive = true;
  const heard = new Map<WatchListener, WatchListener>();
  return {
    get isAwake() {
      return watch.isAwake;
    },
    own: (pid) => watch.own(pid),
    subscribe: (listener, log) => {
      const { tables } = listener;
      const own: WatchListener = { tables, changed: (event) => isAlive && listener.changed(event) };
      heard.set(listener, own);
      return watch.subscribe(own, log);
    },
    remind: (listener, seconds) => watch.remind(heard.get(listener) ?? listener, seconds),
    unwatched: (work) => watch.unwatched(work),
    die: () => {
      isAlive = false;
    },
  };
}
