/** The shipped actions that the kernel of this machine can carry out, in a network namespace. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ActionList, limitRunner, type ActionContext } from "../../src/action";
import { parseOffender, type Ban } from "../../src/model";
import { createShellRunner } from "../../src/platform";
import { FIREWALL_TOOLS, Namespace } from "./net-namespace.testing";
import { compileHere } from "./tree-actions.testing";

const missing = ["unshare", "nsenter", ...FIREWALL_TOOLS].filter(
  (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0,
);
const canRun = missing.length === 0 && process.getuid?.() === 0;
if (!canRun) {
  console.warn(`SKIPPED: shipped actions in the kernel need root and these tools: ${missing.join(", ")}`);
}

function banOf(id: string): Ban {
  const data = { matches: [], failures: 5, groups: new Map() };
  const base = { jail: "demo", time: 1795221613, bantime: 600, bancount: 1, restored: false, data };
  return { ...base, offender: parseOffender(id) };
}

const V4 = banOf("192.0.2.7");
const V4B = banOf("198.51.100.9");
const NETWORK = banOf("203.0.113.0/24");
const V6 = banOf("2001:db8::7");
const RULES = "iptables -S; ip6tables -S; ipset list -o save; nft list table inet f2b-table";
/** Options of the chains themselves, and counts of packets and names of what iptables makes on first use. */
const settle = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !/^-P \w+ ACCEPT$/.test(line))
    .join("\n");

let space: Namespace;
const lines: string[] = [];
beforeAll(async () => {
  space = new Namespace();
  await space.open();
});
afterAll(() => {
  space.close();
});

function listOf(line: string): ActionList {
  lines.length = 0;
  const context: ActionContext = {
    jail: { name: "demo", banned: 1, bannedTotal: 1, found: 0, foundTotal: 5, bantime: 600 },
    runner: limitRunner(createShellRunner({ environment: space.environment })),
    lookups: {
      merged: () => undefined,
      hostNameOf: () => Promise.resolve(undefined),
      ownNames: () => ({ full: "host.example", short: "host" }),
    },
    log: (level, logger, text) => {
      if (level === "ERROR" || level === "CRITICAL") {
        lines.push(`${level} ${logger} ${text}`);
      }
    },
    now: () => Date.now() / 1000,
    ipv6Allowed: () => true,
  };
  return new ActionList(compileHere([line]), context);
}

describe.skipIf(!canRun)("shipped actions in the kernel", () => {
  it.each([
    "nftables[port=ssh]",
    'nftables[port="1200,27000:27015", protocol="tcp,udp"]',
    "nftables-multiport[port=0:65535]",
    "nftables-allports[protocol=all]",
    'nftables[type=custom, rule_match-custom="udp dport 53"]',
    "iptables[port=27000:27015, protocol=udp]",
    'iptables-new[port=ssh, chain="INPUT,FORWARD"]',
    'iptables-multiport[port="22,27000:27015", protocol="tcp,udp"]',
    "iptables-allports[protocol=all, blocktype=DROP]",
    'iptables-multiport-log[port="ssh,http"]',
    "iptables-ipset[port=ssh]",
    "iptables-ipset-proto4[port=ssh]",
    'iptables-ipset-proto6[port="ssh,27000:27015"]',
    "iptables-ipset-proto6-allports",
  ])("%s: start twice, ban, unban, flush, stop", async (line) => {
    const before = settle(space.show(RULES));
    const list = listOf(line);
    const bans = line.includes("ipset") ? [V4, V4B, V6] : [V4, V4B, NETWORK, V6];
    await list.start();
    for (const ban of bans) {
      expect((await list.ban(ban)).failures).toEqual([]);
    }
    const once = space.show(RULES);
    for (const { offender } of bans) {
      expect(once).toContain(offender.id);
    }
    expect((await list.ban(V4)).failures).toEqual([]);
    expect(space.show(RULES)).toBe(once);
    expect((await list.check()).failures).toEqual([]);
    expect((await list.unban(V4)).applied).toHaveLength(1);
    expect((await list.unban(V4)).applied).toHaveLength(1);
    expect(space.show(RULES)).not.toContain("192.0.2.7");
    expect(space.show(RULES)).toContain("198.51.100.9");
    await list.flush(bans.slice(1));
    expect(space.show(RULES)).not.toMatch(/198\.51\.100\.9|203\.0\.113|2001:db8::7/);
    // Another daemon that died has left everything behind.
    const next = listOf(line);
    expect((await next.ban(V4)).failures).toEqual([]);
    expect((await next.ban(V6)).failures).toEqual([]);
    expect(countJumps(space.show(RULES))).toBe(countJumps(once));
    const report = await next.stop([V4, V6]);
    expect([report.failures, lines]).toEqual([[], []]);
    expect(settle(space.show(RULES))).toBe(before);
  });

  it.each([
    ["iptables -F", "iptables-multiport[port=ssh]", "lost"],
    ["iptables -F; iptables -X", "iptables-multiport[port=ssh]", "lost"],
    ["iptables -D INPUT 1", "iptables-multiport[port=ssh]", "kept"],
    ["iptables -F", "iptables-multiport-log[port=ssh]", "lost"],
    ["iptables -F f2b-demo-log", "iptables-multiport-log[port=ssh]", "kept"],
    ["iptables -F", "iptables-ipset[port=ssh]", "kept"],
    ["iptables -F; ipset destroy", "iptables-ipset-proto6[port=ssh]", "lost"],
    ["nft flush ruleset", "nftables[port=ssh]", "lost"],
  ])("after %s a ban by %s closes the door again, earlier ones are %s", async (damage, line, earlier) => {
    const before = settle(space.show(RULES));
    const list = listOf(line);
    await list.start();
    await list.ban(V4);
    const jumps = countJumps(space.show(RULES));
    space.show(damage);
    const report = await list.ban(V4B);
    expect(report.failures).toEqual([]);
    expect(report.repaired).toHaveLength(1);
    expect(space.show(RULES)).toContain("198.51.100.9");
    expect(countJumps(space.show(RULES))).toBe(jumps);
    expect(space.show(RULES).includes("192.0.2.7")).toBe(earlier === "kept");
    await list.stop([V4, V4B]);
    expect(settle(space.show(RULES))).toBe(before);
  });

  it("an id that is no address changes nothing", async () => {
    for (const line of ["nftables[port=ssh]", "iptables-multiport[port=ssh]", "route"]) {
      const list = listOf(line);
      await list.start();
      await list.ban(V4);
      const before = space.show(`${RULES}; ip route; ip route show type unreachable`);
      for (const id of [
        "192.0.2.9 }; flush ruleset; add table x {",
        "192.0.2.9 -j ACCEPT",
        "default",
        "-6",
      ]) {
        expect((await list.ban(banOf(id))).applied).toEqual([]);
      }
      expect(space.show(`${RULES}; ip route; ip route show type unreachable`)).toBe(before);
      await list.stop([V4]);
    }
  });

  it("route leads nowhere, and leaves the routes of others alone", async () => {
    space.show("ip link set lo up; ip route add 198.51.100.9 dev lo");
    const list = listOf("route[blocktype=blackhole]");
    const show = "ip -4 route show type blackhole; ip -6 route show type blackhole";
    for (const ban of [V4, V4, NETWORK, V6, V6]) {
      expect((await list.ban(ban)).failures).toEqual([]);
    }
    expect(space.show(show)).toMatch(/192\.0\.2\.7[^]*203\.0\.113\.0\/24[^]*2001:db8::7/);
    expect((await list.ban(V4B)).applied).toEqual([]);
    for (const ban of [V4, V4, NETWORK, V6]) {
      expect((await list.unban(ban)).applied).toHaveLength(1);
    }
    expect(space.show(show)).toBe("");
    expect(space.show("ip route show 198.51.100.9")).toContain("dev lo");
  });

  it("shorewall-ipset-proto6 has its sets ready with the jail, and leaves them empty", async () => {
    const list = listOf("shorewall-ipset-proto6");
    await list.start();
    expect(space.show("ipset list -name")).toBe("f2b-demo\nf2b-demo6\n");
    await list.ban(V4);
    await list.ban(V6);
    expect(space.show("ipset save")).toMatch(/add f2b-demo 192\.0\.2\.7[^]*add f2b-demo6 2001:db8::7/);
    await list.stop([V4, V6]);
    expect(space.show("ipset save")).not.toContain("add ");
    space.show("ipset destroy");
  });

  it("iptables-xt_recent-echo bans without a program", async () => {
    const before = settle(space.show(RULES));
    const list = listOf(`iptables-xt_recent-echo[recent=${space.proc}/xt_recent]`);
    if (space.show("iptables -A INPUT -m recent --rcheck --name try -j DROP && echo yes") === "") {
      console.warn("SKIPPED: this kernel has no xt_recent");
      return;
    }
    space.show("iptables -D INPUT 1");
    for (const ban of [V4, V6]) {
      expect((await list.ban(ban)).failures).toEqual([]);
    }
    const show = `cat ${space.proc}/xt_recent/f2b-demo ${space.proc}/xt_recent/f2b-demo6`;
    expect(space.show(show)).toMatch(/src=192\.0\.2\.7 [^]*src=2001:0?db8:/);
    expect((await list.unban(V4)).applied).toHaveLength(1);
    expect(space.show(show)).not.toContain("192.0.2.7");
    space.show("iptables -F");
    expect(await list.ban(V4B)).toMatchObject({ failures: [], repaired: ["iptables-xt_recent-echo"] });
    await list.stop([V4B, V6]);
    expect(settle(space.show(RULES))).toBe(before);
  });
});

/** Rules that lead to what is banned. */
function countJumps(text: string): number {
  return text
    .split("\n")
    .filter((line) =>
      /^-A (?:INPUT|FORWARD) .*(?:-j f2b-demo|--match-set f2b-demo)|@addr6?-set-demo/.test(line),
    ).length;
}
