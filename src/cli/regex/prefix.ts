import type { CompiledFilter, PrefixListener } from "../../filter";
import { formatPython } from "../../model";
import { RegexStatistic } from "./statistics";

/** One more than are shown, so that the report can tell that there were more. */
const KEPT = 21;

/** How often a filter's prefregex matches and, if wanted, what it captures; absent when it has none. */
export interface CountedPrefix {
  readonly statistic: RegexStatistic;
  readonly listener: PrefixListener;
}

/** Makes what counts the matches of a filter's prefregex. */
export function countPrefix({ prefregex }: CompiledFilter, details: boolean): CountedPrefix | undefined {
  if (!prefregex) {
    return undefined;
  }
  const statistic = new RegexStatistic(prefregex.source.text, prefregex.pattern, details ? KEPT : 0);
  const listener: PrefixListener = {
    count: (times) => {
      statistic.total += times;
    },
    ...(details ? { tell: (groups) => statistic.tell(() => formatPython(groups())) } : {}),
  };
  return { statistic, listener };
}
