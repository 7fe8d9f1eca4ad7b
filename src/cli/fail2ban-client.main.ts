import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { runClient } from "./client";
import type { ClientIo } from "./client-io";

const SERVER = "fail2ban-server";
const script = process.argv[1] ?? "fail2ban-client";

const io: ClientIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  unicode: showsUnicode(process.env),
};

// Whoever reads our output may stop at any time.
process.stdout.on("error", () => {});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(255));
}
void runClient(process.argv.slice(2), io, {
  program: basename(script),
  conf: "/etc/fail2ban",
  server: findServer(),
}).then((status) => {
  process.exitCode = status;
});

/** The server's executable: next to ours, next to what ours is a link to, or wherever the PATH has it. */
function findServer(): string {
  const candidates = [script, realpathOf(script)].map((path) => join(dirname(path), SERVER));
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile()) ?? SERVER;
}

function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** As Python sees it: the plain C locale counts as UTF-8. */
function showsUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value) ?? "C";
  return /utf-?8/i.test(locale) || locale === "C" || locale === "POSIX";
}
