/** How fast a log is read and counted: one sshd jail, stock filter, no bans; wall and CPU time of the whole daemon. */
import { writeFileSync } from "node:fs";
import {
  CONTENDERS,
  cpuSeconds,
  makeLog,
  memory,
  prepare,
  start,
  statusNumber,
  stop,
  until,
} from "./servers.mjs";

/** Enough that the quicker one is past its warm-up; both get the same lines. */
const LINES = Number(process.env.BENCH_LINES ?? 300_000);

export async function run(seed = Date.now()) {
  const { text, failures } = makeLog(LINES, seed);
  const results = {};
  for (const contender of CONTENDERS) {
    const server = prepare(contender, ["maxretry = 100000", "maxmatches = 5", "findtime = 1d"]);
    await start(server);
    const idle = memory(server);
    const cpu = cpuSeconds(server);
    const begin = performance.now();
    writeFileSync(server.log, text);
    await until(() => statusNumber(server, "Total failed") >= failures, 120);
    results[contender.name] = {
      wall: LINES / ((performance.now() - begin) / 1000),
      cpu: LINES / (cpuSeconds(server) - cpu),
      failed: statusNumber(server, "Total failed"),
      idle,
      busy: memory(server),
    };
    await stop(server);
  }
  const { fail2ban, warder } = results;
  if (fail2ban.failed !== warder.failed) {
    throw new Error(`counts differ: fail2ban ${fail2ban.failed}, warder ${warder.failed}`);
  }
  return [
    {
      what: "log lines read and counted per second (daemon, sshd jail)",
      fail2ban: fail2ban.wall,
      warder: warder.wall,
      more: true,
    },
    { what: "… per second of CPU time", fail2ban: fail2ban.cpu, warder: warder.cpu, more: true },
    { what: "memory of the idle daemon, MiB", fail2ban: fail2ban.idle, warder: warder.idle },
    { what: "memory after those lines, MiB", fail2ban: fail2ban.busy, warder: warder.busy },
  ];
}
