import {
  explainOption,
  listJailOptions,
  type Configuration,
  type OptionSource,
  type StreamEntry,
} from "../../config";
import { formatPythonText, type CommandValue, type Origin } from "../../model";

/** One line of a value and the place it was written at. */
export interface ValueLine {
  readonly text: string;
  readonly origin?: Origin;
}

/** An option with its value in effect. */
export interface ShownOption {
  /** What it belongs to: the jail, `filter NAME` or `action NAME`. */
  readonly part: string;
  readonly option: string;
  readonly lines: readonly ValueLine[];
  /** Every place that sets it, the one in effect last; only for options of the jail configuration. */
  readonly chain: readonly OptionSource[];
  /** Why there is no value although the option is set. */
  readonly problem?: string;
}

/** Options that belong to the filter, whoever sets them, by the word of their command. */
const FILTER_WORDS: ReadonlyMap<string, string> = new Map([
  ["usedns", "usedns"],
  ["prefregex", "prefregex"],
  ["maxlines", "maxlines"],
  ["datepattern", "datepattern"],
  ["addfailregex", "failregex"],
  ["addignoreregex", "ignoreregex"],
  ["addjournalmatch", "journalmatch"],
]);
const FILTER_OPTIONS: ReadonlySet<string> = new Set(FILTER_WORDS.values());

/** All that is in effect for a jail: its own options, its filter's, those of its actions. */
export function listValues(configuration: Configuration, jail: string): ShownOption[] {
  return [
    ...listOwn(configuration, jail),
    ...listFilter(configuration, jail),
    ...configuration.stream.filter((entry) => entry.jail === jail).flatMap(listAction),
  ];
}

/** An option of the jail configuration, set or not; also one that other values refer to, such as `banaction`. */
export function findOwn(configuration: Configuration, jail: string, option: string): ShownOption | undefined {
  const explanation = explainOption(configuration, jail, option);
  if (!explanation || (explanation.chain.length === 0 && explanation.value === undefined)) {
    return undefined;
  }
  const { value, origin, chain, problem } = explanation;
  const lines = value === undefined ? [] : toLines(value, [origin]);
  return { part: `jail ${jail}`, option, lines, chain, ...(problem !== undefined && { problem }) };
}

function listOwn(configuration: Configuration, jail: string): ShownOption[] {
  return listJailOptions(configuration, jail)
    .filter((option) => !FILTER_OPTIONS.has(option))
    .flatMap((option) => findOwn(configuration, jail, option) ?? []);
}

function listFilter(configuration: Configuration, jail: string): ShownOption[] {
  const part = `filter ${explainOption(configuration, jail, "filter")?.value ?? ""}`;
  const shown = new Map<string, ValueLine[]>();
  for (const { command, jail: owner, origin, origins } of configuration.stream) {
    const [, , word, ...values] = command;
    const option = owner === jail && typeof word === "string" ? FILTER_WORDS.get(word) : undefined;
    if (option !== undefined) {
      const text = option === "journalmatch" ? values.map(formatPythonText).join(" ") : toText(values[0]);
      shown.set(option, [...(shown.get(option) ?? []), ...toLines(text, origins ?? [origin])]);
    }
  }
  return [...shown].map(([option, lines]) => {
    const chain = explainOption(configuration, jail, option)?.chain ?? [];
    return { part, option, lines, chain };
  });
}

function listAction({ command, origin, origins }: StreamEntry): ShownOption[] {
  const [word, , what, name, ...rest] = command;
  const part = `action ${formatPythonText(name ?? "")}`;
  if (what === "addaction") {
    return [{ part, option: "", lines: [{ text: "", ...(origin && { origin }) }], chain: [] }];
  }
  if (what !== "action") {
    return [];
  }
  const pairs = word === "multi-set" ? (rest[0] as readonly CommandValue[]) : [rest];
  return pairs.map((pair, i): ShownOption => {
    const [option, value] = pair as readonly CommandValue[];
    const lines = toLines(toText(value), [origins?.[i]]);
    return { part, option: formatPythonText(option ?? ""), lines, chain: [] };
  });
}

/** A list is shown one below the other. */
function toText(value: CommandValue | undefined): string {
  return Array.isArray(value)
    ? (value as readonly CommandValue[]).map(formatPythonText).join("\n")
    : formatPythonText(value ?? "");
}

/** Lines with their places; where there is one place only, the first line has it. */
function toLines(text: string, origins: readonly (Origin | undefined)[]): ValueLine[] {
  return text.split("\n").map((line, i) => {
    const origin = origins[i];
    return { text: line, ...(origin && { origin }) };
  });
}
