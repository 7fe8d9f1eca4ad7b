import type { Configuration } from "../config";
import { FAIL2BAN_VERSION, type CommandValue, type Problem } from "../model";
import { describeProblem } from "./problem-text";
import type { ClientLog } from "./client-io";
import type { ClientOptions } from "./client-options";

/** What to read, and for which purpose. */
export interface ReadingOptions {
  readonly directory: string;
  readonly options: ClientOptions;
  /** Read only this jail. */
  readonly jail?: string;
}

/** A configuration, and whether it is good enough for what it was read for. */
export interface Reading {
  readonly configuration: Configuration;
  readonly usable: boolean;
  /** The commands, as values to send. */
  readonly stream: readonly (readonly CommandValue[])[];
  /** All `logpath` lines: jail, pattern, position. A server of ours waits for those that match nothing yet. */
  readonly patterns: readonly (readonly CommandValue[])[];
}

/**
 * Reads the configuration and tells everything that is wrong with it. With `-t` any wrong jail spoils it,
 * otherwise wrong jails are left out as long as one good jail remains.
 */
export async function readStream(reading: ReadingOptions, log: ClientLog): Promise<Reading> {
  const { readConfiguration } = await import("../config");
  const { directory, options, jail } = reading;
  const configuration = readConfiguration({
    directory,
    overrides: options.overrides,
    tolerateMissingLogs: options.dump !== undefined,
    version: FAIL2BAN_VERSION,
    ...(jail === undefined ? {} : { jail }),
  });
  // Trying regexes is for those who ask for it; who starts a server hears of them from the server.
  const problems = options.test
    ? (await import("./check")).allProblems(configuration, directory)
    : configuration.problems;
  reportProblems(problems, log);
  if (jail !== undefined && !configuration.jailConfig.hasSection(jail)) {
    log.error(`Failed during configuration: No section: '${jail}'`);
    return { configuration, usable: false, stream: [], patterns: [] };
  }
  const { fatal, jails } = configuration;
  const isGood = !problems.some(({ severity }) => severity === "error");
  const usable = isGood || (!fatal && !options.test && jails.length > 0);
  return {
    configuration,
    usable,
    stream: configuration.stream.map((entry) => entry.command),
    patterns: configuration.logPatterns.map(({ jail: name, pattern, position }) => [name, pattern, position]),
  };
}

/** The stream as `-d` and `--dump-pretty` print it, or what is printed when there is none. */
export async function formatDump(configuration: Configuration, form: "lines" | "pretty"): Promise<string> {
  if (configuration.fatal) {
    return "ERROR: The configuration stream failed because of the invalid syntax.\n";
  }
  const { formatStream, formatStreamPretty } = await import("../config");
  return (form === "pretty" ? formatStreamPretty : formatStream)(configuration.stream);
}

function reportProblems(problems: readonly Problem[], log: ClientLog): void {
  for (const problem of problems) {
    log.write(problem.severity === "error" ? "ERROR" : "WARNING", describeProblem(problem));
  }
}
