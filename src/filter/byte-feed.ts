import type { DateDetector, SettledDate } from "../date";
import type { Block, Groups } from "../model";
import { theWorkspace } from "../wasm";
import { ByteFacts } from "./byte-facts";
import { ByteGroups } from "./byte-groups";
import { ByteLine } from "./byte-line";
import { reckonDated, type Reckoning } from "./clock-rules";
import type { CompiledFilter } from "./compile-filter";
import type { FeedOptions } from "./feed-options";
import type { Hit, HitMaker } from "./hit-maker";
import type { Dating, LastDate } from "./last-date";
import { LineProgram, type Scan } from "./line-program";
import { lineWindow } from "./line-window";
import { combineGroups, isCombined } from "./named-groups";
import { QuickHits } from "./quick-hits";
import { LONGEST_BYTE_LINE, MODE, OUTCOME, STATE, type ByteRegex } from "./program-layout";

/** What a filter shares between its ways of reading lines. */
export interface FeedParts {
  readonly compiled: CompiledFilter;
  readonly detector: DateDetector;
  readonly maker: HitMaker;
  readonly lastDate: LastDate;
  /** Hears of each match of the prefregex. */
  readonly prefixFound: PrefixListener | undefined;
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

const MODES: Readonly<Record<ToldLines, number>> = { all: MODE.misses, hits: 0, few: MODE.counts };

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

const NO_HITS: readonly Hit[] = [];
const NO_GROUPS: Groups = new Map();

/** One for all filters: a line is read by one after the other. */
const line = new ByteLine();

/** Reads lines as bytes, without making texts of them before something is found. */
export class ByteFeed {
  readonly #parts: FeedParts;
  readonly #program: LineProgram;
  /** Which failregexes have groups that work together. */
  readonly #combined: readonly boolean[];
  readonly #groups: readonly ByteGroups[];
  readonly #quick: QuickHits;
  /** For bare hits, of the failregexes for which there is a short way. */
  readonly #facts: readonly (ByteFacts | undefined)[];
  readonly #dating: { -readonly [Key in keyof Dating]: Dating[Key] } = { format: undefined, now: 0 };
  readonly #advance: Advance;
  /** What to make of the date of the line at hand. */
  #reckoning: Reckoning = { time: undefined };
  #scan: Scan | undefined;
  #date: SettledDate | undefined;

  private constructor(parts: FeedParts, program: LineProgram) {
    this.#parts = parts;
    this.#program = program;
    const { prefix, failregex, counts } = program;
    this.#advance = { passed: 0, counted: 0, counts, start: -1, end: -1, next: 0, hits: undefined };
    const isCombinedRegex = (regex: ByteRegex | undefined): boolean =>
      regex?.names.some(([name]) => isCombined(name)) ?? false;
    this.#combined = failregex.map((regex) => isCombinedRegex(prefix) || isCombinedRegex(regex));
    this.#quick = new QuickHits(program, parts.compiled, parts.maker.sessions);
    this.#groups = failregex.map((regex) => new ByteGroups(regex, prefix));
    this.#facts = failregex.map((regex) => ByteFacts.of(regex, prefix));
  }

  /** Undefined when the filter needs the plain engines for every line. */
  static of(parts: FeedParts): ByteFeed | undefined {
    const program = LineProgram.of(parts.compiled);
    return program && new ByteFeed(parts, program);
  }

  /** What the filter finds in a line; undefined, and nothing changed, when the line is one for the plain engines. */
  feed(block: Block, start: number, end: number, options: FeedOptions): readonly Hit[] | undefined {
    if (end - start > LONGEST_BYTE_LINE) {
      return undefined;
    }
    const shift = this.#prepare(block, start, options);
    if (shift === undefined) {
      return undefined;
    }
    const outcome = this.#run(start + shift, start + shift + 1, modeOf(options) | MODE.misses);
    return this.#judge(block, outcome, { shift, options });
  }

  /**
   * Runs over the lines of a block from `start` on, to the first that is told of, or to a line for the plain engines.
   * Empty lines and those that begin with `#` count for nothing. Undefined when it cannot tell anything of the line
   * there. What comes back is good until the next call.
   */
  advance(block: Block, start: number, told: ToldLines, options: FeedOptions): Advance | undefined {
    const shift = this.#prepare(block, start, options);
    if (shift === undefined) {
      return undefined;
    }
    const mode = modeOf(options) | MODE.tidy | MODES[told];
    this.#program.counts.fill(0);
    const outcome = this.#run(start + shift, lineWindow.end + shift, mode);
    const { state } = this.#program;
    const advance = this.#advance;
    advance.passed = this.#takePassed(block, shift, options);
    advance.counted = at(state, STATE.counted);
    const isEnd = outcome === OUTCOME.end;
    advance.start = isEnd ? -1 : at(state, STATE.start) - shift;
    advance.end = at(state, STATE.end) - shift;
    advance.next = (isEnd ? lineWindow.end + shift : at(state, STATE.next)) - shift;
    advance.hits = isEnd ? undefined : this.#judge(block, outcome, { shift, options });
    return advance;
  }

  /** Makes ready for a line; undefined when it is one for the plain engines. */
  #prepare(block: Block, start: number, options: FeedOptions): number | undefined {
    const date = options.time === undefined ? this.#parts.detector.settled(options.clock.now) : undefined;
    if (!date) {
      return undefined;
    }
    if (date !== this.#date) {
      this.#date = date;
      this.#scan = this.#program.scanWith(date.exec);
    }
    this.#parts.lastDate.leave(block);
    return this.#scan && lineWindow.show(block, start);
  }

  /** Runs over lines between two addresses. */
  #run(from: number, to: number, mode: number): number {
    const { longest, spansAt } = this.#date ?? NO_DATE;
    try {
      return this.#scan?.(from, to, mode, longest, spansAt) ?? OUTCOME.plain;
    } catch {
      // It went too deep at a line. Those before it come first, since nothing was told of them.
      const { state } = this.#program;
      const line = at(state, STATE.start);
      this.#program.counts.fill(0);
      if (line > from) {
        return this.#run(from, line, mode);
      }
      noteLine(state, line, mode);
      return OUTCOME.plain;
    }
  }

  /** Notes the lines that were passed over and gives their number. */
  #takePassed(block: Block, shift: number, options: FeedOptions): number {
    const { state } = this.#program;
    const { detector, lastDate, prefixFound } = this.#parts;
    const passed = at(state, STATE.passed);
    const all = passed + at(state, STATE.counted);
    if (all > 0) {
      detector.countSettled(options.clock.now, all);
      prefixFound?.count(at(state, STATE.prefixes));
      if (!options.isBare) {
        this.#defer(options);
        lastDate.defer(block, at(state, STATE.firstPassed) - shift, this.#dating);
        lastDate.defer(block, at(state, STATE.lastPassed) - shift, this.#dating);
      }
    }
    return passed;
  }

  #defer({ clock }: FeedOptions): void {
    this.#dating.format = this.#parts.detector.format;
    this.#dating.now = clock.now;
  }

  /** What is to be made of the line at which a run ended. */
  #judge(
    block: Block,
    outcome: number,
    { shift, options }: { readonly shift: number; readonly options: FeedOptions },
  ): readonly Hit[] | undefined {
    if (outcome === OUTCOME.plain || outcome === OUTCOME.slow) {
      return undefined;
    }
    this.#setLine(block, shift, options);
    const { checkTimes } = options.clock;
    // Who takes dates as they are reads only those of lines in which something was found, or none.
    const isRead = checkTimes || (outcome !== OUTCOME.miss && !options.isBare);
    if (isRead && !this.#reckon(options)) {
      return undefined;
    }
    const isDropped = checkTimes && this.#reckoning.time === undefined;
    this.#note(block, options, isDropped);
    return isDropped || outcome === OUTCOME.miss ? NO_HITS : this.#conclude(outcome, options);
  }

  #setLine(block: Block, shift: number, { isBare = false }: FeedOptions): void {
    const { state, room } = this.#program;
    const spans = this.#date?.spans ?? NO_DATE.spans;
    line.set(block);
    line.isBorrowed = isBare;
    line.shift = shift;
    line.start = at(state, STATE.start) - shift;
    line.end = at(state, STATE.end) - shift;
    line.cutStart = at(spans, 2) - shift;
    line.cutEnd = at(spans, 3) - shift;
    line.textAt = at(state, STATE.copied) === 1 ? room.textAt : -1;
  }

  /** False when the date names no moment. */
  #reckon({ clock }: FeedOptions): boolean {
    const date = this.#parts.detector.timeOfSettled();
    if (date !== undefined) {
      this.#reckoning = reckonDated(date, clock);
    }
    return date !== undefined;
  }

  /** What is to be remembered of the line, whatever was found in it. */
  #note(block: Block, options: FeedOptions, isDropped: boolean): void {
    const { clock, notice } = options;
    const { detector, lastDate, prefixFound } = this.#parts;
    detector.countSettled(clock.now, 1);
    if (clock.checkTimes) {
      if (this.#reckoning.time !== undefined) {
        lastDate.set(this.#reckoning.time);
      }
      if (this.#reckoning.notice) {
        notice?.(this.#reckoning.notice, line.raw);
      }
    } else if (!options.isBare) {
      this.#defer(options);
      lastDate.defer(block, line.start, this.#dating);
    }
    if (prefixFound && !isDropped && at(this.#program.state, STATE.prefix) === 1) {
      prefixFound.count(1);
      prefixFound.tell?.(this.#tellPrefix);
    }
  }

  #conclude(outcome: number, options: FeedOptions): readonly Hit[] {
    const { state, found } = this.#program;
    const count = at(state, STATE.count);
    const ignoring = outcome === OUTCOME.ignored ? at(state, STATE.ignoring) : -1;
    if (count === 0) {
      return [{ kind: "ignored", ignoreregex: ignoring, groups: NO_GROUPS, matches: [line.record] }];
    }
    if (count === 1) {
      const index = at(found, 0);
      return [this.#makeQuickly(index, ignoring, options) ?? this.#make(index, ignoring, options)];
    }
    return Array.from(found.subarray(0, count), (index) => this.#make(index, ignoring, options));
  }

  /** For jails, which ask nobody what a line is about that is no failure. */
  #makeQuickly(index: number, ignoreregex: number, options: FeedOptions): Hit | undefined {
    const { time } = this.#reckoning;
    return ignoreregex >= 0 || options.isBare || options.checkAll || time === undefined
      ? undefined
      : this.#quick.make(index, line, time, options.clock.now);
  }

  #make(index: number, ignoreregex: number, { clock, checkAll = false, isBare = false }: FeedOptions): Hit {
    const { maker } = this.#parts;
    const facts = isBare ? this.#facts[index]?.read(line) : undefined;
    if (facts) {
      return maker.makeBare({ index, ignoreregex, facts, clock, checkAll });
    }
    const groups = this.#groups[index]?.read(line) ?? NO_GROUPS;
    return maker.make({
      index,
      ignoreregex,
      groups: this.#combined[index] ? combineGroups(groups) : groups,
      matches: [line.record],
      isBare,
      time: this.#reckoning.time,
      clock,
      checkAll,
    });
  }

  readonly #tellPrefix = (): ReadonlyMap<string, string | null> =>
    new ByteGroups(undefined, this.#program.prefix).readAll(line);
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const NO_DATE: Pick<SettledDate, "longest" | "spansAt" | "spans"> = {
  longest: 0,
  spansAt: 0,
  spans: new Int32Array(4),
};

function at(numbers: Int32Array, index: number): number {
  return numbers[index] ?? 0;
}

/** Tells of the line that begins at an address as a run does that ends there. */
function noteLine(state: Int32Array, start: number, mode: number): void {
  const { bytes } = theWorkspace();
  const newline = bytes.indexOf(NEWLINE, start);
  const most = (mode & MODE.tidy) === 0 ? 1 : newline - start;
  let end = newline;
  while (end > start && newline - end < most && bytes[end - 1] === CARRIAGE_RETURN) {
    end--;
  }
  state[STATE.end] = end;
  state[STATE.next] = newline + 1;
  state[STATE.passed] = state[STATE.counted] = 0;
}

function modeOf({ checkAll = false }: FeedOptions): number {
  return checkAll ? MODE.all : 0;
}
