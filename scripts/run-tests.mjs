#!/usr/bin/env node
/**
 * Runs the gate and every test project, then prints one table and a closing line "N passed, N failed, N skipped".
 * Unit tests of what touches the runtime also run on newer versions of Node when CI=true or with --nodes. In CI a skipped
 * test is a failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(root, "node_modules", ".cache", "warder");
const isCi = process.env.CI === "true";
const LONGEST_FAILURE = 4_000;
/** The newest; in a thorough run those in between as well. */
const OTHER_NODES = process.env.WARDER_THOROUGH === "1" ? ["22", "24"] : ["24"];
/** What differs from one Node to the next: files, sockets, SQLite, threads, the engine that runs what we compile. */
const RUNTIME_ROOMS = ["platform", "store", "source", "control", "daemon", "regex", "filter"].map(
  (room) => `src/${room}/`,
);
const env = { ...process.env, ...(isCi ? { WARDER_E2E_REQUIRED: "1" } : {}) };
// Node 20 reads the whole file at every start; the tests start hundreds of processes and talk to no server outside.
delete env.NODE_EXTRA_CA_CERTS;

mkdirSync(cache, { recursive: true });
const results = [
  runCheck("format", "npx", ["biome", "format", "."]),
  runCheck("imports", "node", ["scripts/check-imports.mjs"]),
  runCheck("types", "npx", ["tsc", "--noEmit"]),
  runCheck("lint", "npx", ["oxlint", "--type-aware", "--deny-warnings"]),
  runVitest("unit", process.execPath),
  ...(isCi || process.argv.includes("--nodes") ? OTHER_NODES.map(runOnNode) : []),
  runVitest("conformance", process.execPath),
  runVitest("e2e", process.execPath),
  // Says how fast it is and never fails for that; unequal counts do fail.
  ...(isCi ? [runCheck("bench", process.execPath, ["bench/run.mjs", "--short"])] : []),
];
report(results);

function runCheck(name, command, args) {
  console.log(`\n== ${name}`);
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  return { name, passed: 0, failed: done.status === 0 ? 0 : 1, skipped: 0 };
}

function runVitest(project, node, label = project, files = []) {
  console.log(`\n== ${label} tests`);
  const outputFile = join(cache, `${label.replaceAll(/\W+/g, "-")}.json`);
  rmSync(outputFile, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--project", project, ...files, "--reporter=default", "--reporter=json"];
  const done = spawnSync(node, [...args, `--outputFile.json=${outputFile}`], {
    cwd: root,
    stdio: "inherit",
    env,
  });
  if (!existsSync(outputFile)) {
    return { name: label, passed: 0, failed: 1, skipped: 0 };
  }
  const summary = JSON.parse(readFileSync(outputFile, "utf8"));
  const failed = Math.max(summary.numFailedTests, done.status === 0 ? 0 : 1);
  return {
    name: label,
    passed: summary.numPassedTests,
    failed,
    skipped: summary.numPendingTests + summary.numTodoTests,
    failures: summary.testResults.flatMap(failuresOf),
  };
}

function runOnNode(version) {
  const label = `unit on node ${version}`;
  const prefix = join(cache, `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  const binary = join(prefix, "node_modules", name, "bin", "node");
  if (!existsSync(binary)) {
    mkdirSync(prefix, { recursive: true });
    const args = ["install", "--no-save", "--no-package-lock", "--prefix", prefix, `${name}@${version}`];
    spawnSync("npm", args, { cwd: prefix, stdio: "inherit", env });
  }
  if (!existsSync(binary)) {
    console.error(`${name}@${version} could not be installed`);
    return { name: label, passed: 0, failed: 1, skipped: 0 };
  }
  return runVitest("unit", binary, label, RUNTIME_ROOMS);
}

/** File, name and message of each failed test of a file: the end of a log is what is always at hand. */
function failuresOf({ name, assertionResults, message }) {
  const tests = assertionResults.filter(({ status }) => status === "failed");
  const file = relative(root, name);
  if (tests.length === 0) {
    return message ? [`${file}\n${message}`] : [];
  }
  return tests.map(({ fullName, failureMessages }) => `${file} > ${fullName}\n${failureMessages.join("\n")}`);
}

function report(all) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, failures } of all) {
    for (const failure of failures ?? []) {
      console.log(`\n== FAILED, ${name}: ${failure.slice(0, LONGEST_FAILURE)}`);
    }
  }
  console.log("\n== summary");
  for (const { name, passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const counts = `${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed`;
    console.log(`${name.padEnd(16)} ${counts} ${String(skipped).padStart(4)} skipped`);
  }
  if (total.skipped > 0) {
    console.log(
      `${total.skipped} tests were SKIPPED; the output above says why${isCi ? "; in CI none may be" : ""}`,
    );
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed > 0 || (isCi && total.skipped > 0) ? 1 : 0);
}
