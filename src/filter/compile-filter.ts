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
import { compileFieldRegex, type FieldRegex } from "./field-regex";
import { isFieldRegex } from "./field-terms";
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
  /** Present when it reads fields of JSON lines: it needs the whole line; `isTimed`: one of them has the line's time. */
  readonly fields?: Pick<FieldRegex, "isTimed" | "names" | "isOfEntry" | "findMiss">;
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
  /** Where times come from: the date of the line, named fields of it, or the one or the other. */
  readonly times: "line" | "fields" | "both";
  /** Fields that any of its regexes asks for. */
  readonly fieldNames: readonly string[];
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
  if (spec.prefregex && prefregex?.fields) {
    throw new FilterError("filter-regex", "prefregex cannot read fields of JSON", { regex: spec.prefregex });
  }
  const failregex = spec.failregex.map((regex) =>
    compileRegex(regex, { names, cut, multiline: spec.maxlines > 1, isWrapped: prefregex !== undefined }),
  );
  const ignoreregex = spec.ignoreregex.map((regex) => compileRegex(regex, plain));
  for (const regex of failregex) {
    requireOffender(regex, prefregex);
  }
  return {
    ...(prefregex ? { prefregex } : {}),
    failregex,
    // Fields are looked for in the whole line, and the text that is dispatched has no date.
    dispatch: new Dispatch(failregex.map(({ needles, fields }) => (fields ? undefined : needles))),
    ignoreregex,
    maxlines: spec.maxlines,
    hosts: hostsOf(spec.usedns),
    needles: spec.maxlines > 1 ? undefined : filterNeedles(failregex, prefregex),
    times: timesOf(failregex, prefregex),
    fieldNames: [...failregex, ...ignoreregex].flatMap(({ fields }) => fields?.names ?? []),
  };
}

/** A prefregex sees the line without its date, which has to be found for it. */
function timesOf(
  failregex: readonly CompiledRegex[],
  prefregex: CompiledRegex | undefined,
): CompiledFilter["times"] {
  if (!failregex.some(({ fields }) => fields?.isTimed)) {
    return "line";
  }
  return failregex.every(({ fields }) => fields?.isTimed) && !prefregex ? "fields" : "both";
}

/** How a regex is to be read. */
interface RegexOptions {
  readonly names: boolean;
  readonly multiline: boolean;
  /** Where the date may have stood that is cut out of the lines. */
  readonly cut?: DateCut;
  /** It sees only what a prefregex took out of the line. */
  readonly isWrapped?: boolean;
}

/** Compiles one regex alone, for a `set JAIL addfailregex` or a check. Throws `FilterError`. */
export function compileRegex(source: Sourced, options: RegexOptions): CompiledRegex {
  if (source.text.trim() === "") {
    throw new FilterError("filter-regex", "Cannot add empty regex", { regex: source });
  }
  const pattern = expandTags(source.text, options);
  try {
    const worth = parseWorth(source.text);
    return { source, pattern, ...compileEither(pattern, options), ...(worth ? { worth } : {}) };
  } catch (cause) {
    const place = source.origin ? `${formatOrigin(source.origin)}: ` : "";
    const message = `${place}Unable to compile regular expression '${pattern}':\n${messageOf(cause)}`;
    throw new FilterError("filter-regex", message, { regex: source, cause });
  }
}

function compileEither(
  pattern: string,
  { names, multiline, cut = "anywhere", isWrapped = false }: RegexOptions,
): Pick<CompiledRegex, "matcher" | "needles" | "lineNeedles" | "fields"> {
  if (isFieldRegex(pattern)) {
    const {
      isTimed,
      names: fieldNames,
      isOfEntry,
      findMiss,
      ...compiled
    } = compileFieldRegex(pattern, {
      names,
      multiline,
      ...(isWrapped ? { cut } : {}),
    });
    return { ...compiled, fields: { isTimed, names: fieldNames, isOfEntry, findMiss } };
  }
  const parsed = parsePattern(pattern, { multiline });
  const clauses = requiredLiterals(parsed);
  return {
    matcher: compilePattern(parsed),
    needles: chooseNeedles(clauses),
    lineNeedles: chooseNeedles(clauses, cut),
  };
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
