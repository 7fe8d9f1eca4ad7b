/** The native nftables action against a real kernel: two hosts, the server's firewall is its own. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBanTarget, createBackends, NativeFirewall, type ActionContext } from "../../src/action";
import { parseOffender, type Ban } from "../../src/model";
import { createShellRunner } from "../../src/platform";
import { canRun, listMissing } from "./requirements.testing";
import {
  ATTACKER,
  BYSTANDER,
  canMakeNamespaces,
  openTwoHosts,
  SERVER,
  waitFor,
  type TwoHosts,
} from "./two-hosts.testing";

const title = "native nftables";
const missing = listMissing(["nsenter", "nft", "ip"]);
const runs = canRun(
  title,
  missing.length > 0 || canMakeNamespaces() ? missing : ["the right to make network namespaces"],
);
const JAIL_PORT = 8080;
const OTHER_PORT = 8081;
const LISTEN = `for (const port of [${JAIL_PORT}, ${OTHER_PORT}]) require("node:net").createServer((s) => s.end()).listen(port, "::");`;

/** Connects again and again as fast as it can; prints "o" for every connection, "c" for every refusal. */
const PROBE = `
const [localAddress, host, port] = process.argv.slice(1);
const probe = () => {
  const socket = require("node:net").connect({ localAddress, host, port: Number(port) });
  const end = (sign) => { process.stdout.write(sign); socket.destroy(); setImmediate(probe); };
  socket.on("connect", () => end("o"));
  socket.on("error", () => end("c"));
};
probe();
`;

const context: ActionContext = {
  jail: { name: "web", banned: 0, bannedTotal: 0, found: 0, foundTotal: 0, bantime: 600 },
  runner: createShellRunner(),
  lookups: {
    merged: () => undefined,
    hostNameOf: () => Promise.resolve(undefined),
    ownNames: () => ({ full: "host.example", short: "host" }),
  },
  log: () => undefined,
  now: () => Date.now() / 1000,
  ipv6Allowed: () => true,
};

function target(id: string, bantime = 600) {
  const ban: Ban = {
    jail: "web",
    offender: parseOffender(id),
    time: Date.now() / 1000,
    bantime,
    bancount: 1,
    restored: false,
    data: { matches: [], failures: 1, groups: new Map() },
  };
  return createBanTarget(ban, context);
}

describe.skipIf(!runs)(title, () => {
  let hosts: TwoHosts;
  let leader: readonly string[];

  const make = (properties: Readonly<Record<string, string>> = {}): NativeFirewall => {
    const all = { native: "nftables", port: String(JAIL_PORT), ...properties };
    const spec = { name: "warder-nftables", properties: new Map(Object.entries(all)) };
    return new NativeFirewall(spec, context, createBackends(leader).nftables);
  };
  const rules = (): Promise<string> => hosts.run("server", ["nft", "list", "ruleset"]);
  const isOpen = (from: string, port = JAIL_PORT): Promise<boolean> => hosts.canConnect(from, port);

  beforeEach(async () => {
    hosts = await openTwoHosts();
    hosts.start("server", [process.execPath, "-e", LISTEN], { stdio: "ignore" });
    const holder = hosts.start("server", ["sleep", "1000"], { stdio: "ignore" });
    leader = ["nsenter", "-t", String(holder.pid), "-n"];
    await waitFor("the server listens", () => isOpen(BYSTANDER.inet4));
  });
  afterEach(() => hosts.close());

  for (const family of ["inet4", "inet6"] as const) {
    const network = { inet4: "198.51.100.64/29", inet6: "2001:db8:100::60/124" }[family];
    for (const id of [ATTACKER[family], network]) {
      it(`closes the ports of the jail, and only these, to ${id}`, async () => {
        const action = make({ chain_hook: family === "inet4" ? "input,forward" : "prerouting" });
        expect(await action.start()).toEqual({ status: "applied" });
        expect(await isOpen(ATTACKER[family])).toBe(true);
        expect(await action.ban(target(id))).toEqual({ status: "applied" });
        expect(await isOpen(ATTACKER[family])).toBe(false);
        expect(await isOpen(ATTACKER[family], OTHER_PORT)).toBe(true);
        expect(await isOpen(BYSTANDER[family])).toBe(true);
        expect(await action.check("report")).toEqual({ status: "applied" });
        await action.unban(target(id));
        expect(await isOpen(ATTACKER[family])).toBe(true);
        await action.stop();
        expect(await rules()).toBe("");
      });
    }
  }

  it("closes every port with type=allports", async () => {
    const action = make({ type: "allports", protocol: "all", blocktype: "drop" });
    await action.start();
    await action.ban(target(ATTACKER.inet4, -1));
    expect(await isOpen(ATTACKER.inet4, OTHER_PORT)).toBe(false);
    expect(await isOpen(BYSTANDER.inet4, OTHER_PORT)).toBe(true);
  });

  it("lets the kernel end bans by itself, and prolongs them", async () => {
    const action = make();
    await action.start();
    await Promise.all([
      action.ban(target("192.0.2.1", 1)),
      action.ban(target("192.0.2.2", 1)),
      action.ban(target("192.0.2.3", -1)),
    ]);
    await action.prolong(target("192.0.2.2", 900));
    await waitFor("it expires", async () => !(await rules()).includes("192.0.2.1 "), 10_000);
    expect(await rules()).toMatch(/192\.0\.2\.2 timeout 15m\d+s/);
    expect(await rules()).toMatch(/192\.0\.2\.3(?! timeout)/);
    expect(await action.unban(target("192.0.2.1", 1))).toEqual({ status: "applied" });
    expect(await action.check("report")).toEqual({ status: "applied" });
  });

  it("never opens a gap when it is killed and started again, nor in a reload", async () => {
    // The answer comes at once, other than one by ICMP, whose rate is limited.
    const usual = { blocktype: "reject with tcp reset" };
    const first = make(usual);
    await first.start();
    await first.ban(target(ATTACKER.inet4, -1));
    let output = "";
    const argv = [process.execPath, "-e", PROBE, ATTACKER.inet4, SERVER.inet4, String(JAIL_PORT)] as const;
    const probe = hosts.start("attacker", argv, { stdio: ["ignore", "pipe", "inherit"] });
    probe.stdout?.on("data", (data: Buffer) => (output += data.toString()));
    await waitFor("the probe runs", () => Promise.resolve(output.length > 100));
    for (let i = 0; i < 10; i++) {
      const next = make(usual);
      expect(await next.start()).toEqual({ status: "applied" });
      await next.ban(target(ATTACKER.inet4, -1));
      const changed = { ...usual, native: "nftables", port: `${JAIL_PORT},${9000 + i}` };
      const properties = new Map(Object.entries(changed));
      expect(await next.reload({ name: "warder-nftables", properties })).toEqual({ status: "applied" });
      await sleep(50);
    }
    const closed = output.length;
    expect(closed).toBeGreaterThan(1000);
    expect(output.replaceAll("c", "")).toBe("");
    await hosts.run("server", ["nft", "flush", "ruleset"]);
    await waitFor("the probe would have seen it", () => Promise.resolve(output.includes("o")));
  });

  it("holds ten thousand bans, and brings them back after somebody has flushed the ruleset", async () => {
    const action = make();
    await action.start();
    const targets = Array.from({ length: 10_000 }, (_, i) => target(`198.18.${i >> 8}.${i & 255}`));
    const begin = performance.now();
    const outcomes = await Promise.all(targets.map((one) => action.ban(one)));
    console.log(`10,000 bans in ${Math.round(performance.now() - begin)} ms`);
    expect(outcomes.filter(({ status }) => status !== "applied")).toEqual([]);
    expect(await action.check("report")).toEqual({ status: "applied" });
    await hosts.run("server", ["nft", "flush", "ruleset"]);
    expect((await action.check("report")).status).toBe("failed");
    expect(await action.ban(target(ATTACKER.inet4))).toEqual({ status: "applied" });
    expect(await action.check("report")).toEqual({ status: "applied" });
    expect(await isOpen(ATTACKER.inet4)).toBe(false);
    await hosts.run("server", ["nft", "flush", "set", "inet", "warder", "web-v4"]);
    expect(await action.check("repair")).toEqual({ status: "applied" });
    expect(await action.check("report")).toEqual({ status: "applied" });
    expect(await action.flush()).toEqual({ status: "applied" });
    expect(await rules()).not.toContain("198.18.");
  });
});
