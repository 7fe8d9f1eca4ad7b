import type { Groups, GroupValue, MatchedLine } from "./failure";

/**
 * What a failure says beside its time and its offender, its groups and its lines, as one text. Of a storm of failures
 * most are never looked at again: one text is copied between threads and kept in a fraction of the time and memory of
 * the maps and arrays it stands for.
 *
 * It is: length of the packed groups, packed groups, packed lines. A length is one character, its code; from 250 on it
 * is `LONG`, digits and `;`. All characters are below U+0100, since one beyond would double the bytes of all.
 */
export type PackedRecord = string;

const LONG = "\xff";
const LONG_CODE = 0xff;
const LONGEST_SHORT = 249;
/** Before what follows: a text of its own instead of one cut at the date; a list instead of a text. */
const WHOLE = "\xfe";
const LIST = "\xfd";
/** Before a text whose characters need two bytes: each stands as two characters. */
const WIDE = "\xfc";
const WIDE_CODE = 0xfc;

const CODES: readonly string[] = Array.from({ length: LONGEST_SHORT + 1 }, (_, code) =>
  String.fromCharCode(code),
);
const BEYOND = /[^\x00-\xff]/;

/** Packs groups and lines. */
export function packRecord(groups: Groups, matches: readonly MatchedLine[]): PackedRecord {
  const packed = packGroups(groups);
  let record = formatLength(packed.length) + packed;
  for (const match of matches) {
    const line = packLine(match);
    record += formatLength(line.length) + line;
  }
  return record;
}

/** The groups of a record. */
export function groupsOf(record: PackedRecord): ReadonlyMap<string, GroupValue> {
  return unpackGroups(new Unpacker(record).take());
}

/** The lines of a record. */
export function matchesOf(record: PackedRecord): readonly MatchedLine[] {
  const reader = new Unpacker(record);
  reader.take();
  const matches: MatchedLine[] = [];
  while (!reader.isAtEnd) {
    matches.push(unpackLine(reader.take()));
  }
  return matches;
}

/** A text that keeps nothing but itself in memory: a part of a text keeps the whole one. */
export function copyText(part: string): string {
  return JOINT.concat(part).slice(JOINT.length);
}

const JOINT = " ";

function packGroups(groups: Groups): string {
  let packed = "";
  groups.forEach((value, name) => {
    const text = typeof value === "string" ? value : JSON.stringify(packList(value));
    const mark = typeof value === "string" ? "" : LIST;
    packed += `${mark + formatLength(name.length) + formatLength(text.length) + name}${text}`;
  });
  return narrowText(packed);
}

function unpackGroups(packed: string): ReadonlyMap<string, GroupValue> {
  const groups = new Map<string, GroupValue>();
  const reader = new Unpacker(widenText(packed));
  while (!reader.isAtEnd) {
    const isList = reader.skip(LIST);
    const [name, value] = reader.takeTwo();
    groups.set(name, isList ? unpackList(value) : value);
  }
  return groups;
}

function packLine(match: MatchedLine): string {
  if (typeof match === "string") {
    return narrowText(WHOLE + match);
  }
  const [before, date, after] = match;
  return narrowText(formatLength(before.length) + formatLength(date.length) + before + date + after);
}

function unpackLine(packed: string): MatchedLine {
  const reader = new Unpacker(widenText(packed));
  if (reader.skip(WHOLE)) {
    return reader.rest;
  }
  const [before, date] = reader.takeTwo();
  return [before, date, reader.rest];
}

/** A list begins with the word that tells it from a set. */
function packList(value: Exclude<GroupValue, string>): readonly string[] {
  return value instanceof Set ? ["set", ...(value as ReadonlySet<string>)] : ["list", ...value];
}

function unpackList(packed: string): GroupValue {
  const [kind, ...items] = JSON.parse(packed) as readonly string[];
  return kind === "set" ? new Set(items) : items;
}

function formatLength(length: number): string {
  return CODES[length] ?? `${LONG}${length};`;
}

/** A text as one whose characters are all below U+0100. */
export function narrowText(text: string): string {
  if (!BEYOND.test(text) && text.charCodeAt(0) !== WIDE_CODE) {
    return text;
  }
  let narrowed = WIDE;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    narrowed += String.fromCharCode(code & 0xff, code >> 8);
  }
  return narrowed;
}

/** What `narrowText` was given. */
export function widenText(text: string): string {
  if (text.charCodeAt(0) !== WIDE_CODE) {
    return text;
  }
  let widened = "";
  for (let i = WIDE.length; i < text.length; i += 2) {
    widened += String.fromCharCode(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8));
  }
  return widened;
}

/** Takes a packed text apart from its beginning on. */
class Unpacker {
  readonly #packed: string;
  #at = 0;

  constructor(packed: string) {
    this.#packed = packed;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#packed.length;
  }

  get rest(): string {
    return this.#packed.slice(this.#at);
  }

  /** Whether a mark was there and has been passed. */
  skip(mark: string): boolean {
    const isThere = this.#packed.startsWith(mark, this.#at);
    this.#at += isThere ? mark.length : 0;
    return isThere;
  }

  /** A text behind its length. */
  take(): string {
    return this.#text(this.#length());
  }

  /** Two texts behind both of their lengths. */
  takeTwo(): readonly [string, string] {
    const first = this.#length();
    const second = this.#length();
    return [this.#text(first), this.#text(second)];
  }

  #text(length: number): string {
    const start = this.#at;
    this.#at += length;
    return this.#packed.slice(start, this.#at);
  }

  #length(): number {
    const code = this.#packed.charCodeAt(this.#at);
    if (code !== LONG_CODE) {
      this.#at += 1;
      return code;
    }
    const end = this.#packed.indexOf(";", this.#at);
    const length = Number(this.#packed.slice(this.#at + 1, end));
    this.#at = end + 1;
    return length;
  }
}
