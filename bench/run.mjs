#!/usr/bin/env node
/**
 * npm run bench: the table of the README, real fail2ban and warder in the same run. As root on Debian.
 *
 *   npm run bench                        everything, some 20 minutes
 *   npm run bench -- throughput idle     these files of this folder only
 *   npm run bench -- --short             small numbers, which say nothing but that the counts are equal; a minute
 *   BENCH_SEED=7 npm run bench           the logs of that seed instead of others each time
 *
 * Ends with 1 when the two do not count the same; never for being slow.
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";

const FILES = ["regex-tool", "search", "throughput", "native", "latency", "linear", "idle", "client"];
/** Those that compare counts. */
const SHORT = ["regex-tool", "search", "throughput", "native"];
const words = process.argv.slice(2);
const short = words.includes("--short");
const chosen = words.filter((word) => !word.startsWith("-"));
const seed = Number(process.env.BENCH_SEED ?? Date.now() % 1_000_000);
if (short) {
  process.env.BENCH_LINES ??= "3000";
}

console.log(`| what | fail2ban ${version()} | warder | |\n| --- | ---: | ---: | ---: |`);
let failed = 0;
for (const file of chosen.length > 0 ? chosen : short ? SHORT : FILES) {
  try {
    const { run } = await import(`./${file}.mjs`);
    const rows = await run(file === "regex-tool" ? seed : { seed, short });
    rows.forEach((row) => console.log(formatRow(row)));
  } catch (error) {
    failed++;
    console.error(`${file}: ${error.stack}`);
  }
}
const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
const machine = `Node.js ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`;
console.log(
  `\nCommit ${commit}, seed ${seed}, ${machine}.${short ? " Short form: the figures mean nothing." : ""}`,
);
process.exitCode = failed > 0 ? 1 : 0;

function version() {
  return spawnSync("/usr/bin/fail2ban-server", ["-V"], { encoding: "utf8" }).stdout.trim();
}

function formatRow({ what, fail2ban, warder, more }) {
  if (fail2ban === undefined) {
    return `| ${what} | | ${formatNumber(warder)} | |`;
  }
  const ratio = more ? warder / fail2ban : fail2ban / warder;
  const times = Number.isFinite(ratio) ? `${ratio.toFixed(ratio < 10 ? 1 : 0)} ×` : "";
  return `| ${what} | ${formatNumber(fail2ban)} | ${formatNumber(warder)} | ${times} |`;
}

function formatNumber(value) {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
