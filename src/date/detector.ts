import { WarderError } from "../model";
import { theWorkspace } from "../wasm";
import { CalendarDate } from "./calendar";
import { regexOf, type DateHit } from "./date-regex";
import { isDefault } from "./defaults";
import { parseEpoch, parseTai } from "./epoch";
import { DateFinder } from "./finder";
import { HourMemo, type ByteDate } from "./hour-memo";
import { parsePatternList } from "./pattern-list";
import type { DateTemplate } from "./template";
import { TemplateList, type TemplateEntry } from "./template-list";
import { FIRST_KNOWN_UNTIL, knownUntil } from "./tokens";
import { WallClock } from "./wall-clock";
import { parseTimezone } from "./zone";

export interface DateOptions {
  /** Patterns, one per line; absent or empty means the default list. */
  readonly datepattern?: string;
  /** Zone of dates that carry none, such as `UTC+0200`; absent or empty means the system's. */
  readonly logtimezone?: string;
}

/** A date found in a line. */
export interface DateMatch {
  /** What is to be cut out of the line, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Seconds since 1970; undefined when the text is empty (`{NONE}`) or names no moment. */
  readonly time: number | undefined;
  /** Display name of the template. */
  readonly template: string;
}

/** One template, as reports show it. */
export interface TemplateReport {
  readonly name: string;
  readonly pattern: string | undefined;
  /** In Python's syntax. */
  readonly regex: string;
  /** How often its regex matched, as fail2ban counts. */
  readonly hits: number;
  readonly weight: number;
  /** What the list is sorted by: hits times weight, less for dates far from the line's begin. */
  readonly merit: number;
}

/** One format, for lines known to have it. */
export interface DateFormat {
  /** Seconds since 1970; undefined when the line has no such date, or it names no moment. */
  timeOf(line: string, now: number): number | undefined;
}

/** How the dates of lines are found that all have them alike. */
export interface SettledDate {
  /** Takes addresses of a line (see `ByteMatcher`), of which no more than so many bytes count. */
  readonly exec: (start: number, end: number) => number;
  readonly longest: number;
  /** What was found; 2 and 3 tell what is to be cut out. */
  readonly spans: Int32Array;
  readonly spansAt: number;
  /** What is to be cut out says all about the moment. */
  readonly isContained: boolean;
}

/** The last date text and what it meant; `second` is when it was read, if that matters for what it means. */
interface Reading {
  readonly entry: TemplateEntry;
  readonly text: string;
  readonly time: number | undefined;
  readonly second: number | undefined;
}

/** Larger numbers mean something else to the code that takes them. */
const LONGEST_ADDRESS = 2 ** 31 - 1;

/** Finds the dates of one jail's lines; it learns from each line which formats the log has. */
export class DateDetector {
  readonly #list: TemplateList;
  readonly #finder: DateFinder;
  readonly #zone: number | undefined;
  readonly #date = new CalendarDate();
  readonly #clock = new WallClock();
  #year = 0;
  #last: Reading | undefined;
  /** What the last line gave, for lines that begin alike. */
  #lastHit: DateHit | undefined;
  #match: DateMatch | undefined;
  readonly #hours = new HourMemo((date, minutes) => this.#byteTime(date, minutes));
  #format: (DateFormat & { readonly entry: TemplateEntry }) | undefined;
  #settled: (SettledDate & ByteDate & { readonly entry: TemplateEntry }) | undefined;

  constructor(templates: readonly DateTemplate[], zone: number | undefined) {
    this.#list = new TemplateList(templates);
    this.#finder = new DateFinder(this.#list);
    this.#zone = zone;
  }

  /** The date of a line, or undefined when no template matches. `now` is in seconds since 1970. */
  detect(line: string, now: number): DateMatch | undefined {
    this.#clock.set(now);
    this.#keepYears();
    const found = this.#finder.find(line, now);
    if (!found) {
      return undefined;
    }
    const { entry, hit } = found;
    if (
      hit === this.#lastHit &&
      this.#match &&
      this.#last &&
      this.#isSame(this.#last, entry, this.#match.text)
    ) {
      return this.#match;
    }
    const text = line.slice(hit.cutStart, hit.cutEnd);
    const time = text === "" ? undefined : this.#read(entry, hit, text);
    this.#lastHit = hit;
    this.#match = { start: hit.cutStart, end: hit.cutEnd, text, time, template: entry.template.name };
    return this.#match;
  }

  /**
   * How to find the dates of lines of ASCII bytes while they all have it in the format of the line before, at their
   * begin. A line in which nothing is found that way, or an empty date, has to be given to `detect`. Undefined when
   * dates are not that certain.
   */
  settled(now: number): SettledDate | undefined {
    this.#clock.set(now);
    this.#keepYears();
    const entry = this.#finder.settled;
    const matcher = entry?.regex.byteMatcher;
    if (!entry || !matcher) {
      return undefined;
    }
    if (this.#settled?.entry !== entry || this.#settled.regex !== entry.regex) {
      const { native, spans, spansAt } = matcher;
      const { regex } = entry;
      const longest = Math.min(entry.longest, LONGEST_ADDRESS);
      const { bytes } = theWorkspace();
      const { isContained } = regex;
      this.#settled = native && { entry, regex, bytes, spans, spansAt, longest, isContained, exec: native };
    }
    return this.#settled;
  }

  /** Counts dates that were found as `settled` says. */
  countSettled(now: number, times: number): void {
    this.#settled?.entry.countFound(now, times);
  }

  /** The time of the date that was found last as `settled` says; undefined when it names no moment. */
  timeOfSettled(): number | undefined {
    const date = this.#settled;
    return date && this.#hours.timeOf(date, this.#clock.second);
  }

  /** Reads dates at the begin of lines in the settled format, as of now; counts nothing. */
  get format(): DateFormat | undefined {
    const entry = this.#settled?.entry;
    if (entry && this.#format?.entry !== entry) {
      this.#format = { entry, timeOf: (line, now) => this.#peek(entry, line, now) };
    }
    return this.#format;
  }

  #peek(entry: TemplateEntry, line: string, now: number): number | undefined {
    this.#clock.set(now);
    const hit = entry.regex.search(line.slice(0, entry.longest));
    return hit && hit.cutEnd > hit.cutStart ? this.#timeOf(entry, hit) : undefined;
  }

  /** Pattern and name for `get JAIL datepattern`; with more than two templates there is no single one to name. */
  patternInfo(): readonly [pattern: string | undefined, name: string] {
    const [first] = this.#list.entries;
    return !first || this.#list.entries.length > 2
      ? [undefined, "Default Detectors"]
      : [first.template.pattern, first.template.name];
  }

  /** The templates in the order in which they would be tried now. */
  get templates(): readonly TemplateReport[] {
    return this.#list.entries.map((entry) => ({
      name: entry.template.name,
      pattern: entry.template.pattern,
      regex: entry.source,
      hits: entry.found,
      weight: entry.template.weight,
      merit: entry.weight,
    }));
  }

  #keepYears(): void {
    if (this.#clock.year !== this.#year) {
      this.#year = this.#clock.year;
      const lastYear = knownUntil(this.#year);
      this.#list.entries.forEach((entry) => entry.setLastYear(lastYear));
    }
  }

  /** Lines of one second carry the same text: it is read once. */
  #read(entry: TemplateEntry, hit: DateHit, text: string): number | undefined {
    if (this.#last && this.#isSame(this.#last, entry, text)) {
      return this.#last.time;
    }
    const time = this.#timeOf(entry, hit);
    const isLasting = entry.template.kind !== "calendar" || this.#date.isLasting;
    this.#last = { entry, text, time, second: isLasting ? undefined : this.#clock.second };
    return time;
  }

  #isSame(last: Reading, entry: TemplateEntry, text: string): boolean {
    return (
      last.entry === entry &&
      entry.regex.isContained &&
      last.text === text &&
      (last.second === undefined || last.second === this.#clock.second)
    );
  }

  #timeOf(entry: TemplateEntry, hit: DateHit): number | undefined {
    return this.#timeOfGroups(entry, (_, group) => hit.match.group(group));
  }

  /** With `minutes`, those two digits stand for the minute and the second. */
  #byteTime({ bytes, spans }: ByteDate, minutes?: string): number | undefined {
    const entry = this.#settled?.entry;
    const groupOf = (letter: string, group: number): string | undefined =>
      minutes !== undefined && (letter === "M" || letter === "S")
        ? minutes
        : textOfGroup(bytes, spans, group);
    return entry && this.#timeOfGroups(entry, groupOf);
  }

  #timeOfGroups(
    entry: TemplateEntry,
    groupOf: (letter: string, group: number) => string | undefined,
  ): number | undefined {
    const { kind, numberGroup } = entry.template;
    if (kind !== "calendar") {
      const number = groupOf("", numberGroup) ?? "";
      return kind === "tai64n" ? parseTai(number) : parseEpoch(number, kind === "long-epoch");
    }
    this.#date.reset(this.#zone);
    for (const [letter, group] of entry.regex.letters) {
      const text = groupOf(letter, group);
      if (text !== undefined) {
        this.#date.set(letter, text);
      }
    }
    return this.#date.time(this.#clock);
  }
}

function textOfGroup(bytes: Uint8Array, spans: Int32Array, group: number): string | undefined {
  const [from = -1, to = -1] = [spans[2 * group], spans[2 * group + 1]];
  return from < 0 ? undefined : String.fromCharCode(...bytes.subarray(from, to));
}

/**
 * A detector for one jail.
 * @throws WarderError date-pattern for a pattern that cannot be used, date-zone for an unknown zone.
 */
export function createDateDetector(options: DateOptions = {}): DateDetector {
  const { datepattern = "", logtimezone = "" } = options;
  const zone = logtimezone === "" ? undefined : parseTimezone(logtimezone);
  if (logtimezone !== "" && zone === undefined) {
    throw new WarderError("date-zone", `Unknown or unsupported time zone: '${logtimezone}'`);
  }
  const templates = parsePatternList(datepattern);
  templates
    .filter((template) => !isDefault(template))
    .forEach((template) => regexOf(template, FIRST_KNOWN_UNTIL));
  return new DateDetector(templates, zone);
}
