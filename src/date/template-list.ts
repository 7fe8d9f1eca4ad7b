import { regexOf, type DateHit, type DateRegex } from "./date-regex";
import { isDefault } from "./defaults";
import type { DateTemplate } from "./template";
import { FIRST_KNOWN_UNTIL } from "./tokens";

/**
 * No line-begin format of the default list is longer, so that the rest of a line, which strangers may have written,
 * costs nothing. DIFFERS: blanks between a time and its zone are followed so far only.
 */
const LONGEST = 128;

/**
 * How far behind a date the default formats look for a fraction, a year or a zone when at most two blanks come first.
 */
const LOOK_AHEAD = 10;
const SPACE = 32;
const DELETE = 127;

/** The begin of a line, as far as it decides what is found in it. */
interface Head {
  readonly text: string;
  readonly hit: DateHit;
}

/** A template of a list and what the list remembers of it. */
export class TemplateEntry {
  readonly template: DateTemplate;
  readonly anchored: boolean;
  readonly #readsHead: boolean;
  /** How often it gave the date. */
  hits = 0;
  /** How often its regex matched, chosen or not. */
  found = 0;
  /** Seconds since 1970. */
  lastUsed = 0;
  /** Where its date stood the last time. */
  distance = Number.MAX_SAFE_INTEGER;
  #compiled: DateRegex | undefined;
  #lastHead: Head | undefined;
  #lastYear = FIRST_KNOWN_UNTIL;

  constructor(template: DateTemplate) {
    this.template = template;
    this.anchored = template.regex(FIRST_KNOWN_UNTIL).anchored;
    this.#readsHead = this.anchored && isDefault(template);
  }

  /** Nearer and more often used templates weigh more. */
  get weight(): number {
    return (this.hits * this.template.weight) / Math.max(1, this.distance);
  }

  /** The regex in Python's syntax. */
  get source(): string {
    return this.template.regex(this.#lastYear).source;
  }

  /** Compiled at first use. @throws WarderError date-pattern when it is not valid. */
  get regex(): DateRegex {
    this.#compiled ??= regexOf(this.template, this.#lastYear);
    return this.#compiled;
  }

  /** Makes `%ExY` know years until another one. */
  setLastYear(lastYear: number): void {
    if (lastYear !== this.#lastYear) {
      this.#lastYear = lastYear;
      this.#compiled = undefined;
      this.#lastHead = undefined;
    }
  }

  /** How much of a line is searched. */
  get longest(): number {
    return this.#readsHead ? LONGEST : Number.MAX_SAFE_INTEGER;
  }

  /** Counts dates at the begins of lines that were found without this entry's help. */
  countFound(now: number, times: number): void {
    this.found += times;
    this.hits += times;
    this.lastUsed = now;
  }

  /** Searches the whole text and counts. */
  search(text: string): DateHit | undefined {
    return this.#counted(this.#readsHead ? this.#searchHead(text) : this.#searchSafely(text));
  }

  /** Searches between two places and counts. */
  searchPart(text: string, from: number, to: number): DateHit | undefined {
    return this.#counted(this.regex.searchPart(text, from, to));
  }

  /** Lines of one second mostly begin alike: what was found in the last one is then known to be found again. */
  #searchHead(text: string): DateHit | undefined {
    if (this.#lastHead && text.startsWith(this.#lastHead.text)) {
      return this.#lastHead.hit;
    }
    const hit = this.regex.search(text.slice(0, LONGEST));
    this.#lastHead = hit && headOf(text, hit);
    return hit;
  }

  /** A line so long that a user's regex runs out of stack has no date. */
  #searchSafely(text: string): DateHit | undefined {
    try {
      return this.regex.search(text);
    } catch (error) {
      if (error instanceof RangeError) {
        return undefined;
      }
      throw error;
    }
  }

  #counted(hit: DateHit | undefined): DateHit | undefined {
    if (hit) {
      this.found++;
    }
    return hit;
  }
}

function headOf(text: string, hit: DateHit): Head | undefined {
  const isShort = text.length < hit.end + LOOK_AHEAD;
  return isShort || !(isInk(text, hit.end) || isInk(text, hit.end + 1) || isInk(text, hit.end + 2))
    ? undefined
    : { text: text.slice(0, hit.end + LOOK_AHEAD), hit };
}

function isInk(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code > SPACE && code < DELETE;
}

/** A template is long unused after so many seconds. */
const UNUSED = 300;

/**
 * Templates in the order in which they are tried. Those that match often, early in the line and lately move
 * to the front.
 */
export class TemplateList {
  readonly #entries: TemplateEntry[];
  #firstUnused = 0;

  constructor(templates: readonly DateTemplate[]) {
    this.#entries = templates.map((template) => new TemplateEntry(template));
  }

  get entries(): readonly TemplateEntry[] {
    return this.#entries;
  }

  /** Counts a date found by an entry at a distance from the line's begin. */
  count(entry: TemplateEntry, distance: number, now: number): void {
    entry.hits++;
    entry.lastUsed = now;
    entry.distance = distance;
    this.#skipUsed();
  }

  /** Moves an entry ahead as far as it deserves: halfway or to the first unused one, else a single step. */
  promote(entry: TemplateEntry): void {
    const from = this.#entries.indexOf(entry);
    if (from <= 0) {
      return;
    }
    const jump = this.#firstUnused < from ? this.#firstUnused : Math.floor(from / 2);
    const to = [jump, from - 1].find((index) => this.#isOutweighed(index, entry));
    if (to !== undefined) {
      this.#entries.splice(from, 1);
      this.#entries.splice(to, 0, entry);
      this.#skipUsed();
    }
  }

  #isOutweighed(index: number, by: TemplateEntry): boolean {
    const entry = this.#entries[index];
    return entry !== undefined && (by.weight > entry.weight || by.lastUsed - UNUSED > entry.lastUsed);
  }

  #skipUsed(): void {
    while (this.#entries[this.#firstUnused]?.hits) {
      this.#firstUnused++;
    }
  }
}
