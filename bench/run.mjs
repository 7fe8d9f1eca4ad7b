#!/usr/bin/env node
/** npm run bench: the table of the README, real fail2ban and warder in the same run. As root on Debian. */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { run as runClient } from "./client.mjs";
import { run as runLatency } from "./latency.mjs";
import { run as runThroughput } from "./throughput.mjs";

const rows = [...(await runThroughput()), ...(await runLatency()), ...(await runClient())];
const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
const version = spawnSync("/usr/bin/fail2ban-server", ["-V"], { encoding: "utf8" }).stdout.trim();

console.log(`| what | fail2ban ${version} | warder | |\n| --- | ---: | ---: | ---: |`);
for (const row of rows) {
  const ratio = row.more ? row.warder / row.fail2ban : row.fail2ban / row.warder;
  console.log(
    `| ${row.what} | ${format(row.fail2ban)} | ${format(row.warder)} | ${ratio.toFixed(ratio < 10 ? 1 : 0)} × |`,
  );
}
console.log(
  `\nCommit ${commit}, Node.js ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}.`,
);

function format(value) {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
