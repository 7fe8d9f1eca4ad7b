import { isAscii } from "./ascii";
import { BacktrackEngine } from "./backtrack-engine";
import { planPattern, type Plan } from "./analysis";
import type { Variant } from "./class-source";
import { emitPattern } from "./emit";
import type { Engine, Match, SpanMatch } from "./match";
import { compileProgram } from "./program";
import { RegExpEngine } from "./regexp-engine";
import { TwoStepEngine } from "./two-step-engine";
import type { Pattern } from "./tree";

export type { Match, Span, SpanMatch } from "./match";

/**
 * A compiled pattern. All three searches find the leftmost match anywhere in the text, as Python's `re.search`
 * does, and keep no state between calls. Indices are those of the JavaScript string. Who knows whether all characters
 * are ASCII says so (`ascii`), and saves a look at all of them.
 */
export interface Matcher {
  readonly pattern: Pattern;
  /** The names of groups, in the order of their numbers. */
  readonly groupNames: readonly string[];
  test(text: string, ascii?: boolean): boolean;
  exec(text: string, ascii?: boolean): Match | undefined;
  /** Like exec, and tells also where each group stood; slower. */
  execSpans(text: string): SpanMatch | undefined;
}

/** Compiles a pattern. Costs little until the first search: each variant is compiled when a text needs it. */
export function compilePattern(pattern: Pattern): Matcher {
  return new PatternMatcher(pattern);
}

class PatternMatcher implements Matcher {
  readonly pattern: Pattern;
  readonly groupNames: readonly string[];
  #ascii: Engine | undefined;
  #unicode: Engine | undefined;

  constructor(pattern: Pattern) {
    this.pattern = pattern;
    this.groupNames = [...pattern.groupNames.keys()];
  }

  test(text: string, ascii = isAscii(text)): boolean {
    return this.#engineFor(ascii).test(text);
  }

  exec(text: string, ascii = isAscii(text)): Match | undefined {
    return this.#engineFor(ascii).exec(text);
  }

  execSpans(text: string): SpanMatch | undefined {
    return this.#engineFor(isAscii(text)).execSpans(text);
  }

  #engineFor(ascii: boolean): Engine {
    return ascii
      ? (this.#ascii ??= makeEngine(this.pattern, "ascii"))
      : (this.#unicode ??= makeEngine(this.pattern, "unicode"));
  }
}

function makeEngine(pattern: Pattern, variant: Variant): Engine {
  const plan = planPattern(pattern);
  if (!plan) {
    return new BacktrackEngine(compileProgram(pattern), pattern.groupNames);
  }
  const quick = tryRegExp(pattern, plan, variant);
  if (!quick) {
    return new BacktrackEngine(compileProgram(pattern), pattern.groupNames);
  }
  return plan.groupsExact ? quick : new TwoStepEngine(quick, pattern);
}

/** Undefined when V8 finds the RegExp too large, which it says only at the first search. */
function tryRegExp(pattern: Pattern, plan: Plan, variant: Variant): Engine | undefined {
  try {
    const engine = new RegExpEngine(emitPattern(pattern, plan, variant), pattern.groupNames);
    engine.test("");
    return engine;
  } catch {
    return undefined;
  }
}
