/** What a daemon with three jails takes while nothing happens: wake-ups, memory; and memory with many bans. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  address,
  ask,
  CONTENDERS,
  memory,
  prepareJails,
  start,
  statusNumber,
  stop,
  wakeUps,
} from "./servers.mjs";

const JAILS = { postfix: ["action ="], "nginx-http-auth": ["action ="], sshd: ["action =", "bantime = 1d"] };
/** Addresses in one command; more do not fit into the arguments of a process. */
const CHUNK = 5000;
/** fail2ban takes minutes for as many as warder gets. */
const BANS = { fail2ban: 20_000, warder: 100_000 };

export async function run({ short = false }) {
  const results = {};
  for (const contender of CONTENDERS) {
    const server = prepareJails(contender, JAILS);
    await start(server);
    results[contender.name] = await measure(server, {
      settle: short ? 500 : 30_000,
      seconds: short ? 2 : 20,
      bans: short ? 1000 : BANS[contender.name],
    });
    await stop(server);
  }
  const { fail2ban, warder } = results;
  const count =
    fail2ban.bans === warder.bans
      ? warder.bans
      : `${number(warder.bans)} (fail2ban: ${number(fail2ban.bans)})`;
  return [
    { what: "idle daemon, 3 jails: wake-ups per second", fail2ban: fail2ban.wakes, warder: warder.wakes },
    { what: "… memory (RSS), MiB", fail2ban: fail2ban.idle, warder: warder.idle },
    { what: `… memory (RSS) with ${count} bans, MiB`, fail2ban: fail2ban.banned, warder: warder.banned },
  ];
}

async function measure(server, { settle, seconds, bans }) {
  await sleep(settle);
  const before = wakeUps(server);
  await sleep(seconds * 1000);
  const wakes = (wakeUps(server) - before) / seconds;
  const idle = memory(server);
  for (let i = 0; i < bans; i += CHUNK) {
    const ips = Array.from({ length: Math.min(CHUNK, bans - i) }, (_, k) => address("198.18", i + k));
    const { status, stderr } = ask(server, "set", "sshd", "banip", ...ips);
    if (status !== 0) {
      throw new Error(`${server.name}: banip failed: ${stderr}`);
    }
  }
  for (let tries = 0; statusNumber(server, "Currently banned") !== bans; tries++) {
    if (tries > 600) {
      throw new Error(`${server.name}: ${statusNumber(server, "Currently banned")} bans instead of ${bans}`);
    }
    await sleep(500);
  }
  await sleep(settle);
  return { wakes, idle, banned: memory(server), bans };
}

function number(value) {
  return value.toLocaleString("en");
}
