/** What only nftables can do, against a real kernel: two hosts, the server's firewall is its own. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canRunFirewalls, JAIL_PORT, openFirewallHosts, type FirewallHosts } from "./native-firewall.testing";
import { ATTACKER, BYSTANDER, waitFor } from "./two-hosts.testing";

const APPLIED = { status: "applied" };
const title = "native nftables";

/** The monitor that this process has started. */
function ownMonitor(): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return Number(parent) === process.pid && command === "nft\0monitor\0";
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
  if (found === undefined) {
    throw new Error("no nft monitor of ours is at work");
  }
  return Number(found);
}

describe.skipIf(!canRunFirewalls(title, []))(title, () => {
  let world: FirewallHosts;
  const rules = (): Promise<string> => world.run("nft", "list", "ruleset");

  beforeEach(async () => {
    world = await openFirewallHosts();
  });
  afterEach(() => world.hosts.close());

  it("stops packets at every hook it is told", async () => {
    for (const chain_hook of ["input", "input,forward", "prerouting"]) {
      const action = world.make("nftables", { chain_hook, chain_priority: "-110" });
      expect(await action.start()).toEqual(APPLIED);
      await action.ban(world.target(ATTACKER.inet4));
      expect(await world.isOpen(ATTACKER.inet4)).toBe(false);
      await action.stop();
      expect(await world.isOpen(ATTACKER.inet4)).toBe(true);
    }
  });

  it("lets the kernel end bans by itself, and prolongs them", async () => {
    const action = world.make("nftables");
    await action.start();
    await Promise.all([
      action.ban(world.target("192.0.2.1", 1)),
      action.ban(world.target("192.0.2.2", 1)),
      action.ban(world.target("192.0.2.3", -1)),
    ]);
    await action.prolong(world.target("192.0.2.2", 900));
    await waitFor("it expires", async () => !(await rules()).includes("192.0.2.1 "), 10_000);
    expect(await rules()).toMatch(/192\.0\.2\.2 timeout 15m\d*s?/);
    expect(await rules()).toMatch(/192\.0\.2\.3(?! timeout)/);
    expect(await action.unban(world.target("192.0.2.1", 1))).toEqual(APPLIED);
    expect(await action.check("report")).toEqual(APPLIED);
  });

  it("lets those pass whom a chain of somebody else trusts, whichever of the two is made first or again", async () => {
    const trust = `add table inet mine; add chain inet mine trusted { type filter hook input priority -10; };
      add rule inet mine trusted ip saddr ${ATTACKER.inet4} meta mark set meta mark | 0x10`;
    const action = world.make("nftables", { allow_mark: "0x10" });
    await action.start();
    await action.ban(world.target("198.51.100.0/24"));
    expect(await world.isOpen(ATTACKER.inet4)).toBe(false);
    await world.run("nft", trust);
    expect(await world.isOpen(ATTACKER.inet4)).toBe(true);
    expect(await world.isOpen(BYSTANDER.inet4)).toBe(false);
    await action.pause();
    const next = world.make("nftables", { allow_mark: "0x10" });
    await next.start();
    expect(await world.isOpen(ATTACKER.inet4)).toBe(true);
    expect(await world.isOpen(BYSTANDER.inet4)).toBe(false);
    await world.run("nft", `flush ruleset; ${trust}`);
    await waitFor("it is mended", async () => !(await world.isOpen(BYSTANDER.inet4)), 5000);
    expect(await world.isOpen(ATTACKER.inet4)).toBe(true);
    expect((await world.make("nftables", { allow_mark: "0x10 drop" }).start()).status).toBe("failed");
  });

  it("counts the packets of the banned, and keeps counting those who are not", async () => {
    const action = world.make("nftables", { counters: "yes", blocktype: "drop" });
    await action.start();
    await action.ban(world.target(ATTACKER.inet4));
    await action.ban(world.target("192.0.2.1"));
    expect(await world.isOpen(ATTACKER.inet4)).toBe(false);
    const packets = await action.packets();
    expect(packets.get(ATTACKER.inet4)).toBeGreaterThan(0);
    expect(packets.get("192.0.2.1")).toBe(0);
    const plain = world.make("nftables", {}, "other");
    await plain.start();
    await plain.ban(world.target("192.0.2.1"));
    expect([...(await plain.packets())]).toEqual([]);
  });

  it("holds ten thousand bans, and brings them back when somebody flushes all or only a part", async () => {
    const action = world.make("nftables");
    await action.start();
    const bans = Array.from({ length: 10_000 }, (_, i) => world.target(`198.18.${i >> 8}.${i & 255}`).ban);
    const begin = performance.now();
    expect([...(await action.banMany(bans))]).toEqual([]);
    console.log(`10,000 bans in ${Math.round(performance.now() - begin)} ms`);
    expect(await action.check("report")).toEqual(APPLIED);
    // The watch looks away from so many at once.
    await sleep(1500);
    for (const command of [
      "flush ruleset",
      "flush set inet warder web-v4",
      "delete element inet warder web-v4 { 198.18.3.3 }",
    ]) {
      world.lines.length = 0;
      await world.run("nft", command);
      await waitFor("it is mended", () => Promise.resolve(world.lines.length > 0), 5000);
      await waitFor("all are there", async () => (await action.check("report")).status === "applied", 5000);
      await sleep(2200);
    }
    await world.run("nft", "flush", "set", "inet", "warder", "web-v4");
    expect(await action.check("repair")).toEqual(APPLIED);
    expect(await action.flush()).toEqual(APPLIED);
    expect(await rules()).not.toContain("198.18.");
  });

  it("looks for itself while the monitor is gone, says so, and starts it again", async () => {
    const action = world.make("nftables");
    await action.start();
    await action.ban(world.target("192.0.2.1"));
    process.kill(ownMonitor(), "SIGKILL");
    await waitFor("it is said", () => Promise.resolve(world.lines.length > 0), 3000);
    expect(world.lines[0]).toMatch(/^WARNING The firewall is not watched: nft monitor: ended \(SIGKILL\)/);
    await world.run("nft", "flush", "chain", "inet", "warder", "web-input");
    await action.ban(world.target(ATTACKER.inet4));
    expect(await world.isOpen(ATTACKER.inet4)).toBe(false);
    await sleep(1500);
    await world.run("nft", "flush", "ruleset");
    await waitFor("it is mended", async () => !(await world.isOpen(ATTACKER.inet4)), 5000);
    expect(await rules()).toContain(`${JAIL_PORT}`);
  });
});
