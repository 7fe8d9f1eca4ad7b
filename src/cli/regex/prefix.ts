import type { CompiledFilter } from "../../filter";
import { formatPython } from "../../model";
import { RegexStatistic } from "./statistics";

/** One more than are shown, so that the report can tell that there were more. */
const KEPT = 21;

/** A filter whose prefregex counts its matches; `statistic` is absent when it has none. */
export interface CountedPrefix {
  readonly compiled: CompiledFilter;
  readonly statistic: RegexStatistic | undefined;
}

/** Makes a filter's prefregex count how often it matches and, if wanted, what it captures. */
export function countPrefix(compiled: CompiledFilter, details: boolean): CountedPrefix {
  const { prefregex } = compiled;
  if (!prefregex) {
    return { compiled, statistic: undefined };
  }
  const { matcher } = prefregex;
  const statistic = new RegexStatistic(prefregex.source.text, prefregex.pattern, details ? KEPT : 0);
  const counting = {
    pattern: matcher.pattern,
    groupNames: matcher.groupNames,
    test: (text: string) => matcher.test(text),
    execSpans: (text: string) => matcher.execSpans(text),
    exec: (text: string) => {
      const match = matcher.exec(text);
      if (match) {
        const groups = (): string =>
          formatPython(new Map(matcher.groupNames.map((name) => [name, match.named(name) ?? null])));
        statistic.count(groups);
      }
      return match;
    },
  };
  return { compiled: { ...compiled, prefregex: { ...prefregex, matcher: counting } }, statistic };
}
