import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** Our programs, built for one test run and not shared with any other. */
export interface Programs {
  /** Executables. */
  readonly server: string;
  readonly client: string;
  /** Bundles of the reader: its thread, and the process around it. */
  readonly reader: string;
  readonly readerProcess: string;
  readonly remove: () => void;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Builds the programs inside node_modules, where the SQLite binding is found. */
export function buildPrograms(): Programs {
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "warder-test-"));
  // Readers of other users run them too.
  chmodSync(folder, 0o755);
  buildSync({
    absWorkingDir: root,
    entryPoints: {
      client: "src/cli/fail2ban-client.main.ts",
      server: "src/cli/fail2ban-server.main.ts",
      reader: "src/daemon/reader.main.ts",
      "filter-check": "src/cli/filter-check.main.ts",
      "reader-process": "src/daemon/reader-process.main.ts",
      notices: "src/action/notices/notices.main.ts",
      module: "src/action/notices/module.main.ts",
    },
    outdir: join(folder, "dist"),
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["@photostructure/sqlite", "node:sqlite"],
    logLevel: "error",
  });
  return {
    server: writeExecutable(folder, "fail2ban-server", "server"),
    client: writeExecutable(folder, "fail2ban-client", "client"),
    reader: join(folder, "dist", "reader.cjs"),
    readerProcess: join(folder, "dist", "reader-process.cjs"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function writeExecutable(folder: string, name: string, bundle: string): string {
  const path = join(folder, "bin", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/usr/bin/env node\n"use strict";\nrequire("../dist/${bundle}.cjs");\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A fail2ban.conf that keeps everything of a daemon in one folder. */
export function serverSettings(folder: string): string {
  return `[Definition]
loglevel = INFO
logtarget = ${folder}/daemon.log
syslogsocket = auto
socket = ${folder}/run/sock
pidfile = ${folder}/run/pid
dbfile = ${folder}/db.sqlite3
dbmaxmatches = 10
dbpurgeage = 1d
allowipv6 = auto
`;
}
