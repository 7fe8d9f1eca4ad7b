/** The place of our rules among those of others: a list of people who are trusted stays on top. Real packets. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canRunFirewalls, openFirewallHosts, type FirewallHosts } from "./native-firewall.testing";
import { ATTACKER, BYSTANDER, waitFor } from "./two-hosts.testing";

const APPLIED = { status: "applied" };

for (const kind of ["ipset", "iptables"] as const) {
  const title = `place of native ${kind}`;
  describe.skipIf(!canRunFirewalls(title, ["iptables", "ipset"]))(title, () => {
    let world: FirewallHosts;

    beforeEach(async () => {
      world = await openFirewallHosts();
    });
    afterEach(() => world.hosts.close());

    const trust = async (): Promise<void> => {
      await world.run("iptables", "-N", "trusted");
      await world.run("iptables", "-A", "trusted", "-s", ATTACKER.inet4, "-j", "ACCEPT");
    };
    const jumps = async (): Promise<readonly string[]> => {
      const rules = await world.run("iptables", "-S", "INPUT");
      return rules.split("\n").flatMap((line) => / -j (\S+)/.exec(line)?.[1] ?? []);
    };
    /** The attacker is trusted, and everybody is banned. */
    const expectTrust = async (): Promise<void> => {
      expect(await world.isOpen(ATTACKER.inet4)).toBe(true);
      expect(await world.isOpen(BYSTANDER.inet4)).toBe(false);
    };

    it("stays behind the list it is told to stand behind, whichever is made first or again", async () => {
      const settings = { chain_position: "after trusted", keep_after_stop: "-1" };
      const action = world.make(kind, settings);
      await trust();
      await world.run("iptables", "-A", "INPUT", "-j", "trusted");
      await world.run("iptables", "-A", "INPUT", "-p", "icmp", "-j", "ACCEPT");
      expect(await action.start()).toEqual(APPLIED);
      await action.ban(world.target("198.51.100.0/24"));
      await expectTrust();
      expect((await jumps())[0]).toBe("trusted");

      // Somebody makes the list anew, at the end: our rules follow it.
      await world.run("iptables", "-D", "INPUT", "-j", "trusted");
      await world.run("iptables", "-A", "INPUT", "-j", "trusted");
      await waitFor(
        "it moves behind",
        async () => (await jumps()).at(-1)?.startsWith("warder-") === true,
        5000,
      );
      await expectTrust();

      // Another jail comes, and ours comes back.
      const other = world.make(kind, settings, "other");
      expect(await other.start()).toEqual(APPLIED);
      await action.pause();
      const next = world.make(kind, settings);
      expect(await next.start()).toEqual(APPLIED);
      await expectTrust();
      const order = await jumps();
      expect(order.filter((name) => name.startsWith("warder-"))).toHaveLength(2);
      expect(order.findIndex((name) => name.startsWith("warder-"))).toBeGreaterThan(order.indexOf("trusted"));
      expect(await next.check("report")).toEqual(APPLIED);
      expect(await other.check("report")).toEqual(APPLIED);
      await other.stop();
      await next.stop();
      expect(await jumps()).toEqual(["ACCEPT", "trusted"]);
    });

    it("keeps the place somebody has given it by hand", async () => {
      const action = world.make(kind, { keep_after_stop: "-1" });
      await action.start();
      await action.ban(world.target("198.51.100.0/24"));
      await trust();
      await world.run("iptables", "-I", "INPUT", "-j", "trusted");
      await expectTrust();
      await action.pause();
      const next = world.make(kind, { keep_after_stop: "-1" });
      await next.start();
      await expectTrust();
      const properties = new Map([
        ["native", kind],
        ["port", "8080,9999"],
      ]);
      expect(await next.reload({ name: `warder-${kind}`, properties })).toEqual(APPLIED);
      await expectTrust();
      expect((await jumps())[0]).toBe("trusted");
    });

    it("stands in front of a list, or last, where it is told so, in every chain that is named", async () => {
      await trust();
      await world.run("iptables", "-A", "INPUT", "-p", "icmp", "-j", "ACCEPT");
      await world.run("iptables", "-A", "INPUT", "-j", "trusted");
      const action = world.make(kind, { chain_position: "before trusted", chain: "INPUT, FORWARD" });
      expect(await action.start()).toEqual(APPLIED);
      expect(await jumps()).toMatchObject(["ACCEPT", expect.stringMatching(/^warder-/) as string, "trusted"]);
      expect(await world.run("iptables", "-S", "FORWARD")).toContain("-j warder-");
      await action.stop();
      const last = world.make(kind, { chain_position: "last" });
      await last.start();
      await world.run("iptables", "-A", "INPUT", "-p", "udp", "-j", "DROP");
      await waitFor(
        "it is last again",
        async () => (await jumps()).at(-1)?.startsWith("warder-") === true,
        5000,
      );
      const wrong = world.make(kind, { chain_position: "after x; reboot" });
      expect((await wrong.start()).status).toBe("failed");
      const missing = world.make(kind, { chain: "DOCKER-USER" }, "elsewhere");
      expect((await missing.start()).status).toBe("failed");
    });
  });
}
