import {
  formatPython,
  formatPythonText,
  type CommandValue,
  type FilterSpec,
  type IgnoreSpec,
  type IncrementSpec,
  type JailSpec,
  type Origin,
  type Sourced,
  type TimeText,
  type UseDns,
} from "../model";
import { plainError, toBool, toInt, valueError, type JailChange, type JailOption } from "../control";
import { changeActions } from "./action-changes";
import { backendSources, ownBackend, requireFile } from "./backend-sources";

/** Changes that are part of what a jail is; the others (bans, start, stop) act on the live jail. */
export type SpecChange = Exclude<
  JailChange,
  { readonly type: "add-jail" | "start-jail" | "stop-jail" | "attempt" | "banip" | "unbanip" }
>;

/** Whether a request changes the spec of a jail. */
export function isSpecChange(request: { readonly type: string }): request is SpecChange {
  return SPEC_CHANGES.has(request.type);
}

const SPEC_CHANGES: ReadonlySet<string> = new Set<SpecChange["type"]>([
  "set-idle",
  "set-option",
  "set-bantime-option",
  "add-ignoreip",
  "del-ignoreip",
  "add-logpath",
  "del-logpath",
  "add-journalmatch",
  "del-journalmatch",
  "add-regex",
  "del-regex",
  "add-action",
  "del-action",
  "set-action",
  "multi-set-action",
]);

/** Ways to read logs; `gamin` is no more, but older configurations name it. */
const BACKENDS = ["pyinotify", "polling", "systemd"];

/** A jail as `add NAME BACKEND` makes it, before anything is set. Throws `RemoteError` for an unknown backend. */
export function newJailSpec(name: string, requested: string): JailSpec {
  const backend = requested.replace(/^\s*\w+/, (word) => word.toLowerCase());
  const word = backend.replace(/\[.*$/s, "").trim();
  // DIFFERS: fail2ban has no backends that listen for syslog messages or run a command.
  if (ownBackend(backend) === undefined && word !== "auto" && word !== "gamin" && !BACKENDS.includes(word)) {
    throw valueError(
      `Unknown backend ${requested}. Must be among ${formatPython(BACKENDS)} or ${formatPython("auto")}`,
    );
  }
  return {
    name,
    source: { backend, logs: backendSources(backend), journalmatch: [], logencoding: "auto" },
    filter: { failregex: [], ignoreregex: [], maxlines: 1, usedns: "warn" },
    maxretry: 3,
    maxmatches: 5,
    findtime: 600,
    bantime: 600,
    increment: {},
    ignore: { ignoreself: true, ignoreip: [], ignorecommand: "" },
    actions: [],
    idle: false,
  };
}

/**
 * The spec with one change made. `origins` are the places of the values, where known.
 * Throws `RemoteError` in fail2ban's words for what cannot be done.
 */
export function applyChange(
  spec: JailSpec,
  change: SpecChange,
  origins: readonly (Origin | undefined)[] = [],
): JailSpec {
  switch (change.type) {
    case "set-idle":
      return { ...spec, idle: change.idle };
    case "set-option":
      return setOption(spec, change.option, change.value, origins[0]);
    case "set-bantime-option":
      return { ...spec, increment: setIncrement(spec.increment, change.option, change.value) };
    case "add-ignoreip":
    case "del-ignoreip":
      return { ...spec, ignore: changeIgnoreip(spec.ignore, change) };
    case "add-logpath":
    case "del-logpath":
    case "add-journalmatch":
    case "del-journalmatch":
      return { ...spec, source: changeSource(spec.source, change) };
    case "add-regex":
    case "del-regex":
      return { ...spec, filter: changeRegexes(spec.filter, change, origins) };
    case "add-action":
    case "del-action":
    case "set-action":
    case "multi-set-action":
      return { ...spec, actions: changeActions(spec.actions, change) };
  }
}

function setOption(spec: JailSpec, option: JailOption, value: CommandValue, origin?: Origin): JailSpec {
  const text = formatPythonText(value);
  switch (option) {
    case "maxretry":
    case "maxmatches":
      return { ...spec, [option]: toInt(value) };
    case "findtime":
    case "bantime":
      return { ...spec, [option]: toTime(value) };
    case "logencoding":
      return { ...spec, source: { ...spec.source, logencoding: text } };
    case "ignoreself":
      return { ...spec, ignore: { ...spec.ignore, ignoreself: toBool(value) } };
    case "ignorecommand":
      return {
        ...spec,
        ignore: { ...spec.ignore, ignorecommand: value === null || value === false ? "" : text },
      };
    case "ignorecache":
      return { ...spec, ignore: setIgnorecache(spec.ignore, text) };
    default:
      return {
        ...spec,
        filter: setFilterOption(spec.filter, option, { text, ...(origin ? { origin } : {}) }),
      };
  }
}

function setFilterOption(
  filter: FilterSpec,
  option: "prefregex" | "usedns" | "datepattern" | "logtimezone" | "maxlines",
  value: Sourced,
): FilterSpec {
  switch (option) {
    case "prefregex":
    case "datepattern": {
      const { [option]: _, ...rest } = filter;
      return value.text === "" ? rest : { ...rest, [option]: value };
    }
    case "logtimezone":
      return { ...filter, logtimezone: value.text };
    case "usedns":
      return { ...filter, usedns: parseUseDns(value.text) };
    case "maxlines": {
      const maxlines = toInt(value.text);
      if (maxlines <= 0) {
        throw valueError("maxlines must be integer greater than zero");
      }
      return { ...filter, maxlines };
    }
  }
}

/** As in fail2ban a word that is none means `no`, the safe one. */
function parseUseDns(text: string): UseDns {
  const word = text.toLowerCase();
  return word === "yes" || word === "warn" || word === "raw" ? word : "no";
}

function setIgnorecache(ignore: IgnoreSpec, text: string): IgnoreSpec {
  const { ignorecache: _, ...rest } = ignore;
  return text === "" ? rest : { ...rest, ignorecache: text };
}

function setIncrement(increment: IncrementSpec, option: string, value: CommandValue): IncrementSpec {
  const { [option as keyof IncrementSpec]: _, ...rest } = increment;
  if (value === "" || value === null) {
    return option === "increment" ? { ...rest, increment: false } : rest;
  }
  if (option === "increment" || option === "overalljails") {
    return { ...rest, [option]: toBool(value) };
  }
  if (option === "maxtime" || option === "rndtime") {
    return { ...rest, [option]: toTime(value) };
  }
  if (option === "factor" || option === "formula" || option === "multipliers") {
    return { ...rest, [option]: formatPythonText(value) };
  }
  throw plainError(`Unknown bantime option ${formatPython(option)}`);
}

function toTime(value: CommandValue): TimeText {
  return typeof value === "number" ? value : formatPythonText(value);
}

function changeIgnoreip(
  ignore: IgnoreSpec,
  change: Extract<SpecChange, { readonly type: "add-ignoreip" | "del-ignoreip" }>,
): IgnoreSpec {
  if (change.type === "add-ignoreip") {
    const added = change.ips.flatMap((word) => word.split(/[\s,]+/)).filter((word) => word !== "");
    return { ...ignore, ignoreip: [...new Set([...ignore.ignoreip, ...added])] };
  }
  if (!ignore.ignoreip.includes(change.ip)) {
    throw valueError("list.remove(x): x not in list");
  }
  return { ...ignore, ignoreip: ignore.ignoreip.filter((ip) => ip !== change.ip) };
}

function changeSource(
  source: JailSpec["source"],
  change: Extract<
    SpecChange,
    { readonly type: "add-logpath" | "del-logpath" | "add-journalmatch" | "del-journalmatch" }
  >,
): JailSpec["source"] {
  switch (change.type) {
    case "add-logpath":
      requireFile(change.path);
      return source.logs.some((log) => log.path === change.path)
        ? source
        : { ...source, logs: [...source.logs, { path: change.path, position: change.position }] };
    case "del-logpath":
      return { ...source, logs: source.logs.filter((log) => log.path !== change.path) };
    case "add-journalmatch":
      return { ...source, journalmatch: [...source.journalmatch, ...splitMatches(change.words)] };
    case "del-journalmatch":
      return { ...source, journalmatch: removeMatch(source.journalmatch, change.words) };
  }
}

/** `A=b + C=d` are two groups, either of which an entry may fulfil. */
function splitMatches(words: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  for (const word of words) {
    if (word === "+") {
      groups.push([]);
    } else if (word.includes("=")) {
      groups.at(-1)?.push(word);
    } else {
      throw valueError("Invalid match");
    }
  }
  return groups;
}

function removeMatch(
  matches: readonly (readonly string[])[],
  words: readonly string[],
): (readonly string[])[] {
  const wanted = words.join("\n");
  if (!matches.some((match) => match.join("\n") === wanted)) {
    throw valueError(`Match ${formatPython(words)} not found`);
  }
  return matches.filter((match) => match.join("\n") !== wanted);
}

function changeRegexes(
  filter: FilterSpec,
  change: Extract<SpecChange, { readonly type: "add-regex" | "del-regex" }>,
  origins: readonly (Origin | undefined)[],
): FilterSpec {
  const { list } = change;
  if (change.type === "add-regex") {
    const added = change.patterns.map((text, i): Sourced => {
      const origin = origins[i];
      return origin ? { text, origin } : { text };
    });
    return { ...filter, [list]: [...filter[list], ...added] };
  }
  return { ...filter, [list]: filter[list].filter((regex) => regex !== filter[list].at(change.index)) };
}
