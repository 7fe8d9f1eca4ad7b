import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ClientDefaults, ClientIo } from "./client-io";

const SERVER = "fail2ban-server";

/** What a program of ours knows of itself: its streams, its name, and where the server is. */
export interface Program {
  readonly io: ClientIo;
  readonly defaults: ClientDefaults;
  /** The executable it was started as. */
  readonly script: string;
}

/** The surroundings of a program whose configuration is in that folder unless it is told otherwise. */
export function makeProgram(conf: string): Program {
  const script = process.argv[1] ?? SERVER;
  // Whoever reads our output may stop at any time.
  process.stdout.on("error", () => {});
  return {
    io: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      unicode: showsUnicode(process.env),
    },
    defaults: { program: basename(script), conf, server: findServer(script) },
    script,
  };
}

/** The server's executable: next to ours, next to what ours is a link to, or wherever the PATH has it. */
function findServer(script: string): string {
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
