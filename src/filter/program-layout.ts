import type { WrittenMatcher } from "../regex";
import type { FeedOptions } from "./feed-options";

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
  /** Lines passed over, and how many of all lines but the last the prefregex matched. */
  passed: 7,
  prefixes: 8,
  /** Lines of which only the failregex that matches was counted. */
  counted: 9,
  /** How many rows there are, and where what they say ends; set back by who scans. */
  rows: 10,
  packedEnd: 11,
  /** How many numbers the spans of a date are, set by who scans. */
  dateSize: 12,
} as const;
export const STATE_SIZE = 16;

/** What a scan ends with; `full`: there is no room for another row, and the line at hand is still to come. */
export const OUTCOME = { end: 0, miss: 1, hits: 2, ignored: 3, slow: 4, plain: 5, full: 6 } as const;

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
  /** Lines in which one failregex found somebody become rows, and it goes on. */
  rows: 16,
  /** Rows have their dates, even if the date is that of the row before. */
  dates: 32,
} as const;

/** How a filter looks at lines by itself, whatever becomes of what it finds. */
export function modeOf({ checkAll = false }: FeedOptions): number {
  return checkAll ? MODE.all : 0;
}

/** What a row tells: numbers at these indexes of it. Addresses of texts are those of copies among what is packed. */
export const ROW = {
  /** See `KIND`. */
  kind: 0,
  failregex: 1,
  /** Of the line, as in `STATE`. */
  start: 2,
  end: 3,
  /** Where its groups and lines are packed, see `Packed`. */
  packed: 4,
  middle: 5,
  packedEnd: 6,
  /** The key of the session. */
  keyFrom: 7,
  keyTo: 8,
  /** An IPv4 address as a number when `idFrom` is 0; otherwise the text of an address. */
  address: 9,
  idFrom: 10,
  idTo: 11,
  /** 1 when its date reads like that of the row before. */
  isSameDate: 12,
} as const;
export const ROW_SIZE = 16;
/** Added together: in a session, no failure by itself, the last line of its session. */
export const KIND = { session: 1, quiet: 2, forgotten: 4 } as const;
export const MOST_ROWS = 512;
/** Numbers of the spans of the longest date that rows can keep. */
export const DATE_SIZE = 64;
/** Bytes for what rows say. */
export const PACKED_SIZE = 1 << 18;

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
  /** Where the rows are, the spans of their dates, and what they say. */
  readonly rowsAt: number;
  readonly datesAt: number;
  readonly packedAt: number;
  /** For each failregex a record of how its matches are packed, see `pack-layout`. */
  readonly layoutsAt: number;
}
