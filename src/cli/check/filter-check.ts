import { readConfiguration } from "../../config";
import type { FilterCheckReply, FilterCheckRequest, FilterWeakness } from "../../daemon";
import { compileFilter, FilterError, type CompiledFilter } from "../../filter";
import { FAIL2BAN_VERSION, type FilterSpec, type Origin } from "../../model";
import { HostileCheck } from "./hostile";
import { foldJail } from "./jail-fold";

/** What stands between the filters of one request. */
export interface FilterCheckPace {
  /** Time of work for all filters, in milliseconds. */
  readonly limitMs: number;
  /** Called behind each filter. */
  readonly pause: () => void;
}

/** Tries filters of a daemon with hostile lines, and looks up the places of those regexes that came without. */
export function checkFilters(request: FilterCheckRequest, pace: FilterCheckPace): FilterCheckReply {
  const hostile = new HostileCheck(pace.limitMs);
  const findPlace = placeFinder(request.directory);
  const weaknesses: FilterWeakness[] = [];
  request.filters.forEach(({ jail, filter }, number) => {
    const compiled = compileKnown(filter);
    for (const { kind, regex, harm } of compiled ? hostile.findWeaknesses(jail, compiled) : []) {
      const index = kind === "prefregex" ? -1 : (compiled?.failregex.indexOf(regex) ?? -1);
      const origin = regex.source.origin ?? findPlace(jail, regex.source.text);
      weaknesses.push({ filter: number, regex: index, harm, ...(origin && { origin }) });
    }
    pace.pause();
  });
  const skipped = request.filters.flatMap(({ jail }, number) => (hostile.skipped.has(jail) ? [number] : []));
  return { weaknesses, skipped };
}

/** A filter of a jail at work compiles; whatever does not is none of our business. */
function compileKnown(filter: FilterSpec): CompiledFilter | undefined {
  try {
    return compileFilter(filter);
  } catch (error) {
    if (error instanceof FilterError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Jails made by commands do not say where they were written. If the tree has a regex with the very same text in a jail of
 * that name, it is the one. The tree is read when first asked for.
 */
function placeFinder(directory: string | undefined): (jail: string, text: string) => Origin | undefined {
  let configuration: ReturnType<typeof readConfiguration> | undefined;
  return (jail, text) => {
    if (directory === undefined) {
      return undefined;
    }
    configuration ??= readConfiguration({ directory, tolerateMissingLogs: true, version: FAIL2BAN_VERSION });
    if (!configuration.jails.includes(jail)) {
      return undefined;
    }
    const { prefregex, failregex } = foldJail(configuration, jail).spec.filter;
    return [prefregex, ...failregex].find((regex) => regex?.text === text)?.origin;
  };
}
