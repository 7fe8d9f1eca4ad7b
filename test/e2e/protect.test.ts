/** The first five minutes: `warder protect` on a machine of its own (private mounts and network), typed as a user would. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { canRun, listMissing } from "./requirements.testing";
import { canMakeNamespaces, waitFor } from "./two-hosts.testing";

const root = resolve(import.meta.dirname, "../..");
const warder = join(root, "bin/warder");
const title = "warder protect";
const missing = listMissing(["unshare", "nsenter", "nft", "ip", warder]);
const runs = canRun(
  title,
  missing.length > 0 || canMakeNamespaces() ? missing : ["the right to make network namespaces"],
);

interface Protected {
  readonly child: ChildProcess;
  output(): string;
  /** Runs a shell command inside the machine. */
  inside(command: string): string;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
  }
});

/** Starts it with empty /var/log, /run and /var/lib, and what `prepare` puts there. */
function startProtect(prepare: string, args: readonly string[] = []): Protected {
  const mounts = "for d in /var/log /run /var/lib; do mount -t tmpfs none $d; done; ip link set lo up";
  const script = `set -e; ${mounts}; ${prepare}; exec "$@"`;
  const child = spawn(
    "unshare",
    ["-nm", "sh", "-c", script, "sh", process.execPath, warder, "protect", ...args],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  children.push(child);
  let text = "";
  child.stdout.on("data", (data: Buffer) => (text += data.toString()));
  child.stderr.on("data", (data: Buffer) => (text += data.toString()));
  return {
    child,
    output: () => text,
    inside: (command) =>
      spawnSync("nsenter", ["-t", String(child.pid), "-n", "-m", "sh", "-c", command], { encoding: "utf8" })
        .stdout,
  };
}

const FAIL = `for i in 1 2 3 4 5; do echo "$(LC_ALL=C date '+%b %e %H:%M:%S') host sshd[7$i]: Failed password for root from 203.0.113.66 port 4$i ssh2" >> /var/log/auth.log; done`;

describe.skipIf(!runs)(title, () => {
  it("bans at the firewall with the tree that comes with it, and ends cleanly", async () => {
    const machine = startProtect("mount -t tmpfs none /etc/fail2ban; touch /var/log/auth.log");
    await waitFor("it watches", () => Promise.resolve(machine.output().includes("Press Ctrl-C")));
    expect(machine.output()).toContain("offenders are blocked at the firewall");
    expect(machine.output()).toMatch(
      /Jail sshd: watches \/var\/log\/auth\.log; 5 failures within 10 minutes/,
    );
    machine.inside(FAIL);
    await waitFor("the kernel has it", () =>
      Promise.resolve(machine.inside("nft list ruleset").includes("203.0.113.66")),
    );
    // The firewall may be sooner than what is told of it.
    const says = (text: RegExp): Promise<boolean> => Promise.resolve(text.test(machine.output()));
    await waitFor("it says so", () => says(/BANNED 203\.0\.113\.66 for 10 minutes, until /));
    machine.child.kill("SIGINT");
    await waitFor("it has ended", () => Promise.resolve(machine.child.exitCode !== null));
    expect(machine.child.exitCode).toBe(0);
    expect(machine.output()).toContain("5 failures from 1 address, 1 ban, 0 unbans.");
  });

  it("takes the fail2ban tree that is there, as it is", async () => {
    const tree = "mkdir /run/tree && cp -r /etc/fail2ban/. /run/tree && mount --bind /run/tree /etc/fail2ban";
    const own =
      "printf '[sshd]\\nenabled = true\\nbackend = auto\\nmaxretry = 3\\nbanaction = nftables-multiport\\n' > /run/tree/jail.local";
    const machine = startProtect(`${tree}; ${own}; touch /var/log/auth.log`);
    await waitFor("it watches", () => Promise.resolve(machine.output().includes("Press Ctrl-C")));
    expect(machine.output()).toContain("Configuration: /etc/fail2ban");
    machine.inside(FAIL);
    await waitFor("the kernel has it", () =>
      Promise.resolve(machine.inside("nft list ruleset").includes("203.0.113.66")),
    );
    await waitFor("it says so", () => Promise.resolve(machine.output().includes("failure 3 of 3")));
  });

  it("only observes without nft, says so, and touches no firewall", async () => {
    const noNft = "mkdir /run/no; ln -s /bin/false /run/no/nft; PATH=/run/no:$PATH; export PATH";
    const machine = startProtect(`mount -t tmpfs none /etc/fail2ban; touch /var/log/auth.log; ${noNft}`);
    await waitFor("it watches", () => Promise.resolve(machine.output().includes("Press Ctrl-C")));
    expect(machine.output()).toMatch(/OBSERVING ONLY, nothing is blocked: nft is not here/);
    machine.inside(FAIL);
    await waitFor("it tells", () => Promise.resolve(machine.output().includes("BANNED 203.0.113.66")));
    expect(machine.inside("nft list ruleset")).toBe("");
  });

  it("replays the sample attack where there is nothing to watch: bans, unbans, never the victim", async () => {
    const machine = startProtect("mount -t tmpfs none /etc/fail2ban");
    await waitFor("it has ended", () => Promise.resolve(machine.child.exitCode !== null), 60_000);
    const output = machine.output();
    expect(machine.child.exitCode).toBe(0);
    expect(output).toContain("no log of sshd to watch");
    expect(output).toMatch(/BANNED 203\.0\.113\.66 for /);
    expect(output).toMatch(/BANNED 2001:db8:bad::66 for /);
    expect(output.match(/UNBANNED/g)).toHaveLength(2);
    expect(output).not.toMatch(/(?:BANNED|from) 192\.0\.2\.77\b(?! port)/);
    expect(output).not.toContain("BANNED 198.51.100.20");
  });
});
