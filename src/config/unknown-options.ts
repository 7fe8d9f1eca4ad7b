import type { Origin } from "../model";
import type { MergedConfig } from "./merged-config";
import { findRightPlace, type FileKind } from "./misplaced-options";
import { findNearestName } from "./nearest-name";
import { startOf } from "./origin-text";

/** Names in `%(name)s`, `%(section/name)s`, `<name>`; bounded, so that open brackets cannot make it slow. */
const REFERENCE = /%\((?:[^)/]{1,200}\/)?([^)]{1,200})\)s|<(?:[^ <>/]{1,200}\/)?([^ <>]{1,200})>/g;

/** Stock jails pass these to every action, whether it has a use for them or not. */
const USUAL_ARGUMENTS: ReadonlySet<string> = new Set([
  "name",
  "actname",
  "port",
  "protocol",
  "chain",
  "bantime",
]);

/** Where a warning goes. */
export interface Warner {
  warn(message: string, origin?: Origin): void;
}

const references = new WeakMap<MergedConfig, ReadonlySet<string>>();

/**
 * Warns about options of a section that nothing reads and nothing refers to, but that look like a known one or are
 * one of another kind of file.
 */
export function warnUnknownOptions(
  report: Warner,
  place: { config: MergedConfig; section: string; what: string; kind: FileKind },
  known: ReadonlySet<string>,
): void {
  const { config, section, what, kind } = place;
  for (const [option, value] of config.getSection(section) ?? []) {
    if (option.startsWith("known/")) {
      continue;
    }
    const origin = startOf(value);
    const place = known.has(option) || isReferred(config, option) ? undefined : findRightPlace(option, kind);
    if (place === undefined) {
      warnUnknown(report, { name: option, what, origin }, { config, known });
    } else {
      report.warn(`${what} "${option}" has no effect in [${section}] here; it belongs into ${place}`, origin);
    }
  }
}

/** Warns about arguments of a filter or action that look like a mistyped one of its options. */
export function warnUnknownArguments(
  report: Warner,
  call: { args: Iterable<string>; config: MergedConfig; what: string; origin: Origin | undefined },
  options: Iterable<string>,
): void {
  const { config, what, origin } = call;
  const known = new Set([
    ...options,
    ...(config.getSection("Definition")?.keys() ?? []),
    ...(config.getSection("Init")?.keys() ?? []),
  ]);
  for (const name of call.args) {
    if (!USUAL_ARGUMENTS.has(name)) {
      warnUnknown(report, { name, what, origin }, { config, known });
    }
  }
}

function warnUnknown(
  report: Warner,
  option: { name: string; what: string; origin: Origin | undefined },
  among: { config: MergedConfig; known: ReadonlySet<string> },
): void {
  if (among.known.has(option.name) || isReferred(among.config, option.name)) {
    return;
  }
  const nearest = findNearestName(option.name, among.known);
  if (nearest !== undefined) {
    const message = `${option.what} "${option.name}" is not known and has no effect; is "${nearest}" meant?`;
    report.warn(message, option.origin);
  }
}

function isReferred(config: MergedConfig, option: string): boolean {
  return listReferences(config).has(option.toLowerCase());
}

/** Every option name that some value of the configuration mentions, in lower case. */
function listReferences(config: MergedConfig): ReadonlySet<string> {
  const known = references.get(config);
  if (known) {
    return known;
  }
  const names = new Set<string>();
  for (const text of listValues(config)) {
    for (const match of text.matchAll(REFERENCE)) {
      names.add((match[1] ?? match[2] ?? "").toLowerCase());
    }
  }
  references.set(config, names);
  return names;
}

function* listValues(config: MergedConfig): Iterable<string> {
  for (const section of ["DEFAULT", ...config.sectionNames]) {
    for (const value of config.getSection(section)?.values() ?? []) {
      yield value.text;
    }
  }
}
