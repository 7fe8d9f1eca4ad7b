/** Bans that last as long as the banned go on knocking: a whole daemon, real packets. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canRunFirewalls, JAIL_PORT, openFirewallHosts } from "./native-firewall.testing";
import { listMissingParts, prepareDaemon, underTest, type Daemon } from "./daemon.testing";
import { ATTACKER, BYSTANDER, openTwoHosts, waitFor, type TwoHosts } from "./two-hosts.testing";

const LISTEN = `require("node:net").createServer((s) => s.end()).listen(${JAIL_PORT}, "::");`;
/** Seconds of a ban. */
const BANTIME = 12;
const title = "bans of those who go on knocking";
const runs = canRunFirewalls(title, []) && listMissingParts().length === 0 && underTest.name === "warder";

describe.skipIf(!runs)(title, () => {
  let hosts: TwoHosts;
  let daemon: Daemon;
  let folder: string;

  const start = async (...options: readonly string[]): Promise<void> => {
    folder = mkdtempSync(join(tmpdir(), "warder-knocking-"));
    const logPath = join(folder, "auth.log");
    writeFileSync(logPath, "");
    daemon = prepareDaemon(hosts, {
      config: "tree",
      banaction: "warder-nftables",
      folder,
      logPath,
      port: JAIL_PORT,
      maxretry: 3,
    });
    const local = ["[Init]", ...options, ""].join("\n");
    writeFileSync(join(folder, "etc/action.d/warder-nftables.local"), local);
    await daemon.start();
  };
  const fail = (ip: string): void => {
    const now = new Date();
    const time = `${now.toDateString().slice(4, 10)} ${now.toTimeString().slice(0, 8)}`;
    const line = `${time} host sshd[${4000 + ip.length}]: Failed password for root from ${ip} port 4711 ssh2\n`;
    appendFileSync(join(folder, "auth.log"), line.repeat(3));
  };
  const isBanned = async (ip: string): Promise<boolean> =>
    (await daemon.send("get", "sshd", "banip")).includes(ip);
  /** Seconds until an address is free. */
  const freed = async (ip: string, knocking: () => Promise<unknown>): Promise<number> => {
    const begin = performance.now();
    while (await isBanned(ip)) {
      await knocking();
      if (performance.now() - begin > 40_000) {
        throw new Error(`${ip} is never freed; the log:\n${daemon.readLog()}`);
      }
    }
    return (performance.now() - begin) / 1000;
  };

  beforeEach(async () => {
    hosts = await openTwoHosts();
    hosts.start("server", [process.execPath, "-e", LISTEN], { stdio: "ignore" });
  });
  afterEach(async () => {
    await daemon.stop();
    await hosts.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("go on while packets come, and end when there are none", { timeout: 90_000 }, async () => {
    await start("knocking = prolong");
    await daemon.send("set", "sshd", "bantime", String(BANTIME));
    fail(ATTACKER.inet4);
    fail(BYSTANDER.inet4);
    await waitFor("both are banned", async () => {
      return (await isBanned(ATTACKER.inet4)) && isBanned(BYSTANDER.inet4);
    });
    const knock = (): Promise<boolean> => hosts.canConnect(ATTACKER.inet4, JAIL_PORT);
    // The one who is silent is freed in time, the other one is not.
    await freed(BYSTANDER.inet4, knock);
    await waitFor("the ban is longer", async () => {
      await knock();
      return daemon.readLog().includes(`Prolong Ban ${ATTACKER.inet4}, still knocking`);
    });
    expect(await isBanned(ATTACKER.inet4)).toBe(true);
    expect(await knock()).toBe(false);
    expect(daemon.readLog()).not.toContain(`Prolong Ban ${BYSTANDER.inet4}`);
    // What was prolonged is prolonged in the database as well.
    await daemon.crash();
    await daemon.start();
    expect(await isBanned(ATTACKER.inet4)).toBe(true);
    await freed(ATTACKER.inet4, () => Promise.resolve());
    await waitFor("the kernel has let go", knock);
  });

  it("end early for who has fallen silent, also after a restart", { timeout: 90_000 }, async () => {
    await start("free_silent = 4s");
    await daemon.send("set", "sshd", "bantime", "1h");
    fail(ATTACKER.inet4);
    await waitFor("the ban", () => isBanned(ATTACKER.inet4));
    const begin = performance.now();
    while (performance.now() - begin < 10_000) {
      expect(await hosts.canConnect(ATTACKER.inet4, JAIL_PORT)).toBe(false);
    }
    expect(await isBanned(ATTACKER.inet4)).toBe(true);
    await freed(ATTACKER.inet4, () => Promise.resolve());
    expect(daemon.readLog()).toContain(`${ATTACKER.inet4} has fallen silent`);
    await waitFor("it is open", () => hosts.canConnect(ATTACKER.inet4, JAIL_PORT));
    await daemon.stop();
    await daemon.start();
    expect(await isBanned(ATTACKER.inet4)).toBe(false);
  });
});

for (const kind of ["nftables", "ipset", "iptables"] as const) {
  const name = `packets of the banned handed over by ${kind}`;
  const programs = { nftables: [], ipset: ["ipset", "iptables"], iptables: ["iptables"] }[kind];
  describe.skipIf(!canRunFirewalls(name, programs))(name, () => {
    it("without letting any of them pass", async () => {
      const world = await openFirewallHosts();
      try {
        const action = world.make(kind, { log: 'nflog group 7 prefix "banned: " limit 1/hour burst 2' });
        expect(await action.start()).toEqual({ status: "applied" });
        expect(await action.ban(world.target(ATTACKER.inet4))).toEqual({ status: "applied" });
        expect(await action.ban(world.target(ATTACKER.inet6))).toEqual({ status: "applied" });
        expect(await action.check("report")).toEqual({ status: "applied" });
        for (let i = 0; i < 4; i++) {
          expect(await world.isOpen(ATTACKER.inet4)).toBe(false);
        }
        expect(await world.isOpen(BYSTANDER.inet4)).toBe(true);
        if (kind === "nftables") {
          expect(await world.run("nft", "list", "table", "inet", "warder")).toContain(
            'limit rate 1/hour burst 2 packets log prefix "banned: " group 7',
          );
        } else {
          const listing = await world.run("iptables", "-L", "-v", "-n", "-x");
          expect(/^ +(\d+) .*NFLOG .*nflog-prefix +"banned: ".*nflog-group 7/m.exec(listing)?.[1]).toBe("2");
        }
        expect(await action.unban(world.target(ATTACKER.inet4))).toEqual({ status: "applied" });
        expect(await world.isOpen(ATTACKER.inet4)).toBe(true);
        expect(await action.stop()).toEqual({ status: "applied" });
        expect(await world.run("nft", "list", "ruleset")).not.toMatch(/log|web/i);
      } finally {
        await world.hosts.close();
      }
    });
  });
}
