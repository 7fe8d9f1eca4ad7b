import type { Origin } from "../model";
import { globPaths, pathExists } from "../platform";
import { listLines, type OriginText } from "./origin-text";

/** One line of `logpath`. */
export interface LogPattern {
  readonly jail: string;
  /** A path or a shell pattern. */
  readonly pattern: string;
  /** `head`, `tail`, or whatever else stands behind the last blank. */
  readonly position: string;
  readonly origin?: Origin;
}

/** A log that is there. */
export interface FoundLog {
  readonly path: string;
  readonly pattern: LogPattern;
}

/** What `logpath` means on this machine now. */
export interface LogSearch {
  readonly patterns: readonly LogPattern[];
  readonly found: readonly FoundLog[];
  readonly missing: readonly LogPattern[];
  /** Links that lead nowhere. */
  readonly dangling: readonly FoundLog[];
}

/** Looks for the logs of a jail. Never throws: what cannot be looked at is missing. */
export function findLogs(jail: string, logpath: OriginText): LogSearch {
  const patterns = listLines(logpath).map(({ text, origin }) => parsePattern(jail, text, origin));
  const found: FoundLog[] = [];
  const dangling: FoundLog[] = [];
  const missing: LogPattern[] = [];
  for (const pattern of patterns) {
    const logs = globPaths(pattern.pattern).map((path) => ({ path, pattern }));
    const before = found.length;
    for (const log of logs) {
      (pathExists(log.path) ? found : dangling).push(log);
    }
    if (found.length === before && pattern.pattern !== "") {
      missing.push(pattern);
    }
  }
  return { patterns: patterns.filter(({ pattern }) => pattern !== ""), found, missing, dangling };
}

function parsePattern(jail: string, line: string, origin: Origin | undefined): LogPattern {
  const blank = line.lastIndexOf(" ");
  const place = { jail, ...(origin && { origin }) };
  return blank < 0
    ? { pattern: line, position: "head", ...place }
    : { pattern: line.slice(0, blank), position: line.slice(blank + 1), ...place };
}
