/** How long `fail2ban-client ping` and `status` take from start to end. */
import { CONTENDERS, ask, median, prepare, start, stop } from "./servers.mjs";

const CALLS = { long: 25, short: 3 };

export async function run({ short = false }) {
  const times = {};
  for (const contender of CONTENDERS) {
    const server = prepare(contender, []);
    await start(server);
    for (const word of ["ping", "status"]) {
      times[`${contender.name} ${word}`] = median(
        Array.from({ length: short ? CALLS.short : CALLS.long }, () => time(server, word)),
      );
    }
    await stop(server);
  }
  return ["ping", "status"].map((word) => ({
    what: `fail2ban-client ${word}, ms`,
    fail2ban: times[`fail2ban ${word}`],
    warder: times[`warder ${word}`],
  }));
}

function time(server, word) {
  const begin = performance.now();
  ask(server, word);
  return performance.now() - begin;
}
