import type { CommandValue, JailSpec, LogSpec } from "../model";
import { requireFile } from "./backend-sources";
import { usesJournal } from "./journal-backend";

/** A `logpath` line of a jail, as it was written. */
export interface JailLogPattern {
  readonly jail: string;
  readonly pattern: string;
  /** `tail`, or anything else for the beginning. */
  readonly position: string;
}

const MAGIC = /[*?[]/;

/** The patterns that our client sends along with a stream: `[[jail, pattern, position], …]`. */
export function readLogPatterns(more: CommandValue | undefined): readonly JailLogPattern[] {
  const rows = Array.isArray(more) ? (more as readonly CommandValue[]) : [];
  return rows.flatMap((row) => {
    const [jail, pattern, position] = Array.isArray(row) ? (row as readonly CommandValue[]) : [];
    const isRow = typeof jail === "string" && typeof pattern === "string" && typeof position === "string";
    return isRow ? [{ jail, pattern, position }] : [];
  });
}

/**
 * A jail that waits for logs which are not there yet, and looks for more that its patterns name. Throws `RemoteError`
 * for what is no path.
 * DIFFERS: fail2ban refuses to start without a log, and never looks again.
 */
export function addLogPatterns(spec: JailSpec, all: readonly JailLogPattern[]): JailSpec {
  const own = all
    .filter(({ jail }) => jail === spec.name)
    .map(
      ({ pattern, position }): LogSpec => ({
        path: pattern,
        position: position === "tail" ? "tail" : "head",
      }),
    );
  if (own.length === 0 || usesJournal(spec)) {
    return spec;
  }
  own.forEach(({ path }) => requireFile(path));
  const { logs } = spec.source;
  const missing = own.filter(({ path }) => !MAGIC.test(path) && !logs.some((log) => log.path === path));
  const patterns = own.filter(({ path }) => MAGIC.test(path));
  return { ...spec, source: { ...spec.source, logs: [...logs, ...missing], patterns } };
}
