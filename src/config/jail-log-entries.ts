import type { JailContext } from "./jail-context";
import { findLogs, type LogSearch } from "./jail-logs";
import { textOf, type JailOptions } from "./option-value";
import { startOf } from "./origin-text";
import type { StreamEntry } from "./stream";

/** What a jail's logs mean for its commands. */
export interface JailLogs {
  readonly backend: string;
  readonly entries: readonly StreamEntry[];
  readonly search?: LogSearch;
  /** Takes the place of the whole jail. */
  readonly skip?: StreamEntry;
}

/** Backends that have no use for `logpath`; the last two are ours. */
const READS_NO_FILES = /^(systemd|syslog\[|command\[)/;

/** Looks for the logs of a jail and says what becomes of the jail when there are none. */
export function searchLogs(
  context: JailContext,
  options: JailOptions,
  tolerateMissingLogs: boolean,
): JailLogs {
  const backend = textOf(options, "backend")?.text ?? "auto";
  const logpath = textOf(options, "logpath");
  if (!logpath || READS_NO_FILES.test(backend)) {
    return { backend, entries: [] };
  }
  const { jail } = context;
  const search = findLogs(jail, logpath);
  for (const { pattern, position, origin } of search.patterns) {
    if (position !== "head" && position !== "tail") {
      const message = `logpath "${pattern} ${position}" is cut at its last blank, and "${position}" is not head or tail`;
      context.warn(message, origin);
    }
  }
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
  state: { options: JailOptions; backend: string; search: LogSearch; tolerateMissingLogs: boolean },
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
