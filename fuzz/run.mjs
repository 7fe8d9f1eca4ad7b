#!/usr/bin/env node
/** Bundles the fuzz targets with what they try, and runs them: `npm run fuzz [-- NAME...] [--minutes N] [--seed S]`. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
// Beside node_modules, so that what stays outside of the bundle is found; one for each run, since several may run.
const bundle = resolve(root, `node_modules/.cache/fuzz-${process.pid}/fuzz.cjs`);
buildSync({
  absWorkingDir: root,
  entryPoints: ["fuzz/fuzz.main.ts"],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "cjs",
  external: ["@photostructure/sqlite", "node:sqlite"],
});
const { status, signal } = spawnSync(
  process.execPath,
  ["--max-old-space-size=1500", bundle, ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
rmSync(dirname(bundle), { recursive: true, force: true });
if (signal) {
  console.error(`ended by ${signal}`);
}
process.exit(status ?? 1);
