/** Shorter texts occur by chance too often to be worth a search. */
export const MIN_NEEDLE = 3;
/** One text of this length tells more than two of twice the length cost. */
const TELLING = 6;

/**
 * Where the date may have stood that was cut out of a line. `gap`: what follows it is no letter, digit or `_`, which
 * all default formats and most others demand; `anywhere`: nothing is known.
 */
export type DateCut = "gap" | "anywhere";

const SPECIAL = /^(?:\{DEFAULT\}|(?:\^|\{\^LN-BEG\})?(?:L?EPOCH|TAI64N)?|\{NONE\})$/i;
const LOOSE = /\{UNB\}|\*\*/i;
/** Ends in a token, so that a boundary follows the date. */
const ENDS_IN_TOKEN = /(?:%(?:Ex)?[A-Za-z]|\{DATE\})[)?]*$/;
const PLAIN_GROUPS = /(?<!\\)\((?!\?)/g;

/** What is known of the cut for a `datepattern`; absent means the default formats. */
export function dateCutOf(datepattern: string | undefined): DateCut {
  const lines = (datepattern ?? "").split("\n").map((line) => line.trim());
  return lines.every(isBounded) ? "gap" : "anywhere";
}

/** A group of its own decides what is cut; behind it a boundary follows only if it ends the pattern. */
function isBounded(line: string): boolean {
  if (SPECIAL.test(line)) {
    return true;
  }
  const groups = line.match(PLAIN_GROUPS)?.length ?? 0;
  return (
    !LOOSE.test(line) && ENDS_IN_TOKEN.test(line) && (groups === 0 || (groups === 1 && line.endsWith(")")))
  );
}

/**
 * Texts of which a line with its date still in it contains at least one if it contains the given text once the date
 * is cut out: `] bad` may have been `2026-01-01] bad`, but also `[2026-01-01 01:02:03] bad` for `[] bad`.
 * `undefined` when no texts long enough are certain.
 */
export function piecesAround(text: string, cut: DateCut): readonly string[] | undefined {
  const whole = cut === "gap" ? longest(text.split(/(?<=[^])(?=\W)/)) : "";
  const middle = Math.floor(text.length / 2);
  if (whole.length >= Math.min(TELLING, Math.max(MIN_NEEDLE, middle - 1))) {
    return [whole];
  }
  // Wherever the cut was, one of the halves is untouched.
  return middle >= MIN_NEEDLE ? [text.slice(0, middle), text.slice(middle)] : undefined;
}

function longest(parts: readonly string[]): string {
  return parts.reduce((best, part) => (part.length > best.length ? part : best), "");
}
