import {
  WarderError,
  formatOrigin,
  messageOf,
  parseWorth,
  type FilterSpec,
  type Sourced,
  type Worth,
} from "../model";
import { compilePattern, parsePattern, requiredLiterals, type Matcher } from "../regex";
import { chooseNeedles, type Needle } from "./candidates";
import { dateCutOf, type DateCut } from "./date-cut";
import { Dispatch } from "./dispatch";
import { ID_GROUPS } from "./identity";
import { expandTags } from "./tags";

/** One regex of a filter, ready to match. */
export interface CompiledRegex {
  readonly source: Sourced;
  /** The Python regular expression it stands for, tags replaced. */
  readonly pattern: string;
  readonly matcher: Matcher;
  /** Texts of which a match contains at least one; `undefined` when the regex demands none. */
  readonly needles: readonly Needle[] | undefined;
  /** The same for a whole line, whose date is still in it. */
  readonly lineNeedles: readonly Needle[] | undefined;
  /** What a match counts for, and how long the ban it triggers lasts, where the regex says so. */
  readonly worth?: Worth;
}

/** A filter with all its regexes compiled; immutable, may serve several jails. */
export interface CompiledFilter {
  readonly prefregex?: CompiledRegex;
  readonly failregex: readonly CompiledRegex[];
  /** Which of the failregexes are worth trying on a text. */
  readonly dispatch: Dispatch;
  readonly ignoreregex: readonly CompiledRegex[];
  readonly maxlines: number;
  /** What becomes of host names: resolved by whoever takes the failures, ignored, or taken as they are. */
  readonly hosts: "names" | "ignore" | "raw";
  /** Texts of which a line must contain at least one to matter; `undefined`: every line matters. */
  readonly needles: readonly Needle[] | undefined;
}

/** A regex of a filter that cannot be used; `regex` is as the user wrote it. Codes: `filter-regex`, `filter-no-id`. */
export class FilterError extends WarderError {
  readonly regex: Sourced;

  constructor(code: string, message: string, context: { regex: Sourced; cause?: unknown }) {
    super(code, message, { cause: context.cause });
    this.name = "FilterError";
    this.regex = context.regex;
  }
}

/** Compiles all regexes of a filter. Throws `FilterError` for the first that cannot be used, in fail2ban's words. */
export function compileFilter(spec: FilterSpec): CompiledFilter {
  const names = spec.usedns !== "no";
  const cut = dateCutOf(spec.datepattern?.text);
  const plain = { names, multiline: false, cut };
  const prefregex = spec.prefregex?.text ? compileRegex(spec.prefregex, plain) : undefined;
  const failregex = spec.failregex.map((regex) =>
    compileRegex(regex, { names, cut, multiline: spec.maxlines > 1 }),
  );
  const ignoreregex = spec.ignoreregex.map((regex) => compileRegex(regex, plain));
  for (const regex of failregex) {
    requireOffender(regex, prefregex);
  }
  return {
    ...(prefregex ? { prefregex } : {}),
    failregex,
    dispatch: new Dispatch(failregex.map(({ needles }) => needles)),
    ignoreregex,
    maxlines: spec.maxlines,
    hosts: hostsOf(spec.usedns),
    needles: spec.maxlines > 1 ? undefined : filterNeedles(failregex, prefregex),
  };
}

/** Compiles one regex alone, for a `set JAIL addfailregex` or a check. Throws `FilterError`. */
export function compileRegex(
  source: Sourced,
  options: { readonly names: boolean; readonly multiline: boolean; readonly cut?: DateCut },
): CompiledRegex {
  if (source.text.trim() === "") {
    throw new FilterError("filter-regex", "Cannot add empty regex", { regex: source });
  }
  const pattern = expandTags(source.text, options);
  try {
    const parsed = parsePattern(pattern, { multiline: options.multiline });
    const clauses = requiredLiterals(parsed);
    const worth = parseWorth(source.text);
    return {
      source,
      pattern,
      matcher: compilePattern(parsed),
      needles: chooseNeedles(clauses),
      lineNeedles: chooseNeedles(clauses, options.cut ?? "anywhere"),
      ...(worth ? { worth } : {}),
    };
  } catch (cause) {
    const place = source.origin ? `${formatOrigin(source.origin)}: ` : "";
    const message = `${place}Unable to compile regular expression '${pattern}':\n${messageOf(cause)}`;
    throw new FilterError("filter-regex", message, { regex: source, cause });
  }
}

function requireOffender(regex: CompiledRegex, prefregex: CompiledRegex | undefined): void {
  const names = [...regex.matcher.groupNames, ...(prefregex?.matcher.groupNames ?? [])];
  if (!names.some((name) => ID_GROUPS.includes(name))) {
    throw new FilterError("filter-no-id", `No failure-id group in '${regex.pattern}'`, {
      regex: regex.source,
    });
  }
}

function hostsOf(usedns: FilterSpec["usedns"]): CompiledFilter["hosts"] {
  if (usedns === "no") {
    return "ignore";
  }
  return usedns === "raw" ? "raw" : "names";
}

/** All failregexes need one of their needles, or all need one of the prefregex's. */
function filterNeedles(
  failregex: readonly CompiledRegex[],
  prefregex: CompiledRegex | undefined,
): readonly Needle[] | undefined {
  const all: Needle[] = [];
  for (const regex of failregex) {
    if (!regex.lineNeedles) {
      return prefregex?.lineNeedles;
    }
    all.push(...regex.lineNeedles);
  }
  return all;
}
