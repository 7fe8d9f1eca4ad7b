/**
 * How fast the daemon reads a log and counts its failures: one sshd jail, the same with bans at the firewall, twenty
 * jails on one log. CPU time is that of the whole process with its children. Both daemons get the same log and have to
 * find and ban the same; warder then gets a longer one, for it is done with that before it has warmed up.
 */
import { CONTENDERS, feed, makeLog, memory, prepareJails, start, statusNumber, stop } from "./servers.mjs";

/** Counted, never banned. */
const COUNTING = ["maxretry = 100000", "maxmatches = 5", "findtime = 1d", "action ="];
const BAN_EVERY = 240;

/** What is measured: how many lines both get, and how many warder alone gets then. */
const PLANS = {
  count: { both: 100_000, more: 900_000, shortly: 6000 },
  ban: { both: 30_000, more: 270_000, shortly: 2400 },
  many: { both: 3000, more: 297_000, shortly: 600 },
};

export async function run({ seed, short = false }) {
  return [
    ...(await measureCounting(seed, short)),
    ...(await measureBanning(seed + 1, short)),
    ...(await measureMany(seed + 2, short)),
  ];
}

async function measureCounting(seed, short) {
  const results = await compare({ sshd: () => COUNTING }, { plan: PLANS.count, seed, short });
  const { fail2ban, warder } = results;
  return [
    row("daemon, 1 sshd jail: lines per second of CPU time", fail2ban.cpu, warder.cpu),
    row("… per second", fail2ban.wall, warder.wall),
    {
      what: `… memory after ${fail2ban.lines.toLocaleString("en")} lines, MiB`,
      fail2ban: fail2ban.memory,
      warder: warder.memory,
    },
  ];
}

async function measureBanning(seed, short) {
  const settings = ({ name }) => [
    "maxretry = 5",
    "bantime = 1d",
    `banaction = ${name === "warder" ? "warder-nftables" : "nftables-multiport"}`,
  ];
  const plan = { plan: PLANS.ban, seed, short, banEvery: BAN_EVERY };
  const { fail2ban, warder } = await compare({ sshd: settings }, plan);
  return [
    row(
      `daemon, nftables, a ban every ${BAN_EVERY} lines: lines per second of CPU time`,
      fail2ban.cpu,
      warder.cpu,
    ),
    row("… per second", fail2ban.wall, warder.wall),
  ];
}

async function measureMany(seed, short) {
  const names = Array.from({ length: 20 }, (_, i) => `sshd-${i}`);
  const jails = Object.fromEntries(names.map((name) => [name, () => ["filter = sshd", ...COUNTING]]));
  const { fail2ban, warder } = await compare(jails, { plan: PLANS.many, seed, short });
  const sample = `fail2ban: ${fail2ban.lines.toLocaleString("en")} lines`;
  return [
    row(`daemon, 20 jails on one log (${sample}): lines per second of CPU time`, fail2ban.cpu, warder.cpu),
    row("… per second", fail2ban.wall, warder.wall),
  ];
}

/** Rates of both. Throws when one finds or bans what the other does not. */
async function compare(jails, { plan, seed, short, banEvery }) {
  const count = short ? plan.shortly : plan.both;
  const results = {};
  for (const contender of CONTENDERS) {
    const log = makeLog(count, seed, banEvery);
    const server = prepareJails(
      contender,
      Object.fromEntries(Object.entries(jails).map(([name, settings]) => [name, settings(contender)])),
    );
    await start(server);
    const share = Object.keys(jails).length;
    const used = await feed(server, { ...log, failures: log.failures * share, bans: log.bans * share });
    results[contender.name] = {
      lines: count,
      wall: count / used.wall,
      cpu: count / used.cpu,
      memory: memory(server),
      failed: statusNumber(server, "Total failed"),
      banned: statusNumber(server, "Total banned"),
    };
    if (contender.name === "warder" && !short) {
      Object.assign(results.warder, await measureMore(server, { plan, seed, banEvery, share }));
    }
    await stop(server);
  }
  const { fail2ban, warder } = results;
  if (fail2ban.failed !== warder.failed || fail2ban.banned !== warder.banned) {
    throw new Error(`seed ${seed}: counts differ: ${JSON.stringify(results)}`);
  }
  return results;
}

/** The longer log; its offenders are others than those of the first. */
async function measureMore(server, { plan, seed, banEvery, share }) {
  const log = makeLog(plan.more, seed + 100, banEvery);
  const text = banEvery ? log.text.replaceAll(" 198.18.", " 198.19.").replaceAll(" 10.", " 11.") : log.text;
  const used = await feed(server, { text, failures: log.failures * share, bans: log.bans * share });
  return { wall: plan.more / used.wall, cpu: plan.more / used.cpu };
}

function row(what, fail2ban, warder) {
  return { what, fail2ban, warder, more: true };
}
