import type { WrittenMatcher } from "../regex";

/** A regex of a filter that matches bytes, and the names of its groups. */
export interface ByteRegex {
  readonly matcher: WrittenMatcher;
  /** Names with the index of their begin in the matcher's `spans`. */
  readonly names: readonly (readonly [name: string, at: number])[];
}

/** The regexes of a filter as they stand in its program. */
export interface ByteRegexes {
  readonly prefix: ByteRegex | undefined;
  readonly failregex: readonly ByteRegex[];
  readonly ignoreregex: readonly ByteRegex[];
}

/** Where the program tells what it found: numbers at these indexes of `state`. */
export const STATE = {
  /** The line: its first byte, the one behind its last, and the first byte of the next line. */
  start: 0,
  end: 1,
  next: 2,
  /** How many of `found` are failregexes that match. */
  count: 3,
  /** The ignoreregex that dropped the line. */
  ignoring: 4,
  /** 1 when the prefregex matched. */
  prefix: 5,
  /** 1 when the text without the date was put together in `text`. */
  copied: 6,
  /** Lines passed over, how many of them the prefregex matched, the first and the last of them. */
  passed: 7,
  prefixes: 8,
  firstPassed: 9,
  lastPassed: 10,
  /** Lines of which only the failregex that matches was counted. */
  counted: 11,
} as const;
export const STATE_SIZE = 12;

/** What a scan ends with. */
export const OUTCOME = { end: 0, miss: 1, hits: 2, ignored: 3, slow: 4, plain: 5 } as const;

/** How to scan; added together. */
export const MODE = {
  /** Every failregex is tried. */
  all: 1,
  /** It ends at lines in which nothing is found as well. */
  misses: 2,
  /** Empty lines and those that begin with a number sign are passed over uncounted, all carriage returns cut off. */
  tidy: 4,
  /** Lines with one hit, of somebody whose address is known, are counted, and it goes on. */
  counts: 8,
} as const;

/** Longer lines are left to the plain engines, which look at each character less often. */
export const LONGEST_BYTE_LINE = 8192;

/** Where a program keeps what it tells. */
export interface ProgramRoom {
  readonly stateAt: number;
  /** The numbers of the failregexes that match. */
  readonly foundAt: number;
  /** For each failregex how many lines were counted. */
  readonly countsAt: number;
  /** For each failregex the two addresses of which one holds a place in the text when the line can be counted. */
  readonly countableAt: number;
  /** The text of a line whose date does not stand at its begin. */
  readonly textAt: number;
}
