#!/usr/bin/env node
/**
 * What one counted offender and one ban cost in memory. Failures come as the reader thread sends them: with their
 * groups and their matched line. Prints one line per case: how many, bytes of heap each, seconds for all.
 *
 *   node bench/memory.mjs [OFFENDERS] [BANS]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

const OFFENDERS = Number(process.argv[2] ?? 1_000_000);
const BANS = Number(process.argv[3] ?? 200_000);
const NOW = 1_800_000_000;
const CHUNK = 256;

if (process.execArgv.includes("--expose-gc")) {
  await measure(process.env.WARDER_BENCH_JAIL);
} else {
  runMeasurement();
}

function runMeasurement() {
  const root = resolve(import.meta.dirname ?? ".", "..");
  const folder = mkdtempSync(join(tmpdir(), "warder-memory-"));
  const entry = (name, from) => `export { ${name} } from ${JSON.stringify(join(root, from))};`;
  buildSync({
    stdin: {
      contents: [
        entry("JailState, TrackingBudget", "src/jail/index.ts"),
        entry("parseOffender", "src/model/index.ts"),
        entry("FailurePacker, decodeFailures", "src/daemon/failure-wire.ts"),
      ].join("\n"),
      resolveDir: root,
    },
    outfile: join(folder, "jail.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  try {
    const args = ["--expose-gc", import.meta.filename, String(OFFENDERS), String(BANS)];
    execFileSync(process.execPath, args, {
      stdio: "inherit",
      env: { ...process.env, WARDER_BENCH_JAIL: join(folder, "jail.mjs") },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(path) {
  const { JailState, TrackingBudget, parseOffender, FailurePacker, decodeFailures } = await import(path);
  const settings = { name: "sshd", findtime: 600, bantime: 86_400, maxmatches: 5 };
  const feed = (jail, from, to) => {
    for (let i = from; i < to; i += CHUNK) {
      const packer = new FailurePacker();
      Array.from({ length: Math.min(CHUNK, to - i) }, (_, k) => packer.add(makeFailure(i + k)));
      for (const failure of packer.take().flatMap((batch) => decodeFailures(structuredClone(batch)))) {
        jail.fail(failure, parseOffender(failure.id), NOW);
      }
    }
    return jail;
  };
  const few = OFFENDERS / 4;
  const cases = [
    { name: "counted once", count: OFFENDERS, maxretry: 5, fill: (jail) => feed(jail, 0, OFFENDERS) },
    {
      name: "counted four times",
      count: few,
      maxretry: 5,
      fill: (jail) => repeat(4, () => feed(jail, 0, few)),
    },
    { name: "banned", count: BANS, maxretry: 1, fill: (jail) => feed(jail, 0, BANS) },
  ];
  for (const { name, count, maxretry, fill } of cases) {
    const budget = new TrackingBudget();
    const jail = new JailState({ ...settings, maxretry }, { random: Math.random, budget });
    const before = heap();
    const start = performance.now();
    fill(jail);
    const seconds = (performance.now() - start) / 1000;
    const bytes = (heap() - before) / count;
    const { currentlyFailed, currentlyBanned, evicted } = jail.counters(NOW);
    console.log(
      `${name}: ${currentlyFailed || currentlyBanned} held, ${evicted} forgotten, ` +
        `${bytes.toFixed(0)} bytes each, ${seconds.toFixed(1)} s`,
    );
  }
}

function heap() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function repeat(times, work) {
  for (let i = 0; i < times; i++) {
    work();
  }
}

function makeFailure(i) {
  const id = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  const line = ` host sshd[${i % 32768}]: Failed password for root from ${id} port ${1024 + (i % 60_000)} ssh2`;
  const groups = new Map([
    ["ip4", id],
    ["user", "root"],
  ]);
  return { time: NOW, id, groups, matches: [["", "Nov 21 02:30:19", line]], count: 1 };
}
