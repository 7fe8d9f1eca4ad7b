/** A real sshd on the server, whose messages are written into a log file in the form of syslog. */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findProgram } from "./requirements.testing";
import { BYSTANDER, SERVER, type TwoHosts, waitFor } from "./two-hosts.testing";

/** A running sshd. It ends with the hosts. */
export interface SshServer {
  readonly port: number;
  /** The log, as /var/log/auth.log would be. */
  readonly logPath: string;
  /** Tries to log in from an address of the attacker, with a wrong password. Resolves when ssh has given up. */
  readonly failLogin: (from: string, user: string) => Promise<void>;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const PORT = 2222;

/** Starts sshd on the server and waits until it answers. */
export async function startSshServer(hosts: TwoHosts, folder: string): Promise<SshServer> {
  const config = writeConfig(folder);
  const logPath = join(folder, "auth.log");
  writeFileSync(logPath, "");
  const sshd = hosts.start("server", [findSshd(), "-D", "-e", "-f", config], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (sshd.stderr) {
    createInterface(sshd.stderr).on("line", (line) => appendFileSync(logPath, formatSyslog(line)));
  }
  await waitFor("sshd answers", () => hosts.canConnect(BYSTANDER.inet4, PORT)).catch((error: unknown) => {
    throw new Error(`sshd did not start; it said:\n${readFileSync(logPath, "utf8")}`, { cause: error });
  });
  return {
    port: PORT,
    logPath,
    failLogin: async (from, user) => {
      const to = from.includes(":") ? SERVER.inet6 : SERVER.inet4;
      const options = [
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "PreferredAuthentications=password",
        "NumberOfPasswordPrompts=1",
        "ConnectTimeout=3",
        `BindAddress=${from}`,
      ].flatMap((option) => ["-o", option]);
      const argv = ["-F", "none", ...options, "-p", String(PORT), "-l", user, to, "true"];
      // A ban may come in the middle of a login, and ssh would wait for long
      await hosts.run("attacker", ["timeout", "4", "sshpass", "-p", "wrong", "ssh", ...argv]).then(
        () => Promise.reject(new Error(`The login of ${user} succeeded, it must fail`)),
        () => undefined,
      );
    },
  };
}

/** sshd wants to be called by its full path. */
function findSshd(): string {
  return findProgram("sshd") ?? "/usr/sbin/sshd";
}

function writeConfig(folder: string): string {
  const key = join(folder, "host-key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  // sshd does not start without its empty folder
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const lines = [
    `Port ${PORT}`,
    `HostKey ${key}`,
    "PidFile none",
    "UsePAM no",
    "UseDNS no",
    "PasswordAuthentication yes",
    "LoginGraceTime 5",
    "MaxStartups 100",
  ];
  const path = join(folder, "sshd_config");
  writeFileSync(path, `${lines.join("\n")}\n`);
  // From 9.8 on sshd would do the work of the daemon under test; before, it does not know the word
  const penalties = "PerSourcePenalties no\n";
  writeFileSync(`${path}.new`, `${lines.join("\n")}\n${penalties}`);
  return spawnSync(findSshd(), ["-t", "-f", `${path}.new`]).status === 0 ? `${path}.new` : path;
}

/** sshd -e writes bare messages. The process id is made from the client's port: one for each session, as in a real log. */
function formatSyslog(message: string): string {
  const now = new Date();
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) =>
    String(part).padStart(2, "0"),
  );
  const date = `${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2)} ${time.join(":")}`;
  const pid = / port (\d+)(?!.* port \d)/.exec(message)?.[1] ?? "1";
  return `${date} server sshd[${pid}]: ${message}\n`;
}
