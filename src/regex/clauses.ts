/**
 * One condition every matching text fulfils: it contains at least one of the texts. They are ASCII without "\n".
 * With `ignoreCase` they are lower case and ASCII letters of the text are compared in lower case.
 */
export interface LiteralClause {
  readonly texts: readonly string[];
  readonly ignoreCase: boolean;
}

/** More than enough to choose from; a pattern of a thousand words needs no thousand clauses. */
const MAX_CLAUSES = 16;

/** The clause that says most, or undefined for none. */
export function bestClause(clauses: readonly LiteralClause[]): LiteralClause | undefined {
  return clauses.reduce<LiteralClause | undefined>(
    (best, clause) => (best && weigh(best) >= weigh(clause) ? best : clause),
    undefined,
  );
}

/** Tidies clauses that all hold: no text that contains another, no clause that another implies, the best first, 16 at most. */
export function conjoin(clauses: readonly LiteralClause[]): readonly LiteralClause[] {
  const sorted = clauses.map(shorten).sort((left, right) => weigh(right) - weigh(left));
  const kept: LiteralClause[] = [];
  for (const clause of sorted) {
    if (kept.length < MAX_CLAUSES && !kept.some((other) => implies(other, clause))) {
      kept.push(clause);
    }
  }
  return kept;
}

/** A text that contains another alternative adds nothing. */
function shorten(clause: LiteralClause): LiteralClause {
  const unique = [...new Set(clause.texts)];
  const texts = unique.filter((text) => !unique.some((other) => other !== text && text.includes(other)));
  return { texts, ignoreCase: clause.ignoreCase };
}

function implies(strong: LiteralClause, weak: LiteralClause): boolean {
  if (strong.ignoreCase && !weak.ignoreCase) {
    return false;
  }
  return strong.texts.every((text) => {
    const seen = weak.ignoreCase ? text.toLowerCase() : text;
    return weak.texts.some((other) => seen.includes(other));
  });
}

/** Long texts are rare; every further alternative makes a hit more likely. Common separators say little. */
function weigh(clause: LiteralClause): number {
  const shortest = Math.min(...clause.texts.map(informationOf));
  return shortest - Math.log2(clause.texts.length) - (clause.ignoreCase ? 0.5 : 0);
}

function informationOf(text: string): number {
  let sum = 0;
  for (const char of text) {
    sum += /[A-Za-z]/.test(char) ? 1 : /[ \d.:,[\]()-]/.test(char) ? 0.5 : 1.2;
  }
  return sum;
}
