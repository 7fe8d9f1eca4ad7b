import { explainOption, type Configuration, type StreamEntry } from "../../config";
import { foldStream } from "../../daemon";
import { formatPythonText, type JailSpec, type Origin, type Problem } from "../../model";

/** One jail as its commands describe it, and where they were written. */
export interface FoldedJail {
  readonly spec: JailSpec;
  readonly entries: readonly StreamEntry[];
  /** Commands that the daemon would refuse; they are left out of the spec. */
  readonly problems: readonly Problem[];
  /** Where the jail's own value of an option was written. */
  placeOf(option: string): Origin | undefined;
}

/** Makes a jail of its commands. Refused ones are told and left out, so that the others can be looked at. */
export function foldJail(configuration: Configuration, name: string): FoldedJail {
  const placeOf = (option: string) => explainOption(configuration, name, option)?.origin;
  const backend = placeOf("backend");
  const entries = configuration.stream
    .filter((entry) => entry.jail === name)
    // Name and backend make up the first command, which the reader gives no place.
    .map((entry) => (entry.command[0] === "add" && backend ? { ...entry, origin: backend } : entry));
  const whole = foldStream(entries);
  const [spec] = whole.jails;
  if (spec && whole.problems.length === 0) {
    return { spec, entries, problems: [], placeOf };
  }
  const good: StreamEntry[] = [];
  const problems: Problem[] = [];
  for (const entry of entries) {
    const faults = foldStream([...good, entry]).problems;
    if (faults.length === 0) {
      good.push(entry);
    } else if (entry.command[0] === "add") {
      // Without a jail every other command would be refused as well.
      good.push({ ...entry, command: ["add", name, "auto"] });
    }
    // That a number is none has been told by the configuration.
    problems.push(...(entry.command[3] === null ? [] : faults));
  }
  const [rest] = foldStream(good).jails;
  return { spec: rest ?? makeEmptyJail(name), entries: good, problems, placeOf };
}

/** Where an option of a jail was written, in the jail or its filter; `undefined` when it is built in. */
export function originOf(jail: FoldedJail, option: string): Origin | undefined {
  return jail.entries.find(({ command }) => command[2] === option)?.origin ?? jail.placeOf(option);
}

/** What an option was set to, as text; `undefined` when it is not set. */
export function textOf(jail: FoldedJail, option: string): string | undefined {
  const entry = jail.entries.find(({ command }) => command[0] === "set" && command[2] === option);
  return entry && formatPythonText(entry.command[3] ?? "");
}

/** A problem of one jail. */
export function jailProblem(
  jail: FoldedJail | string,
  severity: Problem["severity"],
  message: string,
  origin: Origin | undefined,
): Problem {
  const name = typeof jail === "string" ? jail : jail.spec.name;
  return { severity, message, jail: name, ...(origin && { origin }) };
}

/** Stands for a jail that could not even be started. */
function makeEmptyJail(name: string): JailSpec {
  const [spec] = foldStream([{ command: ["add", name, "auto"] }, { command: ["start", name] }]).jails;
  if (!spec) {
    throw new Error(`cannot make a jail called "${name}"`);
  }
  return spec;
}
