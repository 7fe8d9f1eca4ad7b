/**
 * fail2ban's nftables action and warder's native one in the same run, each in a network
 * namespace of its own. fail2ban gets fewer bans, for it starts a process for each; compared is the time for one.
 */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, CONTENDERS, median, memory, prepare, stamp, start, stop } from "./servers.mjs";

const PLANS = {
  fail2ban: {
    action: "nftables-multiport",
    table: "f2b-table",
    set: "addr-set-sshd",
    bans: Number(process.env.BENCH_FAIL2BAN_BANS ?? 1000),
    single: 15,
  },
  warder: {
    action: "warder-nftables",
    table: "warder",
    set: "sshd-v4",
    bans: Number(process.env.BENCH_WARDER_BANS ?? 100_000),
    single: 60,
  },
};
/** Addresses in one command; many more do not fit into the arguments of a process. */
const CHUNK = 20_000;

/** Rows of the table. */
export async function run({ short = false } = {}) {
  const results = {};
  for (const contender of CONTENDERS) {
    const plan = { ...PLANS[contender.name], ...(short ? { bans: 20, single: 2 } : {}) };
    const times = await measureSingle(contender, plan);
    const { banned, restored, memory: held } = await measureMany(contender, plan);
    results[contender.name] = {
      median: median(times),
      p99: [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1],
      ban: (banned / plan.bans) * 1000,
      restore: (restored / plan.bans) * 1000,
      held,
    };
  }
  const { fail2ban, warder } = results;
  const many = `of ${PLANS.warder.bans.toLocaleString("en")} (fail2ban: ${PLANS.fail2ban.bans.toLocaleString("en")})`;
  return [
    ["median", "last line written → element in the kernel, native nftables, median ms"],
    ["p99", "… 99th percentile, ms"],
    ["ban", `one ${many} banip, until it is in the kernel, µs`],
    ["restore", `one ${many} bans restored at start, µs`],
    ["held", `memory (RSS) with them, MiB`],
  ].map(([key, what]) => ({ what, fail2ban: fail2ban[key], warder: warder[key] }));
}

function prepareFor(contender, { action }, settings) {
  return prepare(contender, [`banaction = ${action}`, ...settings]);
}

async function measureSingle(contender, plan) {
  const server = prepareFor(contender, plan, ["maxretry = 2"]);
  await start(server);
  const monitor = spawn("nsenter", ["-t", String(server.pid), "-n", "nft", "monitor"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let seen = "";
  monitor.stdout.on("data", (data) => {
    seen += data;
  });
  await sleep(300);
  const times = [];
  for (let i = 0; i <= plan.single; i++) {
    const ip = `203.0.113.${i + 1}`;
    const line = `${stamp()} host sshd[${2000 + i}]: Failed password for root from ${ip} port 4711 ssh2\n`;
    appendFileSync(server.log, line);
    await sleep(plan.single > 20 ? 150 : 700);
    const begin = performance.now();
    appendFileSync(server.log, line);
    while (!seen.includes(`{ ${ip} `)) {
      await sleep(0.5);
      if (performance.now() - begin > 15_000) {
        throw new Error(`${server.name}: ${ip} was not banned; see ${server.folder}`);
      }
    }
    times.push(performance.now() - begin);
  }
  monitor.kill();
  await stop(server);
  // The first ban of a jail also makes its table and set.
  return times.slice(1);
}

async function measureMany(contender, plan) {
  const server = prepareFor(contender, plan, ["bantime = 1d"]);
  await start(server);
  let begin = performance.now();
  for (let i = 0; i < plan.bans; i += CHUNK) {
    const count = Math.min(CHUNK, plan.bans - i);
    const ips = Array.from({ length: count }, (_, k) => address(i + k));
    const { status, stderr } = ask(server, "set", "sshd", "banip", ...ips);
    if (status !== 0) {
      throw new Error(`${server.name}: banip failed: ${stderr}`);
    }
  }
  const banned = (await waitForElements(server, plan)) - begin;
  ask(server, "stop");
  await new Promise((done) => (server.child.exitCode === null ? server.child.once("exit", done) : done()));
  begin = performance.now();
  await start(server);
  const restored = (await waitForElements(server, plan)) - begin;
  const held = memory(server);
  await stop(server);
  return { banned, restored, memory: held };
}

/**
 * The moment at which the kernel held all of them. Listing many takes half a second itself, so warder is asked first how
 * many the kernel has confirmed; whether that is true is looked at then.
 */
async function waitForElements(server, plan) {
  const end = performance.now() + 600_000;
  const confirmed = server.name === "warder" ? await waitForConfirmation(server, plan) : undefined;
  while (performance.now() < end) {
    const now = performance.now();
    if (countElements(server, plan) >= plan.bans) {
      return confirmed ?? now;
    }
    if (confirmed !== undefined) {
      break;
    }
    await sleep(100);
  }
  throw new Error(`${server.name}: not all bans are in the kernel; see ${server.folder}`);
}

function countElements(server, { table, set }) {
  const words = ["-t", String(server.pid), "-n", "nft", "list", "set", "inet", table, set];
  const { stdout } = spawnSync("nsenter", words, { encoding: "utf8", maxBuffer: 1 << 28 });
  return (stdout.match(/\b198\.1[89]\.\d+\.\d+/g) ?? []).length;
}

async function waitForConfirmation(server, { bans }) {
  const socket = connect(server.socket);
  let answers = "";
  socket.on("data", (data) => {
    answers += data;
  });
  for (let applied = 0; applied < bans; ) {
    answers = "";
    socket.write('["get","sshd","enforcement"]\n');
    while (!answers.includes("\n")) {
      await sleep(2);
    }
    applied = JSON.parse(answers).value?.applied ?? 0;
    await sleep(20);
  }
  socket.destroy();
  return performance.now();
}

function address(i) {
  return `198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
}
