import { addFilterEntries, makeSetEntry, type StreamEntry } from "./stream";
import { ConfigError } from "./config-error";
import type { JailContext } from "./jail-context";
import { readActions } from "./jail-action";
import { openFilter, readFilter } from "./jail-filter";
import type { LogPattern } from "./jail-logs";
import { searchLogs } from "./jail-log-entries";
import { interpolate } from "./interpolation";
import {
  FILTER_OPTIONS,
  FIRST_JAIL_OPTIONS,
  JAIL_OPTIONS,
  SILENT_JAIL_OPTIONS,
  type KnownOption,
} from "./known-options";
import { convertOption, textOf, toVars, type JailOptions, type OptionValue } from "./option-value";
import { listLines, makeText, startOf, type OriginText } from "./origin-text";
import { warnUnknownOptions } from "./unknown-options";

/** What became of one section of the jail configuration. */
export interface JailReading {
  readonly enabled: boolean;
  /** Whether the jail is part of the stream; a broken or skipped one is only named there. */
  readonly usable: boolean;
  readonly entries: readonly StreamEntry[];
  readonly logPatterns: readonly LogPattern[];
  readonly missingLogs: readonly LogPattern[];
}

const NOTHING: JailReading = { enabled: false, usable: false, entries: [], logPatterns: [], missingLogs: [] };

/** Reads one jail. A broken one gives a problem and a `config-error` entry in place of its commands. */
export function readJail(context: JailContext, tolerateMissingLogs: boolean): JailReading {
  try {
    const first = readOptions(context, FIRST_JAIL_OPTIONS);
    return first.get("enabled") === true || context.evenDisabled
      ? readEnabledJail(context, first, tolerateMissingLogs)
      : NOTHING;
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

function readEnabledJail(
  context: JailContext,
  first: JailOptions,
  tolerateMissingLogs: boolean,
): JailReading {
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
    addFilterEntries(stream, context.jail, readFilter(filter, options, false), (option) =>
      filter.placeOf(option),
    );
  }
  addFilterEntries(stream, context.jail, options);
  stream.push(...makeOptionEntries(context.jail, options));
  const logs = searchLogs(context, options, tolerateMissingLogs);
  if (logs.skip !== undefined) {
    return { ...NOTHING, enabled: true, entries: [logs.skip] };
  }
  const { jail } = context;
  const section = { config: context.config, section: jail, what: "option", kind: "jail" as const };
  warnUnknownOptions(context, section, new Set(JAIL_OPTIONS.keys()));
  const add: StreamEntry = { command: ["add", jail, logs.backend], jail };
  return {
    enabled: true,
    usable: true,
    entries: [add, ...stream, ...logs.entries, ...actions],
    logPatterns: logs.search?.patterns ?? [],
    missingLogs: logs.search?.missing ?? [],
  };
}

/**
 * What a jail sets of its filter, its log's encoding and zone and its journal, without its logs and actions. `args` go
 * to the filter as well and win over what the jail gives it. Throws `ConfigError`.
 */
export function readFilterOptions(
  context: JailContext,
  args: ReadonlyMap<string, string>,
  logtype: "file" | "journal",
): StreamEntry[] {
  const { config, jail } = context;
  const first = readOptions(context, FIRST_JAIL_OPTIONS);
  const filter = openFilter(context, textOf(first, "filter"), logtype === "journal" ? "systemd" : "auto");
  for (const [name, value] of filter ? args : []) {
    filter?.setArgument(name, makeText(value));
  }
  if (filter) {
    config.addKnown(jail, toVars(readFilter(filter, first, true)));
  }
  const options = readOptions(context, JAIL_OPTIONS);
  const stream: StreamEntry[] = [];
  if (filter) {
    addFilterEntries(stream, jail, readFilter(filter, options, false), (option) => filter.placeOf(option));
  }
  addFilterEntries(stream, jail, options);
  const others = [...options].filter(([option]) => option === "logencoding" || option === "logtimezone");
  stream.push(...others.map(([option, value]) => makeSetEntry(jail, option, value)));
  return stream;
}

function readOptions(context: JailContext, known: ReadonlyMap<string, KnownOption>): JailOptions {
  const options = new Map<string, OptionValue>();
  const { config, jail, budget } = context;
  for (const [option, { type, fallback }] of known) {
    const text = interpolate(config, { section: jail, option, budget }) ?? asText(fallback);
    if (text !== undefined) {
      const value = convertOption(text, type);
      if (value === null) {
        const message = `option "${option}" is not a whole number: "${text.text.slice(0, 40)}"`;
        // A filter's option is left out then, others are refused by the server together with their jail.
        if (FILTER_OPTIONS.has(option)) {
          context.warn(message, startOf(text));
        } else {
          context.fail(message, startOf(text));
        }
      }
      options.set(option, value);
    }
    if (option === "enabled" && options.get(option) !== true && !context.evenDisabled) {
      break;
    }
  }
  return options;
}

function makeOptionEntries(jail: string, options: JailOptions): StreamEntry[] {
  const entries: StreamEntry[] = [];
  for (const [option, value] of options) {
    if (option === "ignoreip" && value !== null && typeof value === "object") {
      entries.push(makeIgnoreEntry(jail, value));
    } else if (!SILENT_JAIL_OPTIONS.has(option)) {
      entries.push(makeSetEntry(jail, option, value));
    }
  }
  return entries;
}

function makeIgnoreEntry(jail: string, value: OriginText): StreamEntry {
  const words = listLines(value).flatMap(({ text, origin }) =>
    text.split(/[ ,]+/).map((word) => ({ text: word.trim(), origin })),
  );
  const entries = words.filter(({ text }) => text !== "");
  return {
    ...makeSetEntry(jail, "ignoreip", value),
    command: ["set", jail, "addignoreip", ...entries.map(({ text }) => text)],
    origins: entries.map(({ origin }) => origin),
  };
}

function makeSkipEntry(jail: string, error: ConfigError): StreamEntry {
  const message = `Jail '${jail}' skipped, because of wrong configuration: ${error.message}`;
  return { command: ["config-error", message], jail, ...(error.origin && { origin: error.origin }) };
}

function asText(fallback: string | undefined): OriginText | undefined {
  return fallback === undefined ? undefined : makeText(fallback);
}
