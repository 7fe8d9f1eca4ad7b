import { addFilterEntries, makeSetEntry, type StreamEntry } from "./stream";
import { ConfigError } from "./config-error";
import type { JailContext } from "./jail-context";
import { readActions } from "./jail-action";
import { openFilter, readFilter } from "./jail-filter";
import { findLogs, type LogPattern, type LogSearch } from "./jail-logs";
import { interpolate } from "./interpolation";
import { FIRST_JAIL_OPTIONS, JAIL_OPTIONS, SILENT_JAIL_OPTIONS, type KnownOption } from "./known-options";
import { convertOption, toVars, type OptionValue } from "./option-value";
import { makeText, startOf, type OriginText } from "./origin-text";

/** What became of one section of the jail configuration. */
export interface JailReading {
  readonly enabled: boolean;
  /** Whether the jail is part of the stream; a broken or skipped one is only named there. */
  readonly usable: boolean;
  readonly entries: readonly StreamEntry[];
  readonly logPatterns: readonly LogPattern[];
  readonly missingLogs: readonly LogPattern[];
}

type Options = Map<string, OptionValue>;

const NOTHING: JailReading = { enabled: false, usable: false, entries: [], logPatterns: [], missingLogs: [] };

/** Reads one jail. A broken one gives a problem and a `config-error` entry in place of its commands. */
export function readJail(context: JailContext, tolerateMissingLogs: boolean): JailReading {
  try {
    const first = readOptions(context, FIRST_JAIL_OPTIONS);
    return first.get("enabled") === true ? readEnabledJail(context, first, tolerateMissingLogs) : NOTHING;
  } catch (error) {
    // DIFFERS: a reference that leads nowhere, an open quote and the like end the whole run in fail2ban.
    if (error instanceof ConfigError) {
      const advice = error.advice === undefined ? "" : ` (${error.advice})`;
      context.fail(`skipped: ${error.message}${advice}`, error.origin);
      return { ...NOTHING, enabled: true, entries: [makeSkipEntry(context.jail, error)] };
    }
    throw error;
  }
}

function readEnabledJail(context: JailContext, first: Options, tolerateMissingLogs: boolean): JailReading {
  const backend = textOf(first, "backend")?.text ?? "auto";
  const filter = openFilter(context, textOf(first, "filter"), backend);
  if (filter) {
    context.config.addKnown(context.jail, toVars(readFilter(filter, first, true)));
  }
  const options = readOptions(context, JAIL_OPTIONS);
  const stream: StreamEntry[] = [];
  // Actions come last in the stream; their mistakes are told before a log's absence is, as in fail2ban.
  const actions = readActions(context, textOf(options, "action") ?? makeText(""), options);
  if (filter) {
    addFilterEntries(stream, context.jail, readFilter(filter, options, false));
  }
  addFilterEntries(stream, context.jail, options);
  stream.push(...makeOptionEntries(context.jail, options));
  const logs = searchLogs(context, options, tolerateMissingLogs);
  if (logs.skip !== undefined) {
    return { ...NOTHING, enabled: true, entries: [logs.skip] };
  }
  const { jail } = context;
  const add: StreamEntry = { command: ["add", jail, logs.backend], jail };
  return {
    enabled: true,
    usable: true,
    entries: [add, ...stream, ...logs.entries, ...actions],
    logPatterns: logs.search?.patterns ?? [],
    missingLogs: logs.search?.missing ?? [],
  };
}

function readOptions(context: JailContext, known: ReadonlyMap<string, KnownOption>): Options {
  const options: Options = new Map();
  const { config, jail, budget } = context;
  for (const [option, { type, fallback }] of known) {
    const text = interpolate(config, { section: jail, option, budget }) ?? asText(fallback);
    if (text !== undefined) {
      const value = convertOption(text, type);
      if (value === null) {
        context.warn(`option "${option}" is not a whole number: "${text.text.slice(0, 40)}"`, startOf(text));
      }
      options.set(option, value);
    }
    if (option === "enabled" && options.get(option) !== true) {
      break;
    }
  }
  return options;
}

function makeOptionEntries(jail: string, options: Options): StreamEntry[] {
  const entries: StreamEntry[] = [];
  for (const [option, value] of options) {
    if (option === "ignoreip" && value !== null && typeof value === "object") {
      entries.push({ ...makeSetEntry(jail, option, value), command: makeIgnoreCommand(jail, value) });
    } else if (!SILENT_JAIL_OPTIONS.has(option)) {
      entries.push(makeSetEntry(jail, option, value));
    }
  }
  return entries;
}

function makeIgnoreCommand(jail: string, value: OriginText): string[] {
  const words = value.text.split(/[ ,\n]+/).map((word) => word.trim());
  return ["set", jail, "addignoreip", ...words.filter((word) => word !== "")];
}

interface JailLogs {
  readonly backend: string;
  readonly entries: readonly StreamEntry[];
  readonly search?: LogSearch;
  /** Takes the place of the whole jail. */
  readonly skip?: StreamEntry;
}

function searchLogs(context: JailContext, options: Options, tolerateMissingLogs: boolean): JailLogs {
  const backend = textOf(options, "backend")?.text ?? "auto";
  const logpath = textOf(options, "logpath");
  if (!logpath || backend.startsWith("systemd")) {
    return { backend, entries: [] };
  }
  const { jail } = context;
  const search = findLogs(jail, logpath);
  for (const { path, pattern } of search.dangling) {
    context.warn(`log ${path} is a link that leads nowhere`, pattern.origin);
  }
  if (search.found.length > 0) {
    const entries = search.found.map(
      ({ path, pattern }): StreamEntry => ({
        command: ["set", jail, "addlogpath", path, pattern.position],
        jail,
        ...(pattern.origin && { origin: pattern.origin }),
      }),
    );
    return { backend, entries, search };
  }
  return handleMissingLogs(context, { options, backend, search, tolerateMissingLogs });
}

function handleMissingLogs(
  context: JailContext,
  state: { options: Options; backend: string; search: LogSearch; tolerateMissingLogs: boolean },
): JailLogs {
  const { options, backend, search } = state;
  const origin = startOf(textOf(options, "logpath"));
  const message = `no log file matches ${search.patterns.map(({ pattern }) => pattern).join(", ") || "logpath"}`;
  const toJournal = options.get("systemd_if_nologs") === true && options.has("journalmatch");
  if (backend.startsWith("auto") && toJournal) {
    context.warn(`${message}; it reads the journal in their place`, origin);
    return { backend: "systemd", entries: [] };
  }
  if (options.get("skip_if_nologs") === true) {
    context.warn(`skipped: ${message}`, origin);
    const text = `Jail '${context.jail}' skipped, because of missing log files.`;
    return { backend, entries: [], skip: { command: ["config-error", text], jail: context.jail } };
  }
  // DIFFERS: without tolerance fail2ban gives up on all jails here; the jail stays in the stream without logs.
  if (state.tolerateMissingLogs) {
    context.warn(message, origin);
  } else {
    context.fail(message, origin);
  }
  return { backend, entries: [], search };
}

function makeSkipEntry(jail: string, error: ConfigError): StreamEntry {
  const message = `Jail '${jail}' skipped, because of wrong configuration: ${error.message}`;
  return { command: ["config-error", message], jail, ...(error.origin && { origin: error.origin }) };
}

function textOf(options: Options, name: string): OriginText | undefined {
  const value = options.get(name);
  return value !== null && typeof value === "object" ? value : undefined;
}

function asText(fallback: string | undefined): OriginText | undefined {
  return fallback === undefined ? undefined : makeText(fallback);
}
