import type { OptionType } from "./option-value";

/** An option fail2ban reads: how it is converted, and its value when it is set nowhere. */
export interface KnownOption {
  readonly type: OptionType;
  readonly fallback?: string;
}

/** Options of the server, in [Definition] of fail2ban.conf. */
export const SERVER_OPTIONS: ReadonlySet<string> = new Set([
  "socket",
  "pidfile",
  "loglevel",
  "logtarget",
  "syslogsocket",
  "allowipv6",
  "dbfile",
  "dbmaxmatches",
  "dbpurgeage",
  "readeruser",
  "readergroups",
  "checkfilters",
]);

/** Options of a filter's [Definition]; a jail may set them as well. In the order of the stream. */
export const FILTER_OPTIONS: ReadonlyMap<string, OptionType> = new Map<string, OptionType>([
  ["usedns", "text"],
  ["prefregex", "text"],
  ["ignoreregex", "text"],
  ["failregex", "text"],
  ["maxlines", "int"],
  ["datepattern", "text"],
  ["journalmatch", "text"],
]);

/** Options of an action's [Definition], in the order of the stream. */
export const ACTION_OPTIONS: ReadonlyMap<string, OptionType> = new Map<string, OptionType>([
  ["actionstart", "text"],
  ["actionstart_on_demand", "boolean"],
  ["actionstop", "text"],
  ["actionflush", "text"],
  ["actionreload", "text"],
  ["actioncheck", "text"],
  ["actionrepair", "text"],
  ["actionrepair_on_unban", "boolean"],
  ["actionban", "text"],
  ["actionprolong", "text"],
  ["actionreban", "text"],
  ["actionunban", "text"],
  ["norestored", "boolean"],
]);

/** What is read of a jail before its filter, so that the filter's options can be referred to. */
export const FIRST_JAIL_OPTIONS: ReadonlyMap<string, KnownOption> = new Map<string, KnownOption>([
  ["enabled", { type: "boolean", fallback: "false" }],
  ["backend", { type: "text", fallback: "auto" }],
  ["filter", { type: "text", fallback: "" }],
]);

/** All options of a jail, in the order of the stream. */
export const JAIL_OPTIONS: ReadonlyMap<string, KnownOption> = new Map<string, KnownOption>([
  ["enabled", { type: "boolean", fallback: "false" }],
  ["skip_if_nologs", { type: "boolean", fallback: "false" }],
  ["systemd_if_nologs", { type: "boolean", fallback: "true" }],
  ["backend", { type: "text", fallback: "auto" }],
  ["maxretry", { type: "int" }],
  ["maxmatches", { type: "int" }],
  ["findtime", { type: "text" }],
  ["bantime", { type: "text" }],
  ["bantime.increment", { type: "boolean" }],
  ["bantime.factor", { type: "text" }],
  ["bantime.formula", { type: "text" }],
  ["bantime.multipliers", { type: "text" }],
  ["bantime.maxtime", { type: "text" }],
  ["bantime.rndtime", { type: "text" }],
  ["bantime.overalljails", { type: "boolean" }],
  ["ignorecommand", { type: "text" }],
  ["ignoreself", { type: "boolean" }],
  ["ignoreip", { type: "text" }],
  ["ignorecache", { type: "text" }],
  ["filter", { type: "text", fallback: "" }],
  ["logtimezone", { type: "text" }],
  ["logencoding", { type: "text" }],
  ["logpath", { type: "text" }],
  ["action", { type: "text", fallback: "" }],
  ...[...FILTER_OPTIONS].map(([name, type]): [string, KnownOption] => [name, { type }]),
]);

/** Jail options that are no `set` command of their own. */
export const SILENT_JAIL_OPTIONS: ReadonlySet<string> = new Set([
  "enabled",
  "skip_if_nologs",
  "systemd_if_nologs",
  "backend",
  "filter",
  "action",
  "logpath",
  ...FILTER_OPTIONS.keys(),
]);

/** Tags that actions fill in when they run, never when they are read. */
export const RUNTIME_TAGS: ReadonlySet<string> = new Set([
  "matches",
  "ipmatches",
  "ipjailmatches",
  "timeout",
  "bantime",
]);
