import type { SettledDate } from "../date";
import type { Block, Groups } from "../model";
import { ByteFacts } from "./byte-facts";
import { ByteGroups } from "./byte-groups";
import { ByteLine } from "./byte-line";
import { reckonDated, type Reckoning } from "./clock-rules";
import type { FeedOptions } from "./feed-options";
import type { Hit } from "./hit-maker";
import type { Advance, FeedParts, ToldLines } from "./feed-parts";
import { LineProgram, noteLine, type Scan } from "./line-program";
import { lineWindow } from "./line-window";
import { linesBefore } from "./lines-before";
import { combineGroups, isCombined } from "./named-groups";
import { LONGEST_BYTE_LINE, MODE, modeOf, OUTCOME, STATE, type ByteRegex } from "./program-layout";
import { isRowDate, RowHits, type Feeding, type RowReading } from "./row-hits";

const MODES: Readonly<Record<ToldLines, number>> = { all: MODE.misses, hits: 0, few: MODE.counts };

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
  readonly #rows: RowHits;
  /** For bare hits, of the failregexes for which there is a short way. */
  readonly #facts: readonly (ByteFacts | undefined)[];
  readonly #advance: Advance;
  /** What to make of the date of the line at hand. */
  #reckoning: Reckoning = { time: undefined };
  #scan: Scan | undefined;
  #date: SettledDate | undefined;
  #noticed: Block | undefined;

  private constructor(parts: FeedParts, program: LineProgram) {
    this.#parts = parts;
    this.#program = program;
    const { prefix, failregex, counts, room } = program;
    this.#advance = { passed: 0, counted: 0, counts, start: -1, end: -1, next: 0, hits: undefined };
    const isCombinedRegex = (regex: ByteRegex | undefined): boolean =>
      regex?.names.some(([name]) => isCombined(name)) ?? false;
    this.#combined = failregex.map((regex) => isCombinedRegex(prefix) || isCombinedRegex(regex));
    this.#rows = new RowHits({
      ...parts,
      sessions: parts.maker.sessions,
      room,
      feedPlain: (reading, start, end) => this.#feedPlain(reading, start, end),
      feedAgain: (reading, start, end) => this.#feedAgain(reading, start, end),
    });
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
    return shift === undefined ? undefined : this.#feedOne(start, { block, shift, options });
  }

  /**
   * Feeds the lines of a block from `start` on to the first that is one for the plain engines, and hands over what it
   * finds; gives where that line begins, or where the lines end that it could see. Undefined when it cannot tell
   * anything of the line there.
   */
  feedAll(
    block: Block,
    start: number,
    options: FeedOptions,
    take: (hits: readonly Hit[]) => void,
  ): number | undefined {
    const shift = this.#prepare(block, start, options);
    if (shift === undefined) {
      return undefined;
    }
    const feeding = { block, shift, options, looksBack: true };
    const { end } = lineWindow;
    const { state } = this.#program;
    const mode = this.#modeOf(options);
    for (let next = start; next < end; ) {
      const outcome = this.#run(next + shift, end + shift, mode);
      const stop = outcome === OUTCOME.end ? end : at(state, STATE.start) - shift;
      const behind = at(state, STATE.next) - shift;
      this.#takeRows(next, feeding, take);
      this.#noteLines(next, stop, feeding);
      if (outcome === OUTCOME.end || outcome === OUTCOME.plain || outcome === OUTCOME.slow) {
        return stop;
      }
      if (outcome === OUTCOME.full) {
        next = stop;
        continue;
      }
      const found = this.#feedOne(stop, feeding);
      if (!found) {
        return stop;
      }
      take(found);
      next = behind;
    }
    return end;
  }

  /** Hands over what is found in the lines of the last run, which began at `start`. */
  #takeRows(start: number, feeding: Feeding, take: (hits: readonly Hit[]) => void): void {
    const passed = this.#countPassed(feeding.options);
    const hits = this.#readRows(start, feeding);
    if (hits.length > 0) {
      take(hits);
    } else if (passed > 0) {
      this.#notice(start, feeding);
    }
  }

  #feedOne(start: number, feeding: Feeding): readonly Hit[] | undefined {
    const { shift, options } = feeding;
    const outcome = this.#run(start + shift, start + shift + 1, this.#modeOf(options) | MODE.misses);
    if (outcome !== OUTCOME.end) {
      return this.#judge(outcome, feeding);
    }
    const next = at(this.#program.state, STATE.next) - shift;
    const hits = this.#readRows(start, feeding);
    this.#noteLines(start, next, feeding);
    return hits;
  }

  /** The hits of the lines of which the last run has made rows; it began at `start`. */
  #readRows(start: number, feeding: Feeding): readonly Hit[] {
    const { state } = this.#program;
    const date = this.#date;
    if (!date || at(state, STATE.rows) === 0) {
      return NO_HITS;
    }
    return this.#rows.read(state, { ...feeding, from: start, date });
  }

  #feedPlain({ from, ...feeding }: RowReading, start: number, end: number): readonly Hit[] {
    const { block, shift, options, looksBack } = feeding;
    this.#noteLines(from, start - shift, feeding);
    const earlier = (): Iterable<string> => linesBefore(block, start - shift);
    const how = looksBack ? { ...options, earlier } : options;
    return this.#parts.feedPlain(block, start - shift, end - shift, how);
  }

  #feedAgain(reading: RowReading, start: number, end: number): readonly Hit[] {
    const outcome = this.#run(start, start + 1, modeOf(reading.options) | MODE.misses);
    return this.#judge(outcome, reading) ?? this.#feedPlain(reading, start, end);
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
    advance.passed = at(state, STATE.passed);
    advance.counted = at(state, STATE.counted);
    const isEnd = outcome === OUTCOME.end;
    const stop = isEnd ? lineWindow.end : at(state, STATE.start) - shift;
    advance.start = isEnd ? -1 : stop;
    advance.end = at(state, STATE.end) - shift;
    advance.next = isEnd ? stop : at(state, STATE.next) - shift;
    const feeding = { block, shift, options };
    if (this.#countPassed(options) > 0 && !options.isBare) {
      this.#noteLines(start, stop, feeding);
    }
    advance.hits = isEnd ? undefined : this.#judge(outcome, feeding);
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
      this.#program.state[STATE.dateSize] = date.spans.length;
      this.#scan = this.#program.scanWith(date.exec);
    }
    this.#parts.lastDate.leave(block);
    return this.#scan && lineWindow.show(block, start);
  }

  /** Rows are for jails, which ask nobody what a line is about that is no failure. */
  #modeOf(options: FeedOptions): number {
    const { checkAll, isBare, clock } = options;
    const date = this.#date;
    const isPlain = !checkAll && !isBare && clock.checkTimes && !this.#parts.prefixFound;
    const rows = date?.isContained ? MODE.rows : MODE.rows | MODE.dates;
    return modeOf(options) | (date && isRowDate(date) && isPlain ? rows : 0);
  }

  /** Runs over lines between two addresses. */
  #run(from: number, to: number, mode: number): number {
    const { longest, spansAt } = this.#date ?? NO_DATE;
    const { state, room } = this.#program;
    state[STATE.rows] = 0;
    state[STATE.packedEnd] = room.packedAt;
    try {
      return this.#scan?.(from, to, mode, longest, spansAt) ?? OUTCOME.plain;
    } catch {
      // It went too deep at a line. Those before it come first, since nothing was told of them.
      const line = at(state, STATE.start);
      this.#program.counts.fill(0);
      if (line > from) {
        return this.#run(from, line, mode);
      }
      noteLine(state, line, mode);
      return OUTCOME.plain;
    }
  }

  /** Counts the dates of the lines that were passed over, and gives their number. */
  #countPassed(options: FeedOptions): number {
    const { state } = this.#program;
    const { detector, prefixFound } = this.#parts;
    const all = at(state, STATE.passed) + at(state, STATE.counted);
    if (all > 0) {
      detector.countSettled(options.clock.now, all);
      prefixFound?.count(at(state, STATE.prefixes));
    }
    return all;
  }

  /** Notes that the lines between two places have been read. */
  #noteLines(from: number, to: number, { block, options }: Feeding): void {
    const { detector, lastDate } = this.#parts;
    const { format } = detector;
    if (from < to && format) {
      lastDate.defer(block, { from, to }, { format, clock: options.clock });
    }
  }

  /** Of the lines of one block in which nothing is found the date of one is looked at. */
  #notice(start: number, { block, options }: Feeding): void {
    const { clock, notice } = options;
    if (notice && block !== this.#noticed) {
      this.#noticed = block;
      const text = block.decode(start, block.text.indexOf("\n", start));
      const date = this.#parts.detector.format?.timeOf(text, clock.now);
      const found = date === undefined ? undefined : reckonDated(date, clock).notice;
      if (found) {
        notice(found, text);
      }
    }
  }

  /** What is to be made of the line at which a run ended. */
  #judge(outcome: number, feeding: Feeding): readonly Hit[] | undefined {
    if (outcome === OUTCOME.plain || outcome === OUTCOME.slow) {
      return undefined;
    }
    const { options } = feeding;
    this.#setLine(feeding);
    const { checkTimes } = options.clock;
    // Who takes dates as they are reads only those of lines in which something was found, or none.
    const isRead = checkTimes || (outcome !== OUTCOME.miss && !options.isBare);
    if (isRead && !this.#reckon(options)) {
      return undefined;
    }
    const isDropped = checkTimes && this.#reckoning.time === undefined;
    this.#note(feeding, isDropped);
    return isDropped || outcome === OUTCOME.miss ? NO_HITS : this.#conclude(outcome, options);
  }

  #setLine({ block, shift, options: { isBare = false } }: Feeding): void {
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
  #note(feeding: Feeding, isDropped: boolean): void {
    const { clock, notice, isBare } = feeding.options;
    const { detector, lastDate, prefixFound } = this.#parts;
    detector.countSettled(clock.now, 1);
    if (clock.checkTimes) {
      if (this.#reckoning.time !== undefined) {
        lastDate.set(this.#reckoning.time);
      }
      if (this.#reckoning.notice) {
        notice?.(this.#reckoning.notice, line.raw);
      }
    } else if (!isBare) {
      this.#noteLines(line.start, line.end + 1, feeding);
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
      return [this.#make(at(found, 0), ignoring, options)];
    }
    return Array.from(found.subarray(0, count), (index) => this.#make(index, ignoring, options));
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

const NO_DATE: Pick<SettledDate, "longest" | "spansAt" | "spans"> = {
  longest: 0,
  spansAt: 0,
  spans: new Int32Array(4),
};

function at(numbers: Int32Array, index: number): number {
  return numbers[index] ?? 0;
}
