import type { DateDetector } from "../date";
import type { Block, Groups, GroupValue } from "../model";
import { ByteFacts } from "./byte-facts";
import { areAscii, ByteLine, LONGEST_BYTE_LINE } from "./byte-line";
import { ByteSearch, type ByteRegex, type Outcome } from "./byte-search";
import { reckonDated, type Reckoning } from "./clock-rules";
import type { CompiledFilter } from "./compile-filter";
import type { FeedOptions } from "./feed-options";
import type { Hit, HitMaker } from "./hit-maker";
import type { Dating, LastDate } from "./last-date";
import { combineGroups, isCombined } from "./named-groups";

/** What a filter shares between its ways of reading lines. */
export interface FeedParts {
  readonly compiled: CompiledFilter;
  readonly detector: DateDetector;
  readonly maker: HitMaker;
  readonly lastDate: LastDate;
  /** Hears of each match of the prefregex. */
  readonly prefixFound: PrefixListener | undefined;
}

/** Is told of a match, and how to get at its groups, those that took no part included. */
export type PrefixListener = (groups: () => ReadonlyMap<string, string | null>) => void;

const NO_HITS: readonly Hit[] = [];
const NO_GROUPS: Groups = new Map();

/** One for all filters: a line is read by one after the other. */
const line = new ByteLine();

/** Reads lines as bytes, without making texts of them before something is found. */
export class ByteFeed {
  readonly #parts: FeedParts;
  readonly #search: ByteSearch;
  /** Which failregexes have groups that work together. */
  readonly #combined: readonly boolean[];
  /** For bare hits, of the failregexes for which there is a short way. */
  readonly #facts: readonly (ByteFacts | undefined)[];
  readonly #dating: { -readonly [Key in keyof Dating]: Dating[Key] } = { format: undefined, now: 0 };
  /** What to make of the date of the line at hand. */
  #reckoning: Reckoning = { time: undefined };

  private constructor(parts: FeedParts, search: ByteSearch) {
    this.#parts = parts;
    this.#search = search;
    const isCombinedRegex = (regex: ByteRegex | undefined): boolean =>
      regex?.names.some(([name]) => isCombined(name)) ?? false;
    this.#combined = search.failregex.map(
      (regex) => isCombinedRegex(search.prefix) || isCombinedRegex(regex),
    );
    this.#facts = search.failregex.map((regex) => ByteFacts.of(regex, search.prefix));
  }

  /** Undefined when the filter needs the plain engines for every line. */
  static of(parts: FeedParts): ByteFeed | undefined {
    const search = ByteSearch.of(parts.compiled);
    return search && new ByteFeed(parts, search);
  }

  /** What the filter finds in a line; undefined, and nothing changed, when the line is one for the plain engines. */
  feed(block: Block, start: number, end: number, options: FeedOptions): readonly Hit[] | undefined {
    const view = block.view?.();
    if (!view || options.time !== undefined || end - start > LONGEST_BYTE_LINE) {
      return undefined;
    }
    const { bytes, isAscii } = view;
    if (!isAscii && !areAscii(bytes, start, end)) {
      return undefined;
    }
    const spans = this.#parts.detector.detectBytes(bytes, start, end, options.clock.now);
    if (!spans) {
      return undefined;
    }
    line.set(block, bytes, start, end);
    line.isBorrowed = options.isBare ?? false;
    if (options.clock.checkTimes && !this.#reckon(options)) {
      return undefined;
    }
    const outcome = this.#look(spans, options);
    if (outcome === "miss") {
      this.#note(block, options);
      return NO_HITS;
    }
    // Who takes dates as they are reads only those of lines in which something was found, or none.
    const isUnread = !options.clock.checkTimes && !options.isBare;
    if (outcome === "slow" || (isUnread && !this.#reckon(options))) {
      return undefined;
    }
    this.#note(block, options);
    return this.#conclude(outcome, options);
  }

  /** Searches the line without its date, whose bytes are changed meanwhile. */
  #look(spans: Int32Array, { clock, checkAll = false }: FeedOptions): Outcome {
    if (clock.checkTimes && this.#reckoning.time === undefined) {
      return "miss";
    }
    line.cut(spans[2] ?? 0, spans[3] ?? 0);
    const search = this.#search;
    const outcome = search.search(line.bytes, line.textStart, line.textEnd, checkAll);
    line.restore();
    return outcome;
  }

  /** False when the date names no moment. */
  #reckon({ clock }: FeedOptions): boolean {
    const date = this.#parts.detector.timeOfBytes();
    if (date !== undefined) {
      this.#reckoning = reckonDated(date, clock);
    }
    return date !== undefined;
  }

  /** What is to be remembered of the line, whatever was found in it. */
  #note(block: Block, options: FeedOptions): void {
    const { clock, notice } = options;
    const { detector, lastDate } = this.#parts;
    detector.countBytes(clock.now);
    if (clock.checkTimes) {
      if (this.#reckoning.time !== undefined) {
        lastDate.set(this.#reckoning.time);
      }
      if (this.#reckoning.notice) {
        notice?.(this.#reckoning.notice, line.raw);
      }
    } else if (!options.isBare) {
      this.#dating.format = detector.format;
      this.#dating.now = clock.now;
      lastDate.defer(block, line.start, this.#dating);
    }
    if (this.#search.hasPrefix) {
      this.#parts.prefixFound?.(this.#prefixGroups);
    }
  }

  #conclude(outcome: "hits" | "ignored", options: FeedOptions): readonly Hit[] {
    const search = this.#search;
    if (search.count === 0) {
      return [{ kind: "ignored", ignoreregex: search.ignoring, groups: NO_GROUPS, matches: [line.record] }];
    }
    const ignoring = outcome === "ignored" ? search.ignoring : -1;
    if (search.count === 1) {
      return [this.#make(search.found[0] ?? 0, ignoring, options)];
    }
    return Array.from(search.found.subarray(0, search.count), (index) =>
      this.#make(index, ignoring, options),
    );
  }

  #make(index: number, ignoreregex: number, { clock, checkAll = false, isBare = false }: FeedOptions): Hit {
    const { maker } = this.#parts;
    const facts = isBare ? this.#facts[index]?.read(line) : undefined;
    if (facts) {
      return maker.makeBare({ index, ignoreregex, facts, clock, checkAll });
    }
    const groups = new Map<string, GroupValue>();
    collect(this.#search.prefix, groups);
    collect(this.#search.failregex[index], groups);
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

  readonly #prefixGroups = (): ReadonlyMap<string, string | null> => {
    const groups = new Map<string, string>();
    collect(this.#search.prefix, groups);
    return new Map(this.#search.prefix?.names.map(([name]) => [name, groups.get(name) ?? null]));
  };
}

/** Adds the groups that took part in the last match of a regex. */
function collect(regex: ByteRegex | undefined, groups: Map<string, unknown>): void {
  if (!regex) {
    return;
  }
  const { names, matcher } = regex;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const from = name ? (matcher.spans[name[1]] ?? -1) : -1;
    if (name && from >= 0) {
      groups.set(name[0], line.part(from, matcher.spans[name[1] + 1] ?? from));
    }
  }
}
