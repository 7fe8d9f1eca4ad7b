import type { Problem } from "../model";
import { isFolder } from "../platform";
import { ConfigError } from "./config-error";
import { readJail, type JailReading } from "./jail";
import { JailContext } from "./jail-context";
import type { LogPattern } from "./jail-logs";
import { JAIL_OPTIONS } from "./known-options";
import { Library } from "./library";
import { MergedConfig } from "./merged-config";
import { warnDefaults, warnSections } from "./misplaced-options";
import { makeText } from "./origin-text";
import { readServer, type ServerOverrides, type ServerSettings } from "./server";
import type { StreamEntry } from "./stream";
import { warnUnknownOptions, type Warner } from "./unknown-options";

/** What to read. */
export interface ConfigurationOptions {
  /** The folder with `jail.conf`, `fail2ban.conf`, `filter.d`, `action.d`. */
  readonly directory: string;
  /** Read only this jail, as `reload JAIL` does. */
  readonly jail?: string;
  /** Read disabled jails as if they were enabled, to show what they would be. */
  readonly evenDisabled?: boolean;
  readonly overrides?: ServerOverrides;
  /** Only warn about jails without any log file; otherwise that is an error of the jail. */
  readonly tolerateMissingLogs?: boolean;
  /** Value of `%(fail2ban_version)s`. */
  readonly version: string;
}

/** A whole configuration tree: the command stream and everything that is wrong with it. */
export interface Configuration {
  readonly server: ServerSettings;
  /** Commands for the server in their order; empty when `fatal`. */
  readonly stream: readonly StreamEntry[];
  /** Jails the stream adds. */
  readonly jails: readonly string[];
  /** Every `logpath` line of those jails, so that logs which appear later can be followed as well. */
  readonly logPatterns: readonly LogPattern[];
  /** The lines among them that match nothing now. */
  readonly missingLogs: readonly LogPattern[];
  readonly problems: readonly Problem[];
  /** No problem is an error. */
  readonly ok: boolean;
  /** Nothing can be used: the tree or the jail asked for is absent, or a file that concerns all jails is malformed. */
  readonly fatal: boolean;
  /** The merged jail configuration, for `explainOption`. */
  readonly jailConfig: MergedConfig;
  /** The merged fail2ban.conf, for `explainOption`. */
  readonly serverConfig: MergedConfig;
}

/** Reads a tree as fail2ban's client does. Never throws for content: all problems are gathered with their places. */
export function readConfiguration(options: ConfigurationOptions): Configuration {
  const library = new Library(options.directory.replace(/\/+$/, "") || "/");
  const problems: Problem[] = [];
  if (!isFolder(library.directory)) {
    problems.push({ severity: "error", message: `configuration folder ${library.directory} does not exist` });
  }
  const serverConfig = loadGeneral(library, "fail2ban", problems);
  const jailConfig = loadGeneral(library, "jail", problems);
  const server = readServer(serverConfig, options.overrides ?? {});
  problems.push(...server.problems);
  if (options.jail !== undefined && jailConfig?.hasSection(options.jail) === false) {
    problems.push({
      severity: "error",
      message: `there is no section [${options.jail}] in the jail configuration`,
    });
  }
  const fatal = problems.some((problem) => problem.severity === "error");
  const sections = fatal || !jailConfig ? [] : readSections(options, jailConfig, { library, problems });
  const readings = sections.map(({ reading }) => reading);
  const all = removeRepeats(
    [problems, library.problems, ...sections.map(({ context }) => context.problems)].flat(),
  );
  const usable = sections.filter(({ reading }) => reading.usable).map(({ context }) => context.jail);
  return {
    server: server.settings,
    stream: fatal ? [] : makeStream(server.entries, readings, usable),
    jails: usable,
    logPatterns: readings.flatMap((reading) => reading.logPatterns),
    missingLogs: readings.flatMap((reading) => reading.missingLogs),
    problems: all,
    ok: !all.some((problem) => problem.severity === "error"),
    fatal,
    jailConfig: jailConfig ?? new MergedConfig(),
    serverConfig: serverConfig ?? new MergedConfig(),
  };
}

/**
 * Only what fail2ban.conf and its `.local` say of the server: a client that looks for the socket needs no jails.
 * What is wrong with the files is passed over, and the built-in settings stand in.
 */
export function readServerSettings(directory: string, overrides: ServerOverrides): ServerSettings {
  const library = new Library(directory.replace(/\/+$/, "") || "/");
  return readServer(loadGeneral(library, "fail2ban", []), overrides).settings;
}

function makeStream(
  server: readonly StreamEntry[],
  jails: readonly JailReading[],
  usable: readonly string[],
): StreamEntry[] {
  const starts = usable.map((jail): StreamEntry => ({ command: ["start", jail], jail }));
  return [...server, ...jails.flatMap((reading) => reading.entries), ...starts];
}

function loadGeneral(library: Library, name: string, problems: Problem[]): MergedConfig | undefined {
  try {
    const config = library.load(name);
    if (!config) {
      const message = `no ${name}.conf or ${name}.local can be read under ${library.directory}`;
      // Files that are there but cannot be used are another thing than no files.
      problems.push({ severity: library.problems.length > 0 ? "error" : "warning", message });
    }
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    const origin = error.origin;
    problems.push({ severity: "error", message: plainMessage(error), ...(origin && { origin }) });
    return undefined;
  }
}

function readSections(
  options: ConfigurationOptions,
  config: MergedConfig,
  tools: { library: Library; problems: Problem[] },
): { context: JailContext; reading: JailReading }[] {
  const { library, problems } = tools;
  config.setDefaults([
    ["fail2ban_version", makeText(options.version)],
    ["fail2ban_confpath", makeText(library.directory)],
  ]);
  const defaults = { config, section: "DEFAULT", what: "option", kind: "jail" as const };
  const warner: Warner = {
    warn: (message, origin) => problems.push({ severity: "warning", message, ...(origin && { origin }) }),
  };
  warnUnknownOptions(warner, defaults, new Set(JAIL_OPTIONS.keys()));
  warnDefaults(warner, config);
  warnSections(warner, config, { kind: "jail", what: "jail configuration" });
  const names = options.jail === undefined ? config.sectionNames : [options.jail];
  return names
    .filter((name) => name !== "INCLUDES")
    .map((name) => {
      const context = new JailContext(name, config, library, options.evenDisabled);
      return { context, reading: readJail(context, options.tolerateMissingLogs ?? false) };
    });
}

/** The message of a malformed file begins with its place, which the problem carries anyway. */
function plainMessage(error: ConfigError): string {
  const place = error.origin ? `${error.origin.file}:${error.origin.line}: ` : "";
  return error.message.startsWith(place) ? error.message.slice(place.length) : error.message;
}

function removeRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...seen.values()];
}
