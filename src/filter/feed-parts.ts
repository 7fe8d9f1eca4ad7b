import type { DateDetector } from "../date";
import type { Block } from "../model";
import type { CompiledFilter } from "./compile-filter";
import type { FeedOptions } from "./feed-options";
import type { Hit, HitMaker } from "./hit-maker";
import type { LastDate } from "./last-date";

const CARRIAGE_RETURN = 13;
const NUMBER_SIGN = 35;
const NO_COUNTS = new Int32Array(0);

/** What a filter shares between its ways of reading lines. */
export interface FeedParts {
  readonly compiled: CompiledFilter;
  readonly detector: DateDetector;
  readonly maker: HitMaker;
  readonly lastDate: LastDate;
  /** Hears of each match of the prefregex. */
  readonly prefixFound: PrefixListener | undefined;
  /** Reads a line of a block with the plain engines. */
  feedPlain(block: Block, start: number, end: number, options: FeedOptions): readonly Hit[];
}

/** Hears of the matches of a prefregex. */
export interface PrefixListener {
  /** There were so many more. */
  count(times: number): void;
  /** One of them, counted already: `groups` gets at its groups, those that took no part included. Absent when nobody asks. */
  readonly tell?: (groups: () => ReadonlyMap<string, string | null>) => void;
}

/** Which lines are told of one by one: also those in which nothing is found, or not even all bare hits. */
export type ToldLines = "all" | "hits" | "few";

/** What came of running over lines: those passed over, and the one it stopped at. */
export interface Advance {
  /** Lines in which nothing was found, of those before the one it stopped at. */
  passed: number;
  /** Lines with a hit of which only that was counted, and how many for each failregex. */
  counted: number;
  readonly counts: Int32Array;
  /** Of the line it stopped at, without its end; `start` is -1 when it came to the end of the lines it could see. */
  start: number;
  end: number;
  /** Where to go on. */
  next: number;
  /** What was found in the line; undefined, and nothing changed, when it is one for the plain engines. */
  hits: readonly Hit[] | undefined;
}

/** The line that begins there, not fed yet. */
export function nextLine({ text }: Block, start: number): Advance {
  const newline = text.indexOf("\n", start);
  let end = newline;
  while (end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN) {
    end--;
  }
  const isIdle = end === start || text.charCodeAt(start) === NUMBER_SIGN;
  const counts = NO_COUNTS;
  return {
    passed: 0,
    counted: 0,
    counts,
    start: isIdle ? -1 : start,
    end,
    next: newline + 1,
    hits: undefined,
  };
}
