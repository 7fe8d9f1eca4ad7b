/** That cost grows with the bytes of a log: warder alone, ten times the log, and twenty jails instead of one. */
import { CONTENDERS, feed, makeLog, memory, prepareJails, start, stop } from "./servers.mjs";

const LINES = 200_000;
const SETTINGS = ["filter = sshd", "maxretry = 100000", "findtime = 1d", "action ="];

export async function run({ seed, short = false }) {
  const lines = short ? 2000 : LINES;
  const once = await measure(1, lines, seed);
  const tenfold = await measure(1, 10 * lines, seed);
  const many = await measure(20, lines, seed);
  return [
    {
      what: `warder, ${(10 * lines).toLocaleString("en")} lines instead of ${lines.toLocaleString("en")}: CPU time, times`,
      warder: tenfold.cpu / once.cpu,
    },
    { what: "… memory, MiB more", warder: tenfold.memory - once.memory },
    { what: "warder, 20 jails on the log instead of 1: CPU time, times", warder: many.cpu / once.cpu },
  ];
}

async function measure(count, lines, seed) {
  const warder = CONTENDERS.find(({ name }) => name === "warder");
  const jails = Object.fromEntries(Array.from({ length: count }, (_, i) => [`sshd-${i}`, SETTINGS]));
  const server = prepareJails(warder, jails);
  await start(server);
  const log = makeLog(lines, seed);
  const { cpu } = await feed(server, { ...log, failures: log.failures * count });
  const used = { cpu, memory: memory(server) };
  await stop(server);
  return used;
}
