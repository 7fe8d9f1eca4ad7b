#!/usr/bin/env node
/**
 * Bundles src/ into dist/: one CommonJS file per program, because a single small file starts fastest. Everything is
 * bundled but the SQLite binding, which brings a native part. With --if-stale it does nothing when dist/ is newer
 * than all sources.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const PROGRAMS = {
  client: "src/cli/fail2ban-client.main.ts",
  server: "src/cli/fail2ban-server.main.ts",
  regex: "src/cli/fail2ban-regex.main.ts",
  warder: "src/cli/warder.main.ts",
  reader: "src/daemon/reader.main.ts",
  "reader-process": "src/daemon/reader-process.main.ts",
  // Threads of actions, started only where a jail needs them.
  notices: "src/action/notices/notices.main.ts",
  module: "src/action/notices/module.main.ts",
  // Run by the daemon now and then: what takes time or memory and is soon over.
  "filter-check": "src/cli/filter-check.main.ts",
  // Not a program: loaded by those above when it is needed, since a client has to start fast.
  check: "src/cli/check/index.ts",
  "whole-client": "src/cli/client.ts",
};
/** Leaves `import("./check")` and the like to be loaded from their own files. */
const APART = { "./check": "./check.cjs", "./client": "./whole-client.cjs" };
const apart = {
  name: "apart",
  setup: (build) =>
    build.onResolve({ filter: /^\.\// }, ({ kind, path }) =>
      kind === "dynamic-import" && path in APART ? { path: APART[path], external: true } : undefined,
    ),
};

/** Modules of the runtime that take a megabyte or two of memory each and some milliseconds: loaded when first used. */
const LATE = ["child_process", "crypto", "dgram", "dns", "net", "zlib"];
const late = {
  name: "late",
  setup: (build) => {
    build.onResolve({ filter: new RegExp(`^node:(?:${LATE.join("|")})$`) }, ({ path, namespace }) =>
      namespace === "late" ? { path, external: true } : { path, namespace: "late", sideEffects: false },
    );
    build.onLoad({ filter: /^/, namespace: "late" }, ({ path }) => {
      const names = Object.keys(createRequire(import.meta.url)(path));
      const members = names.map((name) => `get ${name}() { return require("${path}").${name}; }`);
      return { contents: `module.exports = { ${members.join(", ")} };` };
    });
  },
};

if (process.argv.includes("--if-stale") && isFresh()) {
  process.exit(0);
}
rmSync(join(root, "dist"), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: PROGRAMS,
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  plugins: [apart, late],
  external: ["@photostructure/sqlite", "node:sqlite"],
  legalComments: "none",
  // Names are kept, so that a stack trace can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: false,
  logLevel: "warning",
});

// One character beyond Latin-1 doubles the memory that a whole program takes. What the bundler leaves as it is are
// regular expressions.
for (const name of Object.keys(PROGRAMS)) {
  const path = join(root, "dist", `${name}.cjs`);
  const found = /.{0,60}[^\0-\x7f].{0,20}/u.exec(readFileSync(path, "utf8"));
  if (found) {
    throw new Error(`${path} is not ASCII: write it as \\u{...} here: ${found[0]}`);
  }
}

function isFresh() {
  const outputs = Object.keys(PROGRAMS).map((name) => join(root, "dist", `${name}.cjs`));
  if (!outputs.every((path) => existsSync(path))) {
    return false;
  }
  const built = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
  return newest(join(root, "src")) < built && statSync(join(root, "package.json")).mtimeMs < built;
}

function newest(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs)
    .reduce((latest, time) => Math.max(latest, time), 0);
}
