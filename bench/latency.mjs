/** From the last failing line in the log to the element in the kernel's set: stock nftables action, nft monitor. */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CONTENDERS, median, prepare, stamp, start, stop } from "./servers.mjs";

const BANS = Number(process.env.BENCH_BANS ?? 15);

export async function run() {
  const results = {};
  for (const contender of CONTENDERS) {
    const server = prepare(contender, ["maxretry = 2", "banaction = nftables-multiport"]);
    await start(server);
    results[contender.name] = await measure(server);
    await stop(server);
  }
  const { fail2ban, warder } = results;
  return [
    {
      what: "last line written → element in the kernel, stock nftables action, median ms",
      fail2ban: median(fail2ban),
      warder: median(warder),
    },
    { what: "… slowest of them, ms", fail2ban: Math.max(...fail2ban), warder: Math.max(...warder) },
  ];
}

async function measure(server) {
  const monitor = spawn("nsenter", ["-t", String(server.pid), "-n", "nft", "monitor"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let seen = "";
  monitor.stdout.on("data", (data) => {
    seen += data;
  });
  await sleep(300);
  const times = [];
  for (let i = 0; i <= BANS; i++) {
    const ip = `203.0.113.${i + 1}`;
    const line = `${stamp()} host sshd[${2000 + i}]: Failed password for root from ${ip} port 4711 ssh2\n`;
    appendFileSync(server.log, line);
    await sleep(700);
    const begin = performance.now();
    appendFileSync(server.log, line);
    while (!seen.includes(`{ ${ip} }`)) {
      await sleep(0.5);
      if (performance.now() - begin > 15_000) {
        throw new Error(`${server.name}: ${ip} was not banned`);
      }
    }
    times.push(performance.now() - begin);
  }
  monitor.kill();
  // The first ban of a jail also makes its table and set.
  return times.slice(1);
}
