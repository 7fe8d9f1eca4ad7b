import type { Problem } from "../model";
import { readFilterOptions } from "./jail";
import { JailContext } from "./jail-context";
import { openDefinition } from "./jail-definition";
import { FILTER, readFilter } from "./jail-filter";
import { Library } from "./library";
import { MergedConfig } from "./merged-config";
import { makeText } from "./origin-text";
import { addFilterEntries, type StreamEntry } from "./stream";

/** Which filter or jail to read: `name[args]` taken apart. */
export interface FilterReference {
  /** The folder with `jail.conf` and `filter.d`. */
  readonly directory: string;
  /** Of a filter: its name under `filter.d`, or an absolute path without `.conf`. Of a jail: its section. */
  readonly name: string;
  readonly args: ReadonlyMap<string, string>;
  /** What the lines come from; filters may have other regexes for the journal. */
  readonly logtype: "file" | "journal";
}

/** What one filter sets: the commands a jail would be given for it, and what is wrong with its files. */
export interface FilterReading {
  readonly entries: readonly StreamEntry[];
  readonly problems: readonly Problem[];
}

const NOBODY = "fail2ban-regex";

/** Reads a filter by itself. Throws `ConfigError` when there is none of that name or it is malformed. */
export function readFilterFile(reference: FilterReference): FilterReading {
  const library = openLibrary(reference.directory);
  const context = new JailContext(NOBODY, new MergedConfig(), library);
  const filter = openDefinition(context, FILTER, reference, undefined);
  if (!reference.args.has("logtype") && !filter.init.get("logtype") && !filter.defines("logtype")) {
    filter.setArgument("logtype", makeText(reference.logtype));
  }
  const entries: StreamEntry[] = [];
  addFilterEntries(entries, NOBODY, readFilter(filter, new Map(), false), (option) => filter.placeOf(option));
  return { entries, problems: [...library.problems, ...context.problems] };
}

/** Whether the configuration has a jail of that name, enabled or not. A malformed one has none. */
export function hasJail(directory: string, name: string): boolean {
  try {
    return name !== "INCLUDES" && (openLibrary(directory).load("jail")?.hasSection(name) ?? false);
  } catch {
    return false;
  }
}

/**
 * Reads what a jail, enabled or not, sets of its filter, its log's encoding and zone and its journal; its actions and
 * logs are not looked at. `args` replace options of the jail and arguments of its filter. Throws `ConfigError`.
 */
export function readJailFilter(reference: FilterReference): FilterReading {
  const { directory, name, args, logtype } = reference;
  const library = openLibrary(directory);
  const config = library.load("jail") ?? new MergedConfig();
  const given = [...args].map(([key, value]) => [key.toLowerCase(), makeText(value)] as const);
  const options = new Map([...given, ["enabled", makeText("true")] as const]);
  config.setDefaults([["fail2ban_confpath", makeText(library.directory)]]);
  config.addFile({ file: "", defaults: new Map(), sections: new Map([[name, options]]), problems: [] });
  const context = new JailContext(name, config, library);
  return {
    entries: readFilterOptions(context, args, logtype),
    problems: [...library.problems, ...context.problems],
  };
}

function openLibrary(directory: string): Library {
  return new Library(directory.replace(/\/+$/, "") || "/");
}
