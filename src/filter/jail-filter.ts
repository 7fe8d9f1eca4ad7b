import type { Entry, Failure, Groups, GroupValue, MatchedLine, Worth } from "../model";
import type { DateDetector } from "../date";
import { isAscii, type Match } from "../regex";
import { reckonDated, reckonUndated, type ClockContext, type TimeNotice } from "./clock-rules";
import type { CompiledFilter, CompiledRegex } from "./compile-filter";
import { parseEpoch } from "./epoch";
import { identify, textOf, type Identity } from "./identity";
import { toMatchedLine, visibleText, type LineParts } from "./line-parts";
import { combineGroups } from "./named-groups";
import { Sessions } from "./sessions";
import { Window, type MatchSpan } from "./window";

/**
 * What one failregex made of a line. `failure`: it names an offender; `quiet`: part of a session but no failure;
 * `pending`: a failure whose address is still to come; `nameless`: matched, but its offender may not be used
 * (a host name with `usedns = no`); `ignored`: an ignoreregex spoke against it.
 */
export interface Hit {
  readonly kind: "failure" | "quiet" | "pending" | "nameless" | "ignored";
  /** Index into the filter's failregexes; absent when an ignoreregex dropped the line before any was tried. */
  readonly failregex?: number;
  /** Index of the ignoreregex that dropped it. */
  readonly ignoreregex?: number;
  /** Seconds since 1970; `undefined` for a line that has no date at all. */
  readonly time?: number;
  readonly identity?: Identity;
  /** What the failregex says of its matches. */
  readonly worth?: Worth;
  readonly groups: Groups;
  readonly matches: readonly MatchedLine[];
}

/** How to feed lines: with `checkAll` every failregex is tried, not only up to the first that matches. */
export interface FeedOptions {
  readonly clock: ClockContext;
  readonly checkAll?: boolean;
  /** The lines before this one, nearest first: an undated line may borrow the date of one of them. */
  readonly earlier?: () => Iterable<string>;
  readonly notice?: (notice: TimeNotice, line: string) => void;
  /** The time that came beside the line, in seconds since 1970; a date in the line is cut out all the same. */
  readonly time?: number;
}

interface Candidate {
  readonly parts: LineParts;
  /** With its date, for regexes that read fields. */
  readonly whole: string;
  readonly time: number | undefined;
  /** By its date it is too old; a field may know better. */
  readonly isOld?: boolean;
  readonly clock: ClockContext;
  readonly checkAll: boolean;
}

/** A text to be searched by failregexes. */
interface Search {
  readonly text: string;
  /** The same with the date in it, for regexes that read fields. */
  readonly whole: string;
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

const NO_HITS: readonly Hit[] = [];
const NO_GROUPS: Groups = new Map();

/** One jail's filter at work: the compiled regexes and what has to be remembered from line to line. */
export class JailFilter {
  readonly compiled: CompiledFilter;
  readonly detector: DateDetector;
  readonly #sessions = new Sessions();
  readonly #window: Window | undefined;
  #lastDate: number | undefined;

  constructor(compiled: CompiledFilter, detector: DateDetector) {
    this.compiled = compiled;
    this.detector = detector;
    this.#window = compiled.maxlines > 1 ? new Window(compiled.maxlines) : undefined;
  }

  /** Takes one line of a log, date and all, without its newline. Never throws for what the line says. */
  feedLine(line: string, options: FeedOptions): readonly Hit[] {
    const { clock } = options;
    if (this.compiled.times === "fields") {
      return this.#feedTimed(line, options);
    }
    const found = this.detector.detect(line, clock.now);
    const parts: LineParts = found
      ? { before: line.slice(0, found.start), date: found.text, after: line.slice(found.end) }
      : { before: "", date: "", after: line };
    if (options.time !== undefined) {
      return this.#feedDated(parts, options.time, line, options);
    }
    if (found?.text === "") {
      const time = reckonUndated(this.#lastDate, clock) ?? clock.now;
      return this.#match({ parts, whole: line, time, clock, checkAll: options.checkAll ?? false });
    }
    if (found?.time === undefined) {
      return this.#feedUndated(parts, line, options);
    }
    return this.#feedDated(parts, found.time, line, options);
  }

  /** Takes a line whose time is known, as the journal gives it. */
  feedEntry(entry: Entry, options: FeedOptions): readonly Hit[] {
    const parts = { before: "", date: entry.date, after: entry.text };
    return this.#feedDated(parts, entry.time, entry.text, options);
  }

  /** Dates in such a line may be a client's; only the named field counts. */
  #feedTimed(line: string, { clock, time: given, checkAll = false }: FeedOptions): readonly Hit[] {
    const dated = given === undefined ? undefined : reckonDated(given, clock);
    const time = dated ? dated.time : reckonUndated(this.#lastDate, clock);
    const parts = { before: "", date: "", after: line };
    return this.#match({
      parts,
      whole: line,
      time,
      isOld: dated !== undefined && time === undefined,
      clock,
      checkAll,
    });
  }

  #feedDated(parts: LineParts, date: number, line: string, options: FeedOptions): readonly Hit[] {
    const { clock, checkAll = false } = options;
    const { time, notice } = reckonDated(date, clock);
    if (notice) {
      options.notice?.(notice, line);
    }
    if (time === undefined) {
      return this.compiled.times === "line"
        ? NO_HITS
        : this.#match({ parts, whole: line, time, isOld: true, clock, checkAll });
    }
    this.#lastDate = time;
    return this.#match({ parts, whole: line, time, clock, checkAll });
  }

  #feedUndated(parts: LineParts, line: string, options: FeedOptions): readonly Hit[] {
    const { clock } = options;
    const lastDate = this.#earlierDate(options) ?? this.#lastDate;
    const time = reckonUndated(lastDate, clock);
    const hits = this.#match({ parts, whole: line, time, clock, checkAll: options.checkAll ?? false });
    if (hits.length > 0 && time === undefined) {
      options.notice?.({ type: "undated" }, line);
    }
    return hits;
  }

  /** Lines that are no candidates were never read; the nearest dated one among them may date this line. */
  #earlierDate(options: FeedOptions): number | undefined {
    for (const line of options.earlier?.() ?? []) {
      const time = this.detector.detect(line, options.clock.now)?.time;
      if (time !== undefined) {
        return reckonDated(time, options.clock).time;
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
      const ignored = this.#findIgnoring(text, line.whole);
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
      const match = regex?.matcher.exec(regex.fields ? whole : text, ascii);
      const time = regex?.fields?.isTimed && match ? this.#fieldTime(line, match) : line;
      if (regex && match && !time.isOld) {
        hits ??= [];
        // Member by member: spread into an object, they take longer than the match.
        const found = { text, whole, ascii, prefix, index, regex, match, time: time.time };
        hits.push(this.#judge(line, found));
        // A match over several lines takes them away, so that there is nothing left for another regex.
        if (!line.checkAll || this.#window) {
          break;
        }
      }
    }
    return hits ?? NO_HITS;
  }

  #judge(line: Candidate, found: Found): Hit {
    const { index, regex } = found;
    const taken = this.#takeLines(line, found);
    const ignoreregex = this.#findIgnoring(taken.text, found.whole);
    const groups = combineGroups(groupsOf(found));
    const hit: Mutable<Hit> =
      ignoreregex < 0
        ? this.#conclude(groups, taken.lines, line)
        : { kind: "ignored", groups, matches: taken.lines, ignoreregex };
    hit.failregex = index;
    if (found.time !== undefined) {
      hit.time = found.time;
    }
    if (regex.worth && ignoreregex < 0) {
      hit.worth = regex.worth;
    }
    return hit;
  }

  /** The time that a field has: a number of (parts of) seconds since 1970, or a date in any format of the filter. */
  #fieldTime(line: Candidate, match: Match): Pick<Candidate, "time" | "isOld"> {
    const text = match.named("time") ?? "";
    const time = parseEpoch(text) ?? this.detector.detect(text, line.clock.now)?.time;
    if (time === undefined) {
      return line;
    }
    const reckoned = reckonDated(time, line.clock).time;
    return { time: reckoned, isOld: reckoned === undefined };
  }

  /** The index of the first ignoreregex that speaks against a line, or -1. */
  #findIgnoring(text: string, whole: string): number {
    const { ignoreregex } = this.compiled;
    return ignoreregex.length === 0
      ? -1
      : ignoreregex.findIndex((regex) => regex.matcher.test(regex.fields ? whole : text));
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

  #conclude(groups: Groups, lines: readonly MatchedLine[], { clock, checkAll }: Candidate): Hit {
    if (!groups.has("mlfid")) {
      const identity = identify(groups, this.compiled.hosts);
      return identity
        ? { kind: "failure", groups, matches: lines, identity }
        : { kind: "nameless", groups, matches: lines };
    }
    const session = this.#sessions.join(groups, lines, clock.now);
    if (!session.isFailure) {
      // Jails have no use for it; a report that tries all regexes tells whom the line is about.
      const identity = checkAll ? identify(session.groups(), this.compiled.hosts) : undefined;
      return identity
        ? { kind: "quiet", groups, matches: lines, identity }
        : { kind: "quiet", groups, matches: lines };
    }
    const known = session.groups();
    const identity = identify(known, this.compiled.hosts);
    if (!identity) {
      session.postpone();
      return { kind: "pending", groups: known, matches: session.matches };
    }
    return { kind: "failure", groups: known, matches: session.matches, identity };
  }
}

/** The failure a hit stands for; `undefined` for hits that are none or have no time. */
export function failureOf(hit: Hit): Failure | undefined {
  const { kind, time, identity, groups, matches, worth } = hit;
  if (kind !== "failure" || time === undefined || !identity) {
    return undefined;
  }
  const failure: Mutable<Failure> = { time, groups, matches, count: countOf(groups) };
  return Object.assign(failure, identity, worth);
}

/** More failures in one line than this are not believed. */
const MOST_COUNTED = 1000;

/**
 * `<F-COUNT>` tells how many failures a line stands for ("failed login, 7 times").
 * DIFFERS: to fail2ban it is a group like any other.
 */
function countOf(groups: Groups): number {
  const text = textOf(groups.get("count"));
  const count = text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : 1;
  return Math.min(Math.max(1, count), MOST_COUNTED);
}

const WHOLE_WINDOW: MatchSpan = { start: 0, end: Number.POSITIVE_INFINITY, skipped: [] };

/** Members are set where they are there: spreading objects together costs as much as matching. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

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
