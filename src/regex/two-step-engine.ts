import { BacktrackEngine } from "./backtrack-engine";
import type { Engine, Match, SpanMatch } from "./match";
import { compileProgram } from "./program";
import type { Pattern } from "./tree";

/**
 * For patterns whose matches a RegExp finds, but not what groups inside of loops keep: the RegExp says where,
 * the backtracking machine then reads the groups there. Texts without a match cost no more than the RegExp.
 */
export class TwoStepEngine implements Engine {
  readonly #quick: Engine;
  readonly #pattern: Pattern;
  #exact: BacktrackEngine | undefined;

  constructor(quick: Engine, pattern: Pattern) {
    this.#quick = quick;
    this.#pattern = pattern;
  }

  test(text: string): boolean {
    return this.#quick.test(text);
  }

  exec(text: string): Match | undefined {
    return this.execSpans(text);
  }

  execSpans(text: string): SpanMatch | undefined {
    const found = this.#quick.exec(text);
    if (!found) {
      return undefined;
    }
    this.#exact ??= new BacktrackEngine(compileProgram(this.#pattern), this.#pattern.groupNames);
    return this.#exact.matchAt(text, found.start);
  }
}
