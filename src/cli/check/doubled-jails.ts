import type { Problem } from "../../model";
import { jailProblem, originOf, type FoldedJail } from "./jail-fold";

/** Jails that look for the same in the same logs: each failure counts in both, and each may ban. */
export function checkDoubledJails(jails: readonly FoldedJail[]): Problem[] {
  const first = new Map<string, FoldedJail>();
  return jails.flatMap((jail) => {
    const key = keyOf(jail);
    const earlier = key === undefined ? undefined : first.get(key);
    if (key !== undefined && !earlier) {
      first.set(key, jail);
    }
    const message = `looks for the same in the same logs as jail "${earlier?.spec.name}"; every failure counts in both`;
    return earlier ? [jailProblem(jail, "warning", message, originOf(jail, "addlogpath"))] : [];
  });
}

/** Undefined for a jail that finds nothing anyway. */
function keyOf({ spec }: FoldedJail): string | undefined {
  const { logs, journalmatch, backend } = spec.source;
  const { failregex, prefregex } = spec.filter;
  const places = backend.startsWith("systemd")
    ? journalmatch.map((words) => words.join(" "))
    : logs.map(({ path }) => path);
  const regexes = failregex.map(({ text }) => text).sort();
  return places.length === 0 || regexes.length === 0
    ? undefined
    : JSON.stringify([places.sort(), prefregex?.text, regexes]);
}
