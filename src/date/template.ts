import { boundRegex, type Begin, type BoundedRegex } from "./bounds";
import { epochNumber, freeEpoch } from "./epoch";
import { expandTokens, hasLetterTokens, nameOfPattern } from "./tokens";

/** How the matched text becomes a time. */
export type DateKind = "calendar" | "epoch" | "long-epoch" | "tai64n";

/** One way to find a date. */
export interface DateTemplate {
  /** As reports show it: `{^LN-BEG}Year-Month-Day`. */
  readonly name: string;
  /** As `get JAIL datepattern` gives it; undefined for the formats that are no pattern (EPOCH, TAI64N). */
  readonly pattern: string | undefined;
  readonly kind: DateKind;
  /** Which group has the number of an epoch. */
  readonly numberGroup: number;
  readonly weight: number;
  /** The regex in Python's syntax, for a time when `%ExY` has to know years until `lastYear`. */
  readonly regex: (lastYear: number) => BoundedRegex;
}

const LINE_PREFIX = "{^LN-BEG}";
const BARE_PREFIX = "{UNB}";
const EPOCH_MARK = /\{(L?)EPOCH\}/gi;
const TAI = "(@[0-9a-f]{24})";

/** A pattern of tokens, with the prefixes `{^LN-BEG}` and `{UNB}`. */
export function calendarTemplate(pattern: string, weight = 1): DateTemplate {
  const begin: Begin = pattern.startsWith(LINE_PREFIX)
    ? "line"
    : pattern.startsWith(BARE_PREFIX)
      ? "none"
      : "word";
  const rest =
    begin === "word" ? pattern : pattern.slice(begin === "line" ? LINE_PREFIX.length : BARE_PREFIX.length);
  const regex = (lastYear: number): BoundedRegex => {
    const bounded = boundRegex(expandTokens(rest, lastYear), begin, begin !== "none");
    return hasLetterTokens(rest) ? { ...bounded, source: `(?iu)${bounded.source}` } : bounded;
  };
  const prefix = begin === "line" && boundRegex(rest, begin, true).bounded ? LINE_PREFIX : "";
  return { name: prefix + nameOfPattern(rest), pattern, kind: "calendar", numberGroup: 0, weight, regex };
}

/** EPOCH or LEPOCH without a pattern around it. */
export function epochTemplate(long: boolean, begin: "line" | "free", weight = 1): DateTemplate {
  const number = epochNumber(long);
  const source = begin === "line" ? boundRegex(`(${number})`, "line", true) : freeEpoch(number);
  return {
    name: `${begin === "line" ? LINE_PREFIX : ""}${long ? "LongEpoch" : "Epoch"}`,
    pattern: undefined,
    kind: long ? "long-epoch" : "epoch",
    numberGroup: 1,
    weight,
    regex: () => source,
  };
}

/**
 * A regex with `{EPOCH}` or `{LEPOCH}` in it. Without a group of its own the whole match is the date and the marker the number;
 * with one, the date is group 1 and the number group 2.
 */
export function epochPatternTemplate(pattern: string): DateTemplate {
  const inner = pattern.replaceAll(EPOCH_MARK, (_, long: string) => `(${epochNumber(long !== "")})`);
  const hasOwnGroup = /(?<!\\)\((?!\?)/.test(pattern);
  const source = boundRegex(hasOwnGroup ? inner : `(${inner})`, "word", true);
  return {
    name: pattern,
    pattern: undefined,
    kind: /\{LEPOCH\}/i.test(pattern) ? "long-epoch" : "epoch",
    numberGroup: 2,
    weight: 1,
    regex: () => ({ ...source, wrapped: false, contained: false }),
  };
}

/** TAI64N, as multilog writes it: `@4000000050d506482dbdf024`. */
export function taiTemplate(begin: "line" | "free", weight = 1): DateTemplate {
  const source = boundRegex(TAI, begin === "line" ? "line" : "none", true);
  return {
    name: `${begin === "line" ? LINE_PREFIX : ""}TAI64N`,
    pattern: undefined,
    kind: "tai64n",
    numberGroup: 1,
    weight,
    regex: () => source,
  };
}
