/** A whole daemon with the native firewalls of our tree; with FAIL2BAN_UNDER_TEST=original the same files in fail2ban. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canRunFirewalls, JAIL_PORT } from "./native-firewall.testing";
import { listMissingParts, prepareDaemon, underTest, type Daemon } from "./daemon.testing";
import { ATTACKER, BYSTANDER, openTwoHosts, SERVER, waitFor, type TwoHosts } from "./two-hosts.testing";

const LISTEN = `require("node:net").createServer((s) => s.end()).listen(${JAIL_PORT}, "::");`;
/** Prints "o" for every connection that comes about, "c" for every one that does not. */
const PROBE = `
const [localAddress, host, port] = process.argv.slice(1);
const probe = () => {
  const socket = require("node:net").connect({ localAddress, host, port: Number(port) });
  const timer = setTimeout(() => end("c"), 100);
  const end = (sign) => { clearTimeout(timer); process.stdout.write(sign); socket.destroy(); setTimeout(probe, 2); };
  socket.on("connect", () => end("o"));
  socket.on("error", () => end("c"));
};
probe();
`;
const isOurs = underTest.name === "warder";

for (const banaction of ["warder-nftables", "warder-ipset", "warder-iptables"]) {
  const title = `${banaction} in ${underTest.name}`;
  const runs = canRunFirewalls(title, ["iptables", "ipset"]) && listMissingParts().length === 0;
  describe.skipIf(!runs)(title, () => {
    let hosts: TwoHosts;
    let daemon: Daemon;
    let folder: string;

    const fail = (ip: string): void => {
      const now = new Date();
      const time = `${now.toDateString().slice(4, 10)} ${now.toTimeString().slice(0, 8)}`;
      // A session of its own for each.
      const line = `${time} host sshd[${4000 + ip.length}]: Failed password for root from ${ip} port 4711 ssh2\n`;
      appendFileSync(join(folder, "auth.log"), line.repeat(3));
    };
    const isOpen = (from: string): Promise<boolean> => hosts.canConnect(from, JAIL_PORT);
    const untilClosed = (from: string): Promise<void> =>
      waitFor(`${from} is banned`, async () => !(await isOpen(from)), 20_000);

    beforeEach(async () => {
      hosts = await openTwoHosts();
      hosts.start("server", [process.execPath, "-e", LISTEN], { stdio: "ignore" });
      folder = mkdtempSync(join(tmpdir(), "warder-native-"));
      const logPath = join(folder, "auth.log");
      writeFileSync(logPath, "");
      daemon = prepareDaemon(hosts, {
        config: "tree",
        banaction,
        folder,
        logPath,
        port: JAIL_PORT,
        maxretry: 3,
      });
      await daemon.start();
    });
    afterEach(async () => {
      await daemon.stop();
      await hosts.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it("bans, unbans, and takes all away with the jail", async () => {
      fail(ATTACKER.inet4);
      await untilClosed(ATTACKER.inet4);
      expect(await isOpen(BYSTANDER.inet4)).toBe(true);
      fail(ATTACKER.inet6);
      await untilClosed(ATTACKER.inet6);
      expect(await daemon.send("status", "sshd")).toContain(`${ATTACKER.inet4} ${ATTACKER.inet6}`);
      await daemon.send("set", "sshd", "unbanip", ATTACKER.inet4);
      expect(await isOpen(ATTACKER.inet4)).toBe(true);
      await daemon.send("stop", "sshd");
      expect(await isOpen(ATTACKER.inet6)).toBe(true);
      expect(await hosts.run("server", ["nft", "list", "ruleset"])).not.toContain("sshd");
    });

    // The shell actions that the original runs from the same file promise neither.
    const whenOurs = isOurs ? it : it.skip;
    whenOurs(
      "mends what somebody flushes without waiting for a ban, and tells what is in force",
      async () => {
        fail(ATTACKER.inet4);
        await untilClosed(ATTACKER.inet4);
        await hosts.run("server", ["nft", "flush", "ruleset"]);
        const begin = performance.now();
        await untilClosed(ATTACKER.inet4);
        expect(performance.now() - begin).toBeLessThan(5000);
        const told = await daemon.send("get", "sshd", "enforcement");
        expect(told.replaceAll(/\s+/g, " ")).toMatch(/applied.*1.*pending.*0.*failed.*0/);
      },
    );

    whenOurs("mends what somebody flushes while it stands still", async () => {
      fail(ATTACKER.inet4);
      await untilClosed(ATTACKER.inet4);
      daemon.signal("SIGSTOP");
      try {
        await hosts.run("server", ["nft", "flush", "ruleset"]);
        expect(await isOpen(ATTACKER.inet4)).toBe(true);
        fail(ATTACKER.inet6);
      } finally {
        daemon.signal("SIGCONT");
      }
      const begin = performance.now();
      await untilClosed(ATTACKER.inet4);
      await untilClosed(ATTACKER.inet6);
      expect(performance.now() - begin).toBeLessThan(5000);
    });

    // iptables has no elements that the kernel lets go of by itself: its rules end with the daemon.
    const keepsBans = banaction !== "warder-iptables";
    whenOurs(
      keepsBans
        ? "leaves no gap when it is stopped and started"
        : "opens when it is stopped, and closes again",
      async () => {
        fail(ATTACKER.inet4);
        await untilClosed(ATTACKER.inet4);
        await daemon.waitForRecord(ATTACKER.inet4);
        let output = "";
        const probe = hosts.start(
          "attacker",
          [process.execPath, "-e", PROBE, ATTACKER.inet4, SERVER.inet4, String(JAIL_PORT)],
          {
            stdio: ["ignore", "pipe", "ignore"],
          },
        );
        probe.stdout?.on("data", (data: Buffer) => (output += data.toString()));
        await waitFor("the probe runs", () => Promise.resolve(output.length > 5));
        await daemon.stop();
        await sleep(500);
        await daemon.start();
        await daemon.send("reload", "--restart");
        await sleep(1000);
        expect(output).toMatch(keepsBans ? /^c{10,}$/ : /^c+(?:o+c+)+$/);
        await daemon.send("unban", "--all");
        await waitFor("the probe would have seen it", () => Promise.resolve(output.endsWith("o")));
      },
    );
  });
}
