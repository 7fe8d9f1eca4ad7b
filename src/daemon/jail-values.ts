import {
  PERMANENT,
  PyTuple,
  banEnd,
  evaluateDuration,
  type Ban,
  type CommandValue,
  type IncrementSpec,
  type JailSpec,
} from "../model";
import { formatDateTime } from "../platform";
import { RemoteError, plainError, type JailList, type JailOption } from "../control";
import { createDateDetector } from "../date";
import { compileFilter, expandTags } from "../filter";
import { parseIgnoreCache, resolveSettings } from "../jail";
import { parseEncoding } from "../source";
import { usesJournal } from "./journal-backend";
import type { LiveJail } from "./live-jail";

/** The value of one option of a jail, as `get` (and a `set` of it) answers. */
export function optionValue(spec: JailSpec, option: JailOption): CommandValue {
  switch (option) {
    case "ignoreself":
      return spec.ignore.ignoreself;
    case "ignorecommand":
      return spec.ignore.ignorecommand === "" ? false : spec.ignore.ignorecommand;
    case "ignorecache":
      return ignorecacheValue(spec.ignore.ignorecache);
    case "logencoding":
      return spec.source.logencoding === "auto" ? "UTF-8" : spec.source.logencoding;
    case "findtime":
    case "bantime":
      return evaluateDuration(spec[option]).value;
    case "maxretry":
    case "maxmatches":
      return spec[option];
    default:
      return filterValue(spec, option);
  }
}

function filterValue(
  spec: JailSpec,
  option: "prefregex" | "usedns" | "maxlines" | "logtimezone" | "datepattern",
): CommandValue {
  switch (option) {
    case "prefregex":
      return spec.filter.prefregex ? expandPattern(spec, spec.filter.prefregex.text) : "";
    case "logtimezone":
      return spec.filter.logtimezone ?? null;
    case "datepattern":
      return usesJournal(spec) ? null : datepatternValue(spec);
    default:
      return spec.filter[option];
  }
}

/** One of the lists of a jail, as `get` answers. */
export function listValue(jail: LiveJail, list: JailList): CommandValue {
  const { spec } = jail;
  switch (list) {
    case "logpath":
      return jail.backend === "systemd" ? [] : spec.source.logs.map((log) => log.path);
    case "journalmatch":
      return jail.backend === "systemd" ? spec.source.journalmatch : [];
    case "ignoreip":
      return jail.ignoreip;
    case "actions":
      return jail.actions.names;
    case "failregex":
    case "ignoreregex":
      return spec.filter[list].map((regex) => expandPattern(spec, regex.text));
  }
}

/** The value of a `bantime.NAME` option; None when unset. */
export function incrementValue(increment: IncrementSpec, option: string): CommandValue {
  const value = increment[option as keyof IncrementSpec];
  if (value === undefined) {
    return null;
  }
  return option === "maxtime" || option === "rndtime" ? evaluateDuration(String(value)).value : value;
}

/** A ban with its times: `192.0.2.1 \t2026-11-21 00:40:13 + 300 = 2026-11-21 00:45:13`. */
export function formatBanTimes(ban: Ban): string {
  const end = ban.bantime === PERMANENT ? "9999-12-31 23:59:59" : formatDateTime(banEnd(ban));
  return `${ban.offender.id} \t${formatDateTime(ban.time)} + ${Math.trunc(ban.bantime)} = ${end}`;
}

/**
 * Compiles what can be compiled of a spec. Throws for a number, a regex, a date pattern or an encoding that cannot be used:
 * `WarderError`, or `RemoteError` where fail2ban has an exception of its own.
 */
export function checkSpec(spec: JailSpec): void {
  const { logencoding } = spec.source;
  if (!parseEncoding(logencoding)) {
    throw new RemoteError("builtins.LookupError", [`unknown encoding: ${logencoding}`]);
  }
  resolveSettings(spec);
  compileFilter(spec.filter);
  makeDetector(spec);
}

function expandPattern(spec: JailSpec, pattern: string): string {
  return expandTags(pattern, { names: spec.filter.usedns !== "no" });
}

function ignorecacheValue(text: string | undefined): CommandValue {
  if (text === undefined) {
    return null;
  }
  const cache = parseIgnoreCache(text);
  if (!cache) {
    throw plainError(`Invalid ignorecache '${text}'`);
  }
  return [cache.key, cache.maxCount, cache.maxTime];
}

function datepatternValue(spec: JailSpec): CommandValue {
  const [pattern, name] = makeDetector(spec).patternInfo();
  return new PyTuple([pattern ?? null, name]);
}

function makeDetector(spec: JailSpec): ReturnType<typeof createDateDetector> {
  const { datepattern, logtimezone } = spec.filter;
  return createDateDetector({
    ...(datepattern ? { datepattern: datepattern.text } : {}),
    ...(logtimezone ? { logtimezone } : {}),
  });
}
