/**
 * Runs a real fail2ban and warder side by side, each with the stock configuration tree, in a network namespace and a
 * temporary folder of its own, so that nothing of the machine is touched.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
// Node 20 reads the whole file named by this at every start, which is not what is measured.
delete process.env.NODE_EXTRA_CA_CERTS;

export const CONTENDERS = [
  { name: "fail2ban", server: "/usr/bin/fail2ban-server", client: "/usr/bin/fail2ban-client" },
  { name: "warder", server: join(root, "bin/fail2ban-server"), client: join(root, "bin/fail2ban-client") },
];

/** A folder with the stock tree, its sshd jail reading `log`; `settings` are further lines of that jail. */
export function prepare(contender, settings) {
  const folder = mkdtempSync(join(tmpdir(), "warder-bench-"));
  cpSync("/etc/fail2ban", join(folder, "conf"), { recursive: true });
  const log = join(folder, "auth.log");
  writeFileSync(log, "");
  writeFileSync(
    join(folder, "conf/jail.local"),
    `[DEFAULT]\nignoreself = false\n[sshd]\nenabled = true\nbackend = auto\nlogpath = ${log}\n${settings.join("\n")}\n`,
  );
  writeFileSync(
    join(folder, "conf/fail2ban.local"),
    `[Definition]\ndbfile = ${join(folder, "db.sqlite3")}\nlogtarget = ${join(folder, "daemon.log")}\n`,
  );
  return { ...contender, folder, log, socket: join(folder, "sock"), pid: undefined };
}

/** Starts the server and waits until it answers. */
export async function start(run) {
  const args = [
    "-n",
    run.server,
    "-f",
    "-c",
    join(run.folder, "conf"),
    "-s",
    run.socket,
    "-p",
    join(run.folder, "pid"),
    "start",
  ];
  run.child = spawn("unshare", args, { stdio: "ignore" });
  run.pid = run.child.pid;
  for (let tries = 0; tries < 300; tries++) {
    if (ask(run, "status", "sshd").status === 0) {
      return;
    }
    await sleep(50);
  }
  throw new Error(`${run.name} did not start; see ${run.folder}`);
}

export function ask(run, ...words) {
  return spawnSync(run.client, ["-s", run.socket, ...words], { encoding: "utf8" });
}

/** A number from `status sshd`. */
export function statusNumber(run, label) {
  return Number(new RegExp(`${label}:\\s*(\\d+)`).exec(ask(run, "status", "sshd").stdout)?.[1] ?? Number.NaN);
}

/** User and system seconds the server has used so far. */
export function cpuSeconds(run) {
  const fields = readFileSync(`/proc/${run.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory in MiB. */
export function memory(run) {
  return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${run.pid}/status`, "utf8"))[1]) / 1024;
}

export async function stop(run) {
  ask(run, "stop");
  if (run.child.exitCode === null) {
    await Promise.race([new Promise((done) => run.child.once("exit", done)), sleep(10_000)]);
  }
  rmSync(run.folder, { recursive: true, force: true });
}

export async function until(check, seconds) {
  const end = Date.now() + seconds * 1000;
  while (!check()) {
    if (Date.now() > end) {
      throw new Error(`not done within ${seconds} s: ${check}`);
    }
    await sleep(20);
  }
}

/** A syslog time stamp of that moment. */
export function stamp(date = new Date()) {
  const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
    date.getMonth()
  ];
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, "0"),
  );
  return `${month} ${String(date.getDate()).padStart(2)} ${clock.join(":")}`;
}

/** Lines of an auth.log, one third of them failures of many addresses, the same for the same seed. */
export function makeLog(count, seed) {
  const random = makeRandom(seed);
  const time = stamp();
  const lines = [];
  let failures = 0;
  for (let i = 0; i < count; i++) {
    const pid = 1000 + Math.floor(random() * 60_000);
    const ip = `198.51.${Math.floor(random() * 200)}.${1 + Math.floor(random() * 250)}`;
    const port = 1024 + Math.floor(random() * 60_000);
    const kind = i % 6;
    const text = [
      `sshd[${pid}]: Failed password for invalid user u${pid} from ${ip} port ${port} ssh2`,
      `CRON[${pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)`,
      `sshd[${pid}]: Connection closed by ${ip} port ${port}`,
      `sshd[${pid}]: Invalid user u${pid} from ${ip} port ${port}`,
      `systemd-logind[512]: New session ${pid} of user alice.`,
      `sshd[${pid}]: pam_unix(sshd:session): session closed for user alice`,
    ][kind];
    failures += kind === 0 || kind === 3 ? 1 : 0;
    lines.push(`${time} host ${text}\n`);
  }
  return { text: lines.join(""), failures };
}

function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
