/** A real sshd is attacked over a real network, and the daemon under test closes the firewall to the attacker and to nobody else. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import {
  type ConfigKind,
  type Daemon,
  hasConfig,
  listMissingParts,
  prepareDaemon,
  underTest,
} from "./daemon.testing";
import { canRun, listMissing } from "./requirements.testing";
import { type SshServer, startSshServer } from "./ssh-server.testing";
import {
  ATTACKER,
  BYSTANDER,
  canMakeNamespaces,
  openTwoHosts,
  type TwoHosts,
  waitFor,
} from "./two-hosts.testing";

const MAXRETRY = 4;
const title = `ban an attacker (${underTest.name})`;
const programs = [
  "ip",
  "nft",
  "iptables",
  "ip6tables",
  "sshd",
  "ssh",
  "ssh-keygen",
  "sshpass",
  "timeout",
  underTest.server,
  underTest.client,
];

function listAllMissing(): readonly string[] {
  const missing = [...listMissing(programs), ...listMissingParts()];
  return missing.length > 0 || canMakeNamespaces() ? missing : ["the right to make network namespaces"];
}

const runs = canRun(title, listAllMissing());

/** What a test has opened, to be closed in reverse order whatever happens. */
const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) {
    await close();
  }
});

interface Scene {
  readonly hosts: TwoHosts;
  readonly ssh: SshServer;
  readonly daemon: Daemon;
}

async function openScene(config: ConfigKind, banaction: string): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "warder-e2e-"));
  opened.push(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
  const hosts = await openTwoHosts();
  opened.push(hosts.close);
  const ssh = await startSshServer(hosts, folder);
  const { logPath, port } = ssh;
  const daemon = prepareDaemon(hosts, { config, banaction, folder, logPath, port, maxretry: MAXRETRY });
  await daemon.start();
  return { hosts, ssh, daemon };
}

/** Each failing login of an unknown user gives two failures: the user, and the password. */
async function attack({ hosts, ssh, daemon }: Scene, from: string): Promise<void> {
  for (let count = 0; count < MAXRETRY / 2; count += 1) {
    await ssh.failLogin(from, "no-such-user");
  }
  await waitFor(`${from} is shut out`, async () => !(await hosts.canConnect(from, ssh.port))).catch(
    (error: unknown) => {
      throw new Error(`Not banned; the log of the daemon:\n${daemon.readLog()}`, { cause: error });
    },
  );
}

describe.skipIf(!runs)(title, () => {
  describe.each(["stock", "tree"] as const)("with the configuration %s", (config) => {
    describe.skipIf(!hasConfig(config)).each(["nftables", "iptables-multiport"])("and %s", (banaction) => {
      it("bans the attacker, unbans on demand, and remembers after a crash", async () => {
        const scene = await openScene(config, banaction);
        const { hosts, ssh, daemon } = scene;
        const isOpen = async (from: string) => hosts.canConnect(from, ssh.port);
        expect(await isOpen(ATTACKER.inet4)).toBe(true);

        await attack(scene, ATTACKER.inet4);
        expect(await isOpen(BYSTANDER.inet4)).toBe(true);
        expect(await daemon.send("status", "sshd")).toMatch(/Banned IP list:\s+198\.51\.100\.66$/m);

        await daemon.send("set", "sshd", "unbanip", ATTACKER.inet4);
        expect(await isOpen(ATTACKER.inet4)).toBe(true);

        await attack(scene, ATTACKER.inet4);
        await sleep(1500);
        await daemon.waitForRecord(ATTACKER.inet4);
        await daemon.crash();
        expect(await isOpen(ATTACKER.inet4)).toBe(false);
        await hosts.run("server", ["nft", "flush", "ruleset"]);
        expect(await isOpen(ATTACKER.inet4)).toBe(true);

        await daemon.start();
        await waitFor("banned again", async () => !(await isOpen(ATTACKER.inet4)));
        expect(await isOpen(BYSTANDER.inet4)).toBe(true);

        await daemon.stop();
        expect(await isOpen(ATTACKER.inet4)).toBe(true);
      });

      // The stock iptables actions add them twice, and then take away only one
      if (config === "tree") {
        it("finds its own rules after a crash, and does not add them twice", async () => {
          const scene = await openScene(config, banaction);
          const { hosts, ssh, daemon } = scene;
          await attack(scene, ATTACKER.inet4);
          await daemon.waitForRecord(ATTACKER.inet4);
          await daemon.crash();
          await daemon.start();
          // From the database, or by reading the log again: the position in the log may be older than the crash
          const bans = () => daemon.readLog().match(/\] (?:Restore )?Ban 198\.51\.100\.66$/gm) ?? [];
          await waitFor("banned again", () => Promise.resolve(bans().length > 1));
          // It is logged before the firewall is told
          await sleep(1500);
          await daemon.send("set", "sshd", "unbanip", ATTACKER.inet4);
          expect(await hosts.canConnect(ATTACKER.inet4, ssh.port)).toBe(true);
        });
      }

      it("bans an attacker with an IPv6 address", async () => {
        const scene = await openScene(config, banaction);
        const { hosts, ssh, daemon } = scene;
        await attack(scene, ATTACKER.inet6);
        expect(await hosts.canConnect(BYSTANDER.inet6, ssh.port)).toBe(true);
        expect(await hosts.canConnect(ATTACKER.inet4, ssh.port)).toBe(true);
        await daemon.send("set", "sshd", "unbanip", ATTACKER.inet6);
        expect(await hosts.canConnect(ATTACKER.inet6, ssh.port)).toBe(true);
      });

      it("is not talked into banning somebody else by a user name", async () => {
        const scene = await openScene(config, banaction);
        const { hosts, ssh, daemon } = scene;
        const victim = BYSTANDER.inet4;
        for (const user of [
          `x from ${victim} port 22 ssh2`,
          `x ${victim} port 22`,
          `x from ${victim}`,
          `rhost=${victim}`,
        ]) {
          await ssh.failLogin(ATTACKER.inet4, user);
        }
        await waitFor(
          "the attacker is banned",
          async () => !(await hosts.canConnect(ATTACKER.inet4, ssh.port)),
        );
        expect(await hosts.canConnect(victim, ssh.port)).toBe(true);
        expect(daemon.readLog()).not.toContain(`Found ${victim}`);
      });
    });
  });
});
