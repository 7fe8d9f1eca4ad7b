import type { Pattern } from "./tree";

/**
 * One condition every matching text fulfils: it contains at least one of the texts. They are ASCII without "\n".
 * With `ignoreCase` they are lower case and ASCII letters of the text are compared in lower case.
 */
export interface LiteralClause {
  readonly texts: readonly string[];
  readonly ignoreCase: boolean;
}

/** Conditions that all hold for any text the pattern matches in, the most telling first; empty when none is known. */
export function requiredLiterals(_pattern: Pattern): readonly LiteralClause[] {
  return [];
}
