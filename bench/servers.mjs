/**
 * Runs a real fail2ban and warder side by side, each with the stock configuration tree, in a network namespace and a
 * temporary folder of its own, so that nothing of the machine is touched.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
// Node 20 reads the whole file named by this at every start, which is not what is measured.
delete process.env.NODE_EXTRA_CA_CERTS;

const NATIVE = "config/action.d/warder-nftables.conf";

export const CONTENDERS = [
  { name: "fail2ban", server: "/usr/bin/fail2ban-server", client: "/usr/bin/fail2ban-client" },
  { name: "warder", server: join(root, "bin/fail2ban-server"), client: join(root, "bin/fail2ban-client") },
];

/** A folder with the stock tree and an sshd jail reading `log`; `settings` are further lines of that jail. */
export function prepare(contender, settings) {
  return prepareJails(contender, { sshd: settings });
}

/** The same with several jails on the one log, each with its settings; a jail not named after a filter has to name one. */
export function prepareJails(contender, jails) {
  // Not in /tmp: warder watches the folders on the way to its logs, and in that one others are busy.
  const folder = mkdtempSync(join("/var/tmp", "warder-bench-"));
  cpSync("/etc/fail2ban", join(folder, "conf"), { recursive: true });
  cpSync(join(root, NATIVE), join(folder, "conf", NATIVE.replace("config/", "")));
  // In a folder of its own: whoever watches it should not hear of the database.
  mkdirSync(join(folder, "log"));
  const log = join(folder, "log/auth.log");
  writeFileSync(log, "");
  const sections = Object.entries(jails).map(
    ([name, settings]) =>
      `[${name}]\nenabled = true\nbackend = auto\nlogpath = ${log}\n${settings.join("\n")}\n`,
  );
  if (!("sshd" in jails)) {
    // Debian's configuration has an sshd jail of its own.
    sections.push("[sshd]\nenabled = false\n");
  }
  writeFileSync(join(folder, "conf/jail.local"), `[DEFAULT]\nignoreself = false\n${sections.join("")}`);
  writeFileSync(
    join(folder, "conf/fail2ban.local"),
    `[Definition]\ndbfile = ${join(folder, "db.sqlite3")}\nlogtarget = ${join(folder, "daemon.log")}\n`,
  );
  return {
    ...contender,
    folder,
    log,
    socket: join(folder, "sock"),
    pid: undefined,
    jail: Object.keys(jails).at(-1),
    told: { found: 0, banned: 0, at: 0 },
  };
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
  for (let tries = 0; tries < 3000; tries++) {
    // A client that nobody can answer yet would only take the time of the server that starts.
    if (existsSync(run.socket) && ask(run, "status", run.jail).status === 0) {
      return;
    }
    if (run.child.exitCode !== null) {
      break;
    }
    await sleep(20);
  }
  throw new Error(`${run.name} did not start; see ${run.folder}`);
}

export function ask(run, ...words) {
  return spawnSync(run.client, ["-s", run.socket, ...words], { encoding: "utf8" });
}

/** A number from `status` of the (last) jail. */
export function statusNumber(run, label) {
  const { stdout } = ask(run, "status", run.jail);
  return Number(new RegExp(`${label}:\\s*(\\d+)`).exec(stdout)?.[1] ?? Number.NaN);
}

/**
 * How many failures and bans the daemon's log tells of so far. Reading along costs the daemon nothing, unlike asking.
 */
export function readLog(run) {
  const { told } = run;
  const descriptor = openSync(join(run.folder, "daemon.log"), "r");
  try {
    for (;;) {
      const count = readSync(descriptor, BUFFER, 0, BUFFER.length, told.at);
      const end = BUFFER.subarray(0, count).lastIndexOf(10) + 1;
      if (end === 0) {
        return told;
      }
      told.at += end;
      for (const [key, mark] of MARKS) {
        for (let at = BUFFER.indexOf(mark); at >= 0 && at < end; at = BUFFER.indexOf(mark, at + 1)) {
          told[key]++;
        }
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

const BUFFER = Buffer.alloc(1 << 20);
const MARKS = [
  ["found", "] Found "],
  ["banned", "] Ban "],
];

/**
 * Appends to the log and waits until the daemon has found `failures` more and banned `bans` more; gives seconds of wall
 * and CPU time for that. Other numbers than these are an error.
 */
export async function feed(run, { text, failures, bans = 0 }, seconds = 600) {
  const { found, banned } = readLog(run);
  const wanted = { found: found + failures, banned: banned + bans };
  const cpu = cpuSeconds(run);
  const begin = performance.now();
  appendFileSync(run.log, text);
  let last = begin;
  for (let now = begin; ; now = performance.now()) {
    const told = readLog(run);
    if (told.found >= wanted.found && told.banned >= wanted.banned) {
      last = now;
      break;
    }
    if (now - begin > seconds * 1000) {
      throw new Error(
        `${run.name}: ${JSON.stringify(told)} instead of ${JSON.stringify(wanted)}; see ${run.folder}`,
      );
    }
    await sleep(10);
  }
  // What is still being written down belongs to it, and so would a failure too many.
  for (let before = -1; cpuSeconds(run) - before > 0.02; ) {
    before = cpuSeconds(run);
    await sleep(400);
  }
  const told = readLog(run);
  if (told.found !== wanted.found || told.banned !== wanted.banned) {
    throw new Error(
      `${run.name}: ${JSON.stringify(told)} instead of ${JSON.stringify(wanted)}; see ${run.folder}`,
    );
  }
  return { wall: (last - begin) / 1000, cpu: cpuSeconds(run) - cpu };
}

/** User and system seconds the server has used so far, with those of its children that have ended. */
export function cpuSeconds(run) {
  const fields = readFileSync(`/proc/${run.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0) / 100;
}

/** How often threads of the server were woken so far. */
export function wakeUps(run) {
  return readdirSync(`/proc/${run.pid}/task`).reduce((sum, thread) => {
    const status = readFileSync(`/proc/${run.pid}/task/${thread}/status`, "utf8");
    return sum + Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)[1]);
  }, 0);
}

/** Resident memory in MiB. */
export function memory(run) {
  return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${run.pid}/status`, "utf8"))[1]) / 1024;
}

export async function stop(run) {
  ask(run, "stop");
  if (run.child.exitCode === null) {
    await Promise.race([new Promise((done) => run.child.once("exit", done)), sleep(30_000)]);
  }
  // One that does not end by itself must not disturb what is measured next.
  run.child.kill("SIGKILL");
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

/**
 * Lines of an auth.log, one third of them failures of many addresses, the same for the same seed. With `banEvery` one
 * address more fails five times in each so many lines (a multiple of 6), and whoever counts to five has to ban it; all
 * others fail once.
 */
export function makeLog(count, seed, banEvery = Number.POSITIVE_INFINITY) {
  const random = makeRandom(seed);
  const time = stamp();
  const lines = [];
  let failures = 0;
  let bans = 0;
  for (let i = 0; i < count; i++) {
    const pid = 1000 + Math.floor(random() * 60_000);
    const place = i % banEvery;
    const round = (i - place) / banEvery;
    bans += place === 12 ? 1 : 0;
    const ip = Number.isFinite(banEvery)
      ? address(place <= 12 ? "198.18" : "10.0", place <= 12 ? round : i)
      : `198.51.${Math.floor(random() * 200)}.${1 + Math.floor(random() * 250)}`;
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
  return { text: lines.join(""), failures, bans: Number.isFinite(banEvery) ? bans : 0 };
}

/** The nth address of a network of 2^16 or, behind its 0, of 2^24. */
export function address(network, n) {
  const [first, second] = network.split(".").map(Number);
  return `${first}.${second + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
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
