import { compileFilter, compileRegex, FilterError, type CompiledFilter } from "../../filter";
import {
  formatPythonString,
  messageOf,
  type FilterSpec,
  type Origin,
  type Problem,
  type Sourced,
} from "../../model";
import { RegexError } from "../../regex";
import { jailProblem, type FoldedJail } from "./jail-fold";

const LONGEST_SHOWN = 60;
/** Tags and groups that name an offender. */
const OFFENDER = /<(?:F-)?(?:HOST|ADDR|SUBNET|IP[46]|DNS|ID|MLFID)\b|\?P<(?:fid|ip[46]|dns|mlfid)>/;

/** The problems of a jail's regexes, and its filter made of those that can be used. */
export interface RegexReport {
  readonly problems: readonly Problem[];
  readonly filter: CompiledFilter;
}

/** Compiles every regex of a jail by itself, so that all that are wrong are told. */
export function checkRegexes(jail: FoldedJail): RegexReport {
  const { spec } = jail;
  const problems: Problem[] = [];
  const isGood = (kind: string, regex: Sourced, compile: () => unknown): boolean => {
    const problem = tryCompile({ jail, kind, regex }, compile);
    problems.push(...(problem ? [problem] : []));
    return problem === undefined;
  };
  const { prefregex, ...filter } = spec.filter;
  const options = { names: filter.usedns !== "no", multiline: false };
  const isUsable = prefregex && isGood("prefregex", prefregex, () => compileRegex(prefregex, options));
  const base: FilterSpec = { ...filter, ...(isUsable && { prefregex }), failregex: [], ignoreregex: [] };
  // What a broken prefregex would have named, no failregex has to name.
  const mayNameOffender = isUsable === false && OFFENDER.test(prefregex?.text ?? "");
  const failregex = filter.failregex.filter((regex) =>
    isGood("failregex", regex, () =>
      mayNameOffender ? compileRegex(regex, options) : compileFilter({ ...base, failregex: [regex] }),
    ),
  );
  const ignoreregex = filter.ignoreregex.filter((regex) =>
    isGood("ignoreregex", regex, () => compileRegex(regex, options)),
  );
  if (filter.failregex.length === 0) {
    problems.push(jailProblem(jail, "warning", "has no failregex, so it never finds anything", undefined));
  }
  const usable = isUsable === false ? [] : failregex;
  return { problems, filter: compileFilter({ ...base, failregex: usable, ignoreregex }) };
}

interface Subject {
  readonly jail: FoldedJail;
  readonly kind: string;
  readonly regex: Sourced;
}

function tryCompile(subject: Subject, compile: () => unknown): Problem | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    if (!(error instanceof FilterError)) {
      throw error;
    }
    const { jail, kind, regex } = subject;
    return jailProblem(jail, "error", describe(kind, error), placeOf(jail, regex, error));
  }
}

function describe(kind: string, error: FilterError): string {
  if (error.code === "filter-no-id") {
    return `${kind} has no offender: put <HOST>, <ADDR> or <F-ID>…</F-ID> where the address stands`;
  }
  const { cause, regex } = error;
  if (regex.text.trim() === "") {
    return `${kind} is empty`;
  }
  if (!(cause instanceof RegexError)) {
    return `${kind} does not compile: ${messageOf(cause ?? error)}`;
  }
  const before = Array.from(patternOf(error)).slice(0, cause.position).join("").slice(-LONGEST_SHOWN);
  const after = Array.from(patternOf(error)).slice(cause.position).join("").slice(0, LONGEST_SHOWN);
  return `${kind} does not compile: ${cause.reason} at ${formatPythonString(after)}, behind ${formatPythonString(before)}`;
}

/** The regex with its tags replaced, which is what the position of a mistake counts in. */
function patternOf(error: FilterError): string {
  const quoted = /Unable to compile regular expression '([\s\S]*)':\n/.exec(error.message);
  return quoted?.[1] ?? error.regex.text;
}

/** The line of the mistake; each failregex is one line already, a prefregex may have several. */
function placeOf(jail: FoldedJail, regex: Sourced, error: FilterError): Origin | undefined {
  const line = error.cause instanceof RegexError ? error.cause.line - 1 : 0;
  const entry = jail.entries.find(({ command }) => command[2] === "prefregex" && command[3] === regex.text);
  return entry?.origins?.[line] ?? regex.origin;
}
