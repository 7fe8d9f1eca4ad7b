import type { Origin } from "../model";
import { ACTION_OPTIONS, FILTER_OPTIONS, JAIL_OPTIONS, SERVER_OPTIONS } from "./known-options";
import type { MergedConfig } from "./merged-config";
import { findNearestName } from "./nearest-name";
import { startOf } from "./origin-text";
import { parsePythonBoolean } from "./python-text";

/** The kinds of configuration files, each with options of its own. */
export type FileKind = "server" | "jail" | "filter" | "action";

/** Sections that are read; all other names are jails, or parts that tags refer to. */
const SECTIONS: Readonly<Record<FileKind, readonly string[]>> = {
  server: ["Definition", "Thread", "INCLUDES"],
  jail: [],
  filter: ["Definition", "Init", "INCLUDES"],
  action: ["Definition", "Init", "INCLUDES"],
};

/** Where an option would have an effect; `undefined` when it is no option of any other kind of file. */
export function findRightPlace(option: string, kind: FileKind): string | undefined {
  if (kind === "action" && option === "timeout") {
    return "[Init] of the action";
  }
  if (kind !== "server" && SERVER_OPTIONS.has(option)) {
    return "[Definition] of fail2ban.local";
  }
  if (kind !== "jail" && kind !== "filter" && FILTER_OPTIONS.has(option)) {
    return "[Definition] of a filter or a jail in jail.local";
  }
  if (kind !== "jail" && JAIL_OPTIONS.has(option)) {
    return "a jail in jail.local";
  }
  return kind !== "action" && ACTION_OPTIONS.has(option) ? "[Definition] of an action" : undefined;
}

/** Warns about sections that nothing reads, or that mean something else than their name says. */
export function warnSections(
  report: { warn(message: string, origin?: Origin): void },
  config: MergedConfig,
  place: { readonly kind: FileKind; readonly what: string },
): void {
  for (const name of config.sectionNames) {
    const fault = place.kind === "jail" ? judgeJailSection(name) : judgeSection(name, place.kind);
    if (fault !== undefined) {
      report.warn(`${place.what}: section [${name}] ${fault}`, originOf(config, name));
    }
  }
}

/** Warns about options that do more in [DEFAULT] of the jails than most people mean. */
export function warnDefaults(
  report: { warn(message: string, origin?: Origin): void },
  config: MergedConfig,
): void {
  for (const option of ["failregex", "prefregex"]) {
    const value = config.defaults.get(option);
    if (value && value.text !== "") {
      const message = `option "${option}" in [DEFAULT] takes the place of every jail's own; set it in one jail`;
      report.warn(message, startOf(value));
    }
  }
  const enabled = config.defaults.get("enabled");
  if (enabled && parsePythonBoolean(enabled.text)) {
    const message = 'option "enabled" in [DEFAULT] switches on every jail there is; set it in single jails';
    report.warn(message, startOf(enabled));
  }
}

function judgeJailSection(name: string): string | undefined {
  if (name === "Definition" || name === "Init" || name === "Thread") {
    return "is none of a jail configuration and is taken for a jail of that name";
  }
  return name.toUpperCase() === "DEFAULT" ? "is taken for a jail; is [DEFAULT] meant?" : undefined;
}

function judgeSection(name: string, kind: FileKind): string | undefined {
  const known = SECTIONS[kind];
  if (known.includes(name)) {
    return undefined;
  }
  const nearest =
    known.find((one) => one.toLowerCase() === name.toLowerCase()) ??
    findNearestName(name, [...known, "DEFAULT"]);
  if (nearest !== undefined) {
    return `is not known and has no effect; is [${nearest}] meant?`;
  }
  return kind === "server" ? "is not known and has no effect" : undefined;
}

function originOf(config: MergedConfig, section: string): Origin | undefined {
  const [first] = config.getSection(section)?.values() ?? [];
  return startOf(first);
}
