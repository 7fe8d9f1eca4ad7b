/** What every native firewall has to do, against a real kernel: two hosts, the server's firewall is its own. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NativeKind } from "../../src/action";
import {
  canRunFirewalls,
  JAIL_PORT,
  openFirewallHosts,
  OTHER_PORT,
  type FirewallHosts,
} from "./native-firewall.testing";
import { ATTACKER, BYSTANDER, SERVER, waitFor } from "./two-hosts.testing";

const APPLIED = { status: "applied" };
/** The answer comes at once, other than one by ICMP, whose rate is limited. */
const RESET: Readonly<Record<NativeKind, Readonly<Record<string, string>>>> = {
  nftables: { blocktype: "reject with tcp reset" },
  ipset: { blocktype: "REJECT --reject-with tcp-reset" },
  iptables: { blocktype: "REJECT --reject-with tcp-reset" },
};
/** How somebody else throws everything away, and how only the elements. */
const FLUSH: Readonly<Record<NativeKind, readonly string[]>> = {
  nftables: [
    "nft flush ruleset",
    "nft flush set inet warder web-v4",
    "nft flush chain inet warder web-input",
  ],
  ipset: ["nft flush ruleset", "iptables -F", "iptables -F warder-s-web"],
  iptables: ["nft flush ruleset", "iptables -F", "iptables -F warder-r-web"],
};
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

for (const kind of ["nftables", "ipset", "iptables"] as const) {
  const title = `native firewall ${kind}`;
  const programs = { nftables: [], ipset: ["ipset", "iptables"], iptables: ["iptables"] }[kind];
  describe.skipIf(!canRunFirewalls(title, programs))(title, () => {
    let world: FirewallHosts;

    beforeEach(async () => {
      world = await openFirewallHosts();
    });
    afterEach(() => world.hosts.close());

    for (const family of ["inet4", "inet6"] as const) {
      const network = { inet4: "198.51.100.64/29", inet6: "2001:db8:100::60/124" }[family];
      for (const id of [ATTACKER[family], network]) {
        it(`closes the ports of the jail, and only these, to ${id}`, async () => {
          const action = world.make(kind, RESET[kind]);
          expect(await action.start()).toEqual(APPLIED);
          expect(await world.isOpen(ATTACKER[family])).toBe(true);
          expect(await action.ban(world.target(id))).toEqual(APPLIED);
          expect(await world.isOpen(ATTACKER[family])).toBe(false);
          expect(await world.isOpen(ATTACKER[family], OTHER_PORT)).toBe(true);
          expect(await world.isOpen(BYSTANDER[family])).toBe(true);
          expect(await action.check("report")).toEqual(APPLIED);
          expect(await action.unban(world.target(id))).toEqual(APPLIED);
          expect(await world.isOpen(ATTACKER[family])).toBe(true);
          expect(await action.check("report")).toEqual(APPLIED);
          expect(await action.stop()).toEqual(APPLIED);
          expect(await world.run("nft", "list", "ruleset")).not.toMatch(/warder|web/);
          if (kind === "ipset") {
            expect(await world.run("ipset", "list", "-n")).toBe("");
          }
        });
      }
    }

    it("closes every port with type=allports, whatever the name of the jail", async () => {
      const name = "a; nft flush ruleset\n$(reboot) ${IFS}“ä”";
      const properties = { type: "allports", protocol: "tcp", ...RESET[kind] };
      const other = world.make(kind, properties, "a-very-long-name-of-a-jail-that-nobody-needs");
      const plain = world.make(kind, { type: "allports", protocol: "all" }, name);
      expect(await plain.start()).toEqual(APPLIED);
      expect(await other.start()).toEqual(APPLIED);
      expect(await plain.ban(world.target(ATTACKER.inet4, -1))).toEqual(APPLIED);
      expect(await other.ban(world.target(BYSTANDER.inet6, -1))).toEqual(APPLIED);
      expect(await world.isOpen(ATTACKER.inet4, OTHER_PORT)).toBe(false);
      expect(await world.isOpen(BYSTANDER.inet4, OTHER_PORT)).toBe(true);
      expect(await world.isOpen(BYSTANDER.inet6)).toBe(false);
      await plain.stop();
      expect(await world.isOpen(ATTACKER.inet4)).toBe(true);
      expect(await world.isOpen(BYSTANDER.inet6)).toBe(false);
    });

    it("refuses ids that are no addresses", async () => {
      const action = world.make(kind);
      await action.start();
      const before = await world.run("nft", "list", "ruleset");
      for (const id of [
        "root",
        "192.0.2.1\nflush ruleset",
        "192.0.2.1 -j ACCEPT",
        "-F",
        "",
        "fe80::1%wire0",
      ]) {
        expect((await action.ban(world.target(id))).status).toBe("failed");
        expect(await action.unban(world.target(id))).toEqual({ status: "skipped" });
      }
      expect(await world.run("nft", "list", "ruleset")).toBe(before);
    });

    it("notices within seconds what somebody else throws away, and mends it; sleeps otherwise", async () => {
      const action = world.make(kind, RESET[kind]);
      await action.start();
      const targets = Array.from({ length: 300 }, (_, i) => world.target(`192.0.2.${i % 250}`, 600 + i));
      await Promise.all([ATTACKER.inet4, ATTACKER.inet6].map((id) => action.ban(world.target(id, -1))));
      await Promise.all(targets.map((one) => action.ban(one)));
      await Promise.all(targets.slice(0, 100).map((one) => action.unban(one)));
      await sleep(1500);
      // Nothing of our own has made it look.
      expect(world.lines).toEqual([]);
      for (const command of FLUSH[kind]) {
        world.lines.length = 0;
        await world.run("sh", "-c", command);
        const begin = performance.now();
        await waitFor("it is mended", () => Promise.resolve(world.lines.length > 0), 5000);
        await waitFor("it is in force", async () => !(await world.isOpen(ATTACKER.inet4)), 3000);
        expect(performance.now() - begin).toBeLessThan(5000);
        expect(await world.isOpen(ATTACKER.inet6)).toBe(false);
        expect(await action.check("report")).toEqual(APPLIED);
        expect(world.lines[0]).toMatch(/making everything anew/);
        await sleep(1200);
      }
      await action.stop();
    });

    it("never opens a gap when it is killed, stopped or reloaded, and comes back", async () => {
      const usual = { ...RESET[kind], ...(kind === "iptables" ? { keep_after_stop: "-1" } : {}) };
      const first = world.make(kind, usual);
      await first.start();
      await first.ban(world.target(ATTACKER.inet4, -1));
      let output = "";
      const argv = [process.execPath, "-e", PROBE, ATTACKER.inet4, SERVER.inet4, String(JAIL_PORT)] as const;
      const probe = world.hosts.start("attacker", argv, { stdio: ["ignore", "pipe", "inherit"] });
      probe.stdout?.on("data", (data: Buffer) => (output += data.toString()));
      await waitFor("the probe runs", () => Promise.resolve(output.length > 100));
      for (let i = 0; i < 8; i++) {
        world.kill();
        const next = world.make(kind, usual);
        expect(await next.start()).toEqual(APPLIED);
        await next.ban(world.target(ATTACKER.inet4, -1));
        const changed = { ...usual, native: kind, port: `${JAIL_PORT},${9000 + i}` };
        const properties = new Map(Object.entries(changed));
        expect(await next.reload({ name: `warder-${kind}`, properties })).toEqual(APPLIED);
        expect(i % 2 === 0 ? await next.pause() : APPLIED).toEqual(APPLIED);
        await sleep(50);
      }
      expect(output.length).toBeGreaterThan(500);
      expect(output.replaceAll("c", "")).toBe("");
      world.kill();
      const last = world.make(kind, { ...usual, keep_after_stop: "0" });
      await last.start();
      expect(await last.pause()).toEqual(APPLIED);
      await waitFor("the probe would have seen it", () => Promise.resolve(output.includes("o")));
    });

    it("holds bans by the hundred, and finds those to blame", async () => {
      const action = world.make(kind);
      await action.start();
      const targets = Array.from({ length: 900 }, (_, i) => world.target(`198.18.${i >> 8}.${i & 255}`));
      const outcomes = await Promise.all(targets.map((one) => action.ban(one)));
      expect(outcomes.filter(({ status }) => status !== "applied")).toEqual([]);
      expect(await action.check("report")).toEqual(APPLIED);
      expect(await action.flush()).toEqual(APPLIED);
      expect(await action.check("report")).toEqual(APPLIED);
      expect(await world.run("nft", "list", "ruleset")).not.toContain("198.18.");
    });

    it("ends connections of the banned that are open, where that is wanted", async () => {
      const talk = `const s = require("node:net").connect({ localAddress: process.argv[1], host: "${SERVER.inet4}", port: ${JAIL_PORT} });
        s.on("data", (d) => process.stdout.write(d)).on("connect", () => setInterval(() => s.write("x"), 20));`;
      const said = new Map([ATTACKER.inet4, BYSTANDER.inet4].map((ip) => [ip, ""]));
      for (const ip of said.keys()) {
        const client = world.hosts.start("attacker", [process.execPath, "-e", talk, ip], {
          stdio: ["ignore", "pipe", "ignore"],
        });
        client.stdout?.on("data", (data: Buffer) => said.set(ip, (said.get(ip) ?? "") + data.toString()));
      }
      await waitFor("both talk", () => Promise.resolve([...said.values()].every((text) => text.length > 3)));
      const open = async (): Promise<string> => world.run("ss", "-tnH", "state", "established");
      expect(await open()).toContain(ATTACKER.inet4);
      const action = world.make(kind, { cut: "ss", port: `${JAIL_PORT},9000:9010` });
      await action.start();
      await action.ban(world.target(ATTACKER.inet4));
      await waitFor("it is cut", async () => !(await open()).includes(ATTACKER.inet4), 3000);
      expect(await open()).toContain(BYSTANDER.inet4);
      expect(world.lines).toEqual([]);
      const count = said.get(BYSTANDER.inet4)?.length ?? 0;
      await waitFor("the other goes on", () =>
        Promise.resolve((said.get(BYSTANDER.inet4)?.length ?? 0) > count),
      );
      expect((await world.make(kind, { cut: "everything" }).start()).status).toBe("failed");
    });

    it("says what is wrong with its settings, and starts nothing then", async () => {
      const bad = [
        { protocol: "tcp; flush" },
        { port: "22;accept" },
        { blocktype: "DROP\n-F" },
        { blocktype: "x; y" },
        { type: "multiport", protocol: "icmp" },
      ];
      for (const properties of bad) {
        const outcome = await world.make(kind, properties).start();
        expect(outcome).toMatchObject({ status: "failed" });
        expect(JSON.stringify(outcome)).toContain(Object.keys(properties).at(-1));
      }
      expect(await world.run("nft", "list", "ruleset")).toBe("");
    });
  });
}
