import { messageOf, WarderError } from "../model";
import {
  compileByteMatcher,
  compilePattern,
  parsePattern,
  type ByteMatcher,
  type Match,
  type Matcher,
} from "../regex";
import type { BoundedRegex } from "./bounds";
import { READ_LETTERS } from "./calendar";
import type { DateTemplate } from "./template";

/** Where a date regex matched. Offsets count UTF-16 units of the text. */
export interface DateHit {
  /** Of the whole match, context included. */
  readonly start: number;
  readonly end: number;
  /** Of group 1, which is what is cut out. */
  readonly cutStart: number;
  readonly cutEnd: number;
  readonly match: Match;
}

/** A compiled date regex. Keeps no state between searches, so that all jails may share it. */
export class DateRegex {
  /** Group numbers of the letters that have a say in the time, in the order of the pattern. */
  readonly letters: readonly (readonly [letter: string, group: number])[];
  /** The groups of the minutes and the seconds; 0 when there is not exactly one. */
  readonly minuteGroup: number;
  readonly secondGroup: number;
  /** Where the begins of all other groups of letters are in the spans of a byte matcher. */
  readonly hourGroups: Int32Array;
  /** Whether equal texts of group 1 mean equal dates. */
  readonly isContained: boolean;
  readonly #matcher: Matcher;
  readonly #isWrapped: boolean;
  #byteMatcher: ByteMatcher | undefined;
  #isByteMatcherKnown = false;

  constructor(regex: BoundedRegex) {
    this.#matcher = compilePattern(parsePattern(regex.source));
    this.letters = [...this.#matcher.pattern.groupNames].filter(([name]) => READ_LETTERS.has(name));
    this.minuteGroup = this.#onlyGroup("M");
    this.secondGroup = this.#onlyGroup("S");
    const others = this.letters.filter(([letter]) => letter !== "M" && letter !== "S");
    this.hourGroups = Int32Array.from(others, ([, group]) => 2 * group);
    this.#isWrapped = regex.wrapped;
    this.isContained = regex.contained;
  }

  #onlyGroup(wanted: string): number {
    const groups = this.letters.filter(([letter]) => letter === wanted);
    return groups.length === 1 ? (groups[0]?.[1] ?? 0) : 0;
  }

  /** The same for bytes; absent when the date may stand elsewhere than at the begin of the line. */
  get byteMatcher(): ByteMatcher | undefined {
    if (!this.#isByteMatcherKnown) {
      const matcher = compileByteMatcher(this.#matcher.pattern);
      this.#byteMatcher = matcher?.isAnchored ? matcher : undefined;
      this.#isByteMatcherKnown = true;
    }
    return this.#byteMatcher;
  }

  /** The first match in the text. */
  search(text: string): DateHit | undefined {
    return this.#isWrapped ? this.#searchWrapped(text, 0) : this.#searchSpans(text, 0);
  }

  /** The first match that begins at `from` or later and ends at `to` or before, as if the text ended there. */
  searchPart(text: string, from: number, to: number): DateHit | undefined {
    const part = text.slice(0, to);
    const hit = this.search(part);
    if (!hit || hit.start >= from) {
      return hit;
    }
    // Something matches further left. One character of context is kept, for the boundary before the date.
    const offset = from - 1;
    const rest = part.slice(offset);
    const second = this.#isWrapped ? this.#searchWrapped(rest, offset) : this.#searchSpans(rest, offset);
    return second && second.start >= from ? second : undefined;
  }

  /** A group around everything ends where the match ends: its text alone tells where it stands. */
  #searchWrapped(text: string, offset: number): DateHit | undefined {
    const match = this.#matcher.exec(text);
    if (!match) {
      return undefined;
    }
    const end = match.end + offset;
    return {
      start: match.start + offset,
      end,
      cutStart: end - (match.group(1)?.length ?? 0),
      cutEnd: end,
      match,
    };
  }

  #searchSpans(text: string, offset: number): DateHit | undefined {
    const match = this.#matcher.execSpans(text);
    if (!match) {
      return undefined;
    }
    const cut = match.span(1);
    return {
      start: match.start + offset,
      end: match.end + offset,
      cutStart: (cut?.start ?? match.start) + offset,
      cutEnd: (cut?.end ?? match.start) + offset,
      match,
    };
  }
}

interface Compiled {
  readonly lastYear: number;
  readonly regex: DateRegex;
}

/** The default templates are the same objects in every jail, and so are compiled only once. */
const compiled = new WeakMap<DateTemplate, Compiled>();

/**
 * The regex of a template for years until `lastYear`.
 * DIFFERS: a regex that is not valid is refused here, when the pattern is set; fail2ban takes it and fails at every line.
 * @throws WarderError date-pattern.
 */
export function regexOf(template: DateTemplate, lastYear: number): DateRegex {
  const known = compiled.get(template);
  if (known?.lastYear === lastYear) {
    return known.regex;
  }
  const regex = compileDateRegex(template, lastYear);
  compiled.set(template, { lastYear, regex });
  return regex;
}

function compileDateRegex(template: DateTemplate, lastYear: number): DateRegex {
  const source = template.regex(lastYear);
  try {
    return new DateRegex(source);
  } catch (error) {
    const pattern = template.pattern ?? template.name;
    throw new WarderError(
      "date-pattern",
      `Failed to set datepattern '${pattern}': its regular expression is not valid: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
