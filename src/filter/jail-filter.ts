import type { Block, Entry, Groups, GroupValue, MatchedLine } from "../model";
import type { DateDetector, DateMatch } from "../date";
import { isAscii, type Match } from "../regex";
import { ByteFeed } from "./byte-feed";
import { reckonDated, reckonUndated, type TimeNotice } from "./clock-rules";
import type { CompiledFilter, CompiledRegex } from "./compile-filter";
import { parseEpoch } from "./epoch";
import type { FeedOptions } from "./feed-options";
import { nextLine, type Advance, type PrefixListener, type ToldLines } from "./feed-parts";
import { HitMaker, type Hit } from "./hit-maker";
import { LastDate } from "./last-date";
import { toMatchedLine, visibleText, type LineParts } from "./line-parts";
import { combineGroups } from "./named-groups";
import { Window, type MatchSpan } from "./window";

interface Candidate {
  readonly parts: LineParts;
  /** With its date, for regexes that read fields. */
  readonly whole: string;
  /** The whole is the fields of a journal entry. */
  readonly isEntry?: boolean;
  readonly time: number | undefined;
  /** By its date it is too old; a field may know better. */
  readonly isOld?: boolean;
  readonly how: FeedOptions;
}

/** What regexes are searched in. */
interface Texts {
  readonly text: string;
  /** The same with the date in it, for regexes that read fields. */
  readonly whole: string;
}

/** A text to be searched by failregexes. */
interface Search extends Texts {
  /** That all of its characters are ASCII. */
  readonly ascii: boolean;
  /** What the prefregex found before. */
  readonly prefix: Match | undefined;
}

/** What a failregex found. */
interface Found extends Search {
  readonly index: number;
  readonly time: number | undefined;
  readonly regex: CompiledRegex;
  readonly match: Match;
}

interface DatedOptions extends FeedOptions {
  readonly isEntry?: boolean;
}

/** Digits beyond microseconds: templates for dates know no more, and would miss the zone behind them. */
const FINE_FRACTION = /(\d[.,]\d{6})\d{1,9}/;
const NO_HITS: readonly Hit[] = [];
const NO_GROUPS: Groups = new Map();

/** One jail's filter at work: the compiled regexes and what has to be remembered from line to line. */
export class JailFilter {
  readonly compiled: CompiledFilter;
  readonly detector: DateDetector;
  readonly #maker: HitMaker;
  readonly #window: Window | undefined;
  readonly #lastDate = new LastDate();
  readonly #prefixFound: PrefixListener | undefined;
  /** Made when the first bytes come; null when the filter needs the plain engines. */
  #bytes: ByteFeed | null | undefined;

  /** `prefixFound` hears of each match of the prefregex. */
  constructor(compiled: CompiledFilter, detector: DateDetector, prefixFound?: PrefixListener) {
    this.compiled = compiled;
    this.detector = detector;
    this.#maker = new HitMaker(compiled);
    this.#prefixFound = prefixFound;
    this.#window = compiled.maxlines > 1 ? new Window(compiled.maxlines) : undefined;
  }

  /** Takes one line of a log, date and all, without its newline. Never throws for what the line says. */
  feedLine(line: string, options: FeedOptions): readonly Hit[] {
    const { clock } = options;
    if (this.compiled.times === "fields") {
      return this.#feedTimed(line, options);
    }
    return this.#feedFound(line, this.detector.detect(line, clock.now), options);
  }

  #feedFound(line: string, found: DateMatch | undefined, options: FeedOptions): readonly Hit[] {
    const { clock } = options;
    const parts: LineParts = found
      ? { before: line.slice(0, found.start), date: found.text, after: line.slice(found.end) }
      : { before: "", date: "", after: line };
    if (options.time !== undefined) {
      return this.#feedDated(parts, options.time, line, options);
    }
    if (found?.text === "") {
      const time = reckonUndated(this.#lastDate.time, clock) ?? clock.now;
      return this.#match({ parts, whole: line, time, how: options });
    }
    if (found?.time === undefined) {
      return this.#feedUndated(parts, line, options);
    }
    return this.#feedDated(parts, found.time, line, options);
  }

  /**
   * Takes one line of a block, without the end of the line, like `feedLine`; most lines are not even decoded for it.
   */
  feedBytes(block: Block, start: number, end: number, options: FeedOptions): readonly Hit[] {
    return this.tryBytes(block, start, end, options) ?? this.feedLine(block.decode(start, end), options);
  }

  /** The same for who decodes lines himself: undefined for those that have to be fed as text. */
  tryBytes(block: Block, start: number, end: number, options: FeedOptions): readonly Hit[] | undefined {
    return this.#byteFeed()?.feed(block, start, end, options);
  }

  /**
   * Feeds the lines of a block from `start` on to the first that has to be fed as text, and hands over what is found;
   * gives where that line begins, or where the lines end that it could see. Undefined when all lines are such.
   */
  feedBlock(
    block: Block,
    start: number,
    options: FeedOptions,
    take: (hits: readonly Hit[]) => void,
  ): number | undefined {
    return this.#byteFeed()?.feedAll(block, start, options, take);
  }

  /**
   * Feeds the lines of a block from `start` on up to the first that is told of; `few` needs bare hits. Empty lines and
   * those that begin with `#` count for nothing. What comes back is good until the next call.
   */
  advance(block: Block, start: number, told: ToldLines, options: FeedOptions): Readonly<Advance> {
    const feed = this.#byteFeed();
    const advance = feed?.advance(block, start, told, options) ?? this.#begin(block, start, told, options);
    if (advance.start >= 0) {
      advance.hits ??= this.feedLine(block.decode(advance.start, advance.end), options);
    }
    return advance;
  }

  /**
   * The same where it is not certain yet where dates stand. Mostly it is once the first one is found; then nothing has
   * to be made ready for reading lines as texts, which would take longer than many lines take.
   */
  // oxlint-disable-next-line max-params
  #begin(block: Block, start: number, told: ToldLines, options: FeedOptions): Advance {
    const { now } = options.clock;
    const line = nextLine(block, start);
    if (line.start < 0 || this.compiled.times !== "line") {
      return line;
    }
    const text = block.decode(line.start, line.end);
    const found = this.detector.detect(text, now);
    if (this.detector.settled(now) && isAscii(text)) {
      // It is counted when it is found again.
      this.detector.countSettled(now, -1);
      const advance = this.#byteFeed()?.advance(block, start, told, options);
      if (advance) {
        return advance;
      }
      this.detector.countSettled(now, 1);
    }
    line.hits = this.#feedFound(text, found, options);
    return line;
  }

  #byteFeed(): ByteFeed | undefined {
    this.#bytes ??=
      ByteFeed.of({
        compiled: this.compiled,
        detector: this.detector,
        maker: this.#maker,
        lastDate: this.#lastDate,
        prefixFound: this.#prefixFound,
        feedPlain: (block, start, end, options) => this.feedLine(block.decode(start, end), options),
      }) ?? null;
    return this.#bytes ?? undefined;
  }

  /** Takes a line whose time is known, as the journal gives it. Regexes that read fields see the entry's. */
  feedEntry(entry: Entry, options: FeedOptions): readonly Hit[] {
    const { time, date, text } = entry;
    const parts = { before: "", date, after: text };
    const fields = this.compiled.fieldNames.length > 0 ? entry.fields?.() : undefined;
    if (fields === undefined) {
      return this.#feedDated(parts, time, text, options);
    }
    const notice = (what: TimeNotice): void => options.notice?.(what, text);
    return this.#feedDated(parts, time, fields, { ...options, notice, isEntry: true });
  }

  /** Dates in such a line may be a client's; only the named field counts. */
  #feedTimed(line: string, options: FeedOptions): readonly Hit[] {
    const { clock, time: given } = options;
    const dated = given === undefined ? undefined : reckonDated(given, clock);
    const time = dated ? dated.time : reckonUndated(this.#lastDate.time, clock);
    const parts = { before: "", date: "", after: line };
    return this.#match({
      parts,
      whole: line,
      time,
      isOld: dated !== undefined && time === undefined,
      how: options,
    });
  }

  #feedDated(parts: LineParts, date: number, line: string, options: DatedOptions): readonly Hit[] {
    const { clock, isEntry = false } = options;
    const { time, notice } = reckonDated(date, clock);
    if (notice) {
      options.notice?.(notice, line);
    }
    if (time === undefined) {
      return this.compiled.times === "line"
        ? NO_HITS
        : this.#match({ parts, whole: line, time, isOld: true, how: options, isEntry });
    }
    this.#lastDate.set(time);
    return this.#match({ parts, whole: line, time, how: options, isEntry });
  }

  #feedUndated(parts: LineParts, line: string, options: FeedOptions): readonly Hit[] {
    const { clock } = options;
    const lastDate = this.#earlierDate(options) ?? this.#lastDate.time;
    const time = reckonUndated(lastDate, clock);
    const hits = this.#match({ parts, whole: line, time, how: options });
    if (hits.length > 0 && time === undefined) {
      options.notice?.({ type: "undated" }, line);
    }
    return hits;
  }

  /** Lines that are no candidates were never read; the nearest dated one among them may date this line. */
  #earlierDate(options: FeedOptions): number | undefined {
    for (const line of options.earlier?.() ?? []) {
      const date = this.detector.detect(line, options.clock.now)?.time;
      // One that is too old does not count, and says nothing of those before it.
      const time = date === undefined ? undefined : reckonDated(date, options.clock).time;
      if (time !== undefined) {
        return time;
      }
    }
    return undefined;
  }

  #match(line: Candidate): readonly Hit[] {
    const text = this.#window ? this.#window.push(line.parts) : visibleText(line.parts);
    const ascii = isAscii(text);
    const { ignoreregex, failregex, prefregex } = this.compiled;
    // As in fail2ban: few ignoreregexes are cheaper to ask first than to try all failregexes.
    if (ignoreregex.length > 0 && ignoreregex.length < failregex.length - 2) {
      const ignored = this.#findIgnoring(line, { text, whole: line.whole });
      if (ignored >= 0) {
        return [
          { kind: "ignored", ignoreregex: ignored, groups: NO_GROUPS, matches: [toMatchedLine(line.parts)] },
        ];
      }
    }
    if (!prefregex) {
      return this.#matchFailregexes(line, { text, whole: line.whole, ascii, prefix: undefined });
    }
    const match = prefregex.matcher.exec(text, ascii);
    if (!match) {
      return NO_HITS;
    }
    this.#prefixFound?.count(1);
    this.#prefixFound?.tell?.(
      () => new Map(prefregex.matcher.groupNames.map((name) => [name, match.named(name) ?? null])),
    );
    const content = match.named("content");
    const inner = content ? endLine(content, text) : text;
    return this.#matchFailregexes(line, {
      text: inner,
      whole: content ? inner : line.whole,
      ascii,
      prefix: match,
    });
  }

  #matchFailregexes(line: Candidate, search: Search): readonly Hit[] {
    const { text, whole, ascii, prefix } = search;
    const { failregex, dispatch } = this.compiled;
    const marks = dispatch.select(text);
    let hits: Hit[] | undefined;
    for (let index = 0; index < failregex.length; index++) {
      const regex = marks[index] === 1 ? failregex[index] : undefined;
      const match = regex?.matcher.exec(textFor(regex, line, search), ascii);
      const time = regex?.fields?.isTimed && match ? this.#fieldTime(line, match) : line;
      if (regex && match && !time.isOld) {
        hits ??= [];
        // Member by member: spread into an object, they take longer than the match.
        const found = { text, whole, ascii, prefix, index, regex, match, time: time.time };
        hits.push(this.#judge(line, found));
        // A match over several lines takes them away, so that there is nothing left for another regex.
        if (!line.how.checkAll || this.#window) {
          break;
        }
      }
    }
    return hits ?? NO_HITS;
  }

  #judge(line: Candidate, found: Found): Hit {
    const taken = this.#takeLines(line, found);
    return this.#maker.make({
      index: found.index,
      ignoreregex: this.#findIgnoring(line, { text: taken.text, whole: found.whole }),
      groups: combineGroups(groupsOf(found)),
      matches: taken.lines,
      time: found.time,
      clock: line.how.clock,
      checkAll: line.how.checkAll ?? false,
      isBare: line.how.isBare ?? false,
    });
  }

  /** The time that a field has: a number of (parts of) seconds since 1970, or a date in any format of the filter. */
  #fieldTime(line: Candidate, match: Match): Pick<Candidate, "time" | "isOld"> {
    const text = match.named("time") ?? "";
    const time =
      parseEpoch(text) ?? this.detector.detect(text.replace(FINE_FRACTION, "$1"), line.how.clock.now)?.time;
    if (time === undefined) {
      return line;
    }
    const reckoned = reckonDated(time, line.how.clock).time;
    return { time: reckoned, isOld: reckoned === undefined };
  }

  /** The index of the first ignoreregex that speaks against a line, or -1. */
  #findIgnoring(line: Candidate, texts: Texts): number {
    const { ignoreregex } = this.compiled;
    return ignoreregex.length === 0
      ? -1
      : ignoreregex.findIndex((regex) => regex.matcher.test(textFor(regex, line, texts)));
  }

  #takeLines(
    line: Candidate,
    { regex, match, text, prefix }: Found,
  ): { readonly lines: readonly MatchedLine[]; readonly text: string } {
    if (!this.#window) {
      return { lines: [toMatchedLine(line.parts)], text };
    }
    const usesContent = prefix?.named("content") !== undefined;
    return this.#window.take(usesContent ? WHOLE_WINDOW : spanOf(regex, match, text));
  }
}

/** Who wrote an entry is asked of the entry, also when a prefregex has taken a part of its text. */
function textFor({ fields }: CompiledRegex, line: Candidate, { text, whole }: Texts): string {
  if (!fields) {
    return text;
  }
  return line.isEntry && fields.isOfEntry ? line.whole : whole;
}

const WHOLE_WINDOW: MatchSpan = { start: 0, end: Number.POSITIVE_INFINITY, skipped: [] };

/** The groups of a match that took part, over those of the prefregex. */
function groupsOf({ match, prefix }: Found): Groups {
  const groups = new Map<string, GroupValue>();
  prefix?.collectInto(groups);
  match.collectInto(groups);
  return groups;
}

/** A content with a newline behind it. Mostly the text ends so, and a part of it needs no copying. */
function endLine(content: string, text: string): string {
  const start = text.length - content.length - 1;
  return start >= 0 && text.endsWith("\n") && text.startsWith(content, start)
    ? text.slice(start)
    : `${content}\n`;
}

function spanOf(regex: CompiledRegex, match: Match, text: string): MatchSpan {
  const groups = [...regex.matcher.pattern.groupNames];
  const skips = groups.filter(([name]) => name.startsWith("skiplines"));
  const spans = skips.length > 0 ? regex.matcher.execSpans(text) : undefined;
  const skipped = skips.flatMap(([, index]) => spans?.span(index) ?? []);
  return { start: match.start, end: match.end, skipped };
}
