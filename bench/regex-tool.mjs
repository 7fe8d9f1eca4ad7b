/**
 * `fail2ban-regex` on logs of several services with the stock filters: CPU time, wall time and memory of the whole
 * process, real fail2ban and warder on the same file. Counts that differ are an error.
 *
 *   node bench/regex-tool.mjs                  the table
 *   node bench/regex-tool.mjs --linear         ten times the log: ten times the time, the same memory
 *   BENCH_LINES=500000 BENCH_SEED=7 …          how many lines, and which
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LOGS, writeLog } from "./logs.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const LINES = Number(process.env.BENCH_LINES ?? 300_000);
/** warder is done with the lines that both get before it has warmed up: its rate is that of a longer log. */
const MORE_LINES = process.env.BENCH_LINES ? LINES : 2_000_000;
const MOST_LINES = 4_000_000;
const TOOLS = { fail2ban: "/usr/bin/fail2ban-regex", warder: join(root, "bin/fail2ban-regex") };
// Runs a command and tells what it used: user and system seconds, wall seconds, KiB at most.
const METER = `
import os, resource, subprocess, sys, time
begin = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
wall = time.monotonic() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stdout.buffer.write(done.stdout)
print("@", used.ru_utime + used.ru_stime, wall, used.ru_maxrss, done.returncode)
`;
// Node 20 reads the whole file named by this at every start, which is not what is measured.
delete process.env.NODE_EXTRA_CA_CERTS;

/** Rows for the table of all benchmarks: lines per second of CPU time of each filter, and the most memory. */
export function run(seed = Date.now()) {
  const rows = measureAll(seed).map(({ log, fail2ban, warder }) => ({
    what: `\`fail2ban-regex\`, ${log.filter}: lines per second of CPU time`,
    fail2ban: LINES / fail2ban.cpu,
    warder: rateOfMore(log, seed) ?? LINES / warder.cpu,
    more: true,
  }));
  return MORE_LINES > LINES ? [...rows, measureMost(seed)] : rows;
}

function rateOfMore(log, seed) {
  return MORE_LINES > LINES
    ? MORE_LINES / withLog(log, MORE_LINES, seed, (path) => measure("warder", path, log)).cpu
    : undefined;
}

function measureMost(seed) {
  const [log] = LOGS;
  const { memory } = withLog(log, MOST_LINES, seed, (path) => measure("warder", path, log));
  return { what: `… peak memory, ${MOST_LINES.toLocaleString("en")} sshd lines, MiB`, warder: memory };
}

function measureAll(seed, only) {
  return LOGS.filter(({ filter }) => !only || only.includes(filter)).map((log, i) =>
    withLog(log, LINES, seed + i, (path) => {
      const fail2ban = measure("fail2ban", path, log);
      const warder = measure("warder", path, log);
      if (fail2ban.counts !== warder.counts) {
        throw new Error(
          `${log.filter}, seed ${seed}: counts differ\n${fail2ban.counts}\n--- warder\n${warder.counts}`,
        );
      }
      return { log, fail2ban, warder };
    }),
  );
}

function withLog(log, lines, seed, use) {
  const folder = mkdtempSync(join(tmpdir(), "warder-bench-"));
  try {
    const path = join(folder, `${log.filter}.log`);
    writeLog(path, log, lines, seed);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(tool, path, { filter }) {
  const command = ["-c", METER, TOOLS[tool], path, filter];
  const { stdout } = spawnSync("/usr/bin/python3", command, {
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
  const [, cpu, wall, memory, status] = /^@ (\S+) (\S+) (\d+) (\d+)$/m.exec(stdout)?.map(Number) ?? [];
  if (status !== 0) {
    throw new Error(`${TOOLS[tool]} ${path} ${filter} ended with ${status}:\n${stdout}`);
  }
  return { cpu, wall, memory: memory / 1024, counts: countsOf(stdout) };
}

/** What a report counts: lines, hits of each regex and of each date format. */
function countsOf(report) {
  const wanted = /^(?:Lines: .*|(?:Prefregex|Failregex|Ignoreregex): \d+ total|\|\s+(?:\d+\) )?\[\d+\])/gm;
  return (report.match(wanted) ?? []).join("\n");
}

function printTable(seed, only) {
  console.log("| filter | lines/s fail2ban | lines/s warder | CPU | wall | MiB fail2ban | MiB warder |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const { log, fail2ban, warder } of measureAll(seed, only)) {
    const rates = [fail2ban, warder].map(({ cpu }) => Math.round(LINES / cpu).toLocaleString("en"));
    const ratios = [fail2ban.cpu / warder.cpu, fail2ban.wall / warder.wall].map(
      (ratio) => `${ratio.toFixed(1)} ×`,
    );
    const memory = [fail2ban, warder].map((one) => Math.round(one.memory));
    console.log(`| ${[`${log.filter} (${log.kind})`, ...rates, ...ratios, ...memory].join(" | ")} |`);
  }
  console.log(`\n${LINES.toLocaleString("en")} lines each, seed ${seed}, Node.js ${process.versions.node}.`);
}

/** Ten times the log. */
function printLinear(seed, only) {
  console.log("| filter | lines | CPU s | MiB |\n| --- | ---: | ---: | ---: |");
  for (const log of LOGS.filter(({ filter }) => !only || only.includes(filter))) {
    for (const lines of [LINES, 10 * LINES]) {
      const { cpu, memory } = withLog(log, lines, seed, (path) => measure("warder", path, log));
      console.log(
        `| ${log.filter} | ${lines.toLocaleString("en")} | ${cpu.toFixed(2)} | ${Math.round(memory)} |`,
      );
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const only = words.filter((word) => !word.startsWith("-"));
  const print = words.includes("--linear") ? printLinear : printTable;
  print(Number(process.env.BENCH_SEED ?? Date.now() % 1_000_000), only.length > 0 ? only : undefined);
}
