import { OPTIONS, type OptionKind, type OptionRule } from "./option-table";

/** What the command line asks for. */
export interface RegexOptions {
  readonly config: string;
  readonly datepattern?: string;
  readonly timezone?: string;
  readonly encoding?: string;
  readonly raw: boolean;
  readonly usedns?: string;
  readonly maxlines?: number;
  readonly journalmatch?: string;
  readonly logLevel: string;
  readonly verbose: number;
  readonly verboseDate: boolean;
  readonly debuggex: boolean;
  readonly checkAll: boolean;
  readonly out?: string;
  readonly invert: boolean;
  readonly print: Readonly<Record<LineKind, PrintRule>>;
  readonly words: readonly string[];
}

/** The lists of lines a report has. */
export type LineKind = "matched" | "ignored" | "missed";

/** `some`: up to a limit. */
export type PrintRule = "none" | "some" | "all";

/** Something to do in place of a test, or a command line that cannot be understood. */
export type RegexCall =
  | { readonly type: "run"; readonly options: RegexOptions }
  | { readonly type: "help" | "version" | "short-version" }
  | { readonly type: "error"; readonly message: string };

type Given = Map<OptionKind, string | number>;

const COUNT = /^[+-]?\d+$/;

/** Takes the arguments apart as Python's optparse does: options anywhere, long ones cut short while unique. */
export function parseRegexOptions(args: readonly string[]): RegexCall {
  const given: Given = new Map();
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? "";
    if (word === "--") {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      continue;
    }
    const step = word.startsWith("--")
      ? takeLong(word, args[at + 1], given)
      : takeLetters(word, args[at + 1], given);
    if (typeof step !== "number") {
      return step;
    }
    at += step;
  }
  return { type: "run", options: makeOptions(given, words) };
}

/** Gives how many of the next words were used up. */
function takeLong(word: string, next: string | undefined, given: Given): number | RegexCall {
  const cut = word.indexOf("=");
  const name = cut < 0 ? word : word.slice(0, cut);
  const candidates = OPTIONS.flatMap((rule) => rule.names.map((full) => ({ rule, full }))).filter(
    ({ full }) => full.startsWith("--") && full.startsWith(name),
  );
  const found =
    candidates.find(({ full }) => full === name) ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (!found) {
    const list = candidates.map(({ full }) => full).sort();
    return fail(
      list.length > 0 ? `ambiguous option: ${name} (${list.join(", ")}?)` : `no such option: ${name}`,
    );
  }
  const { rule, full } = found;
  if (!rule.takes) {
    return cut < 0 ? (setOption(rule, full, "", given) ?? 0) : fail(`${full} option does not take a value`);
  }
  if (cut >= 0) {
    return setOption(rule, full, word.slice(cut + 1), given) ?? 0;
  }
  return next === undefined ? lacking(full) : (setOption(rule, full, next, given) ?? 1);
}

function takeLetters(word: string, next: string | undefined, given: Given): number | RegexCall {
  for (let at = 1; at < word.length; at++) {
    const name = `-${word.charAt(at)}`;
    const rule = OPTIONS.find(({ names }) => names.includes(name));
    if (!rule) {
      return fail(`no such option: ${name}`);
    }
    if (rule.takes) {
      const joined = word.slice(at + 1);
      const value = joined === "" ? next : joined;
      return value === undefined
        ? lacking(name)
        : (setOption(rule, name, value, given) ?? (joined === "" ? 1 : 0));
    }
    const end = setOption(rule, name, "", given);
    if (end) {
      return end;
    }
  }
  return 0;
}

function setOption(rule: OptionRule, name: string, value: string, given: Given): RegexCall | undefined {
  const { kind } = rule;
  if (kind === "help" || kind === "version" || kind === "short-version") {
    return { type: kind };
  }
  if (rule.takes === "number") {
    if (!COUNT.test(value.trim())) {
      return fail(`option ${name}: invalid integer value: '${value}'`);
    }
    given.set(kind, Number(value));
  } else {
    given.set(kind, kind === "verbose" ? Number(given.get(kind) ?? 0) + 1 : value);
  }
  return undefined;
}

function makeOptions(given: Given, words: readonly string[]): RegexOptions {
  const text = (kind: OptionKind): string | undefined => {
    const value = given.get(kind);
    return typeof value === "string" ? value : undefined;
  };
  const maxlines = given.get("maxlines");
  const datepattern = text("datepattern");
  const timezone = text("timezone");
  const encoding = text("encoding");
  const usedns = text("usedns");
  const journalmatch = text("journalmatch");
  const out = text("out");
  return {
    config: text("config") ?? "/etc/fail2ban",
    ...(datepattern ? { datepattern } : {}),
    ...(timezone ? { timezone } : {}),
    ...(encoding ? { encoding } : {}),
    ...(usedns ? { usedns } : {}),
    ...(journalmatch ? { journalmatch } : {}),
    ...(out ? { out } : {}),
    ...(typeof maxlines === "number" && maxlines > 0 ? { maxlines } : {}),
    raw: given.has("raw"),
    logLevel: text("log-level") ?? "critical",
    verbose: Number(given.get("verbose") ?? 0),
    verboseDate: given.has("verbose-date"),
    debuggex: given.has("debuggex"),
    checkAll: !given.has("no-check-all"),
    invert: given.has("invert"),
    print: {
      matched: given.has("print-all-matched") ? "all" : "none",
      ignored: printRule(given, "print-no-ignored", "print-all-ignored"),
      missed: printRule(given, "print-no-missed", "print-all-missed"),
    },
    words,
  };
}

function printRule(given: Given, none: OptionKind, all: OptionKind): PrintRule {
  if (given.has(none)) {
    return "none";
  }
  return given.has(all) ? "all" : "some";
}

function lacking(name: string): RegexCall {
  return fail(`${name} option requires 1 argument`);
}

function fail(message: string): RegexCall {
  return { type: "error", message };
}
