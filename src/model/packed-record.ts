import type { Groups, GroupValue, MatchedLine } from "./failure";

/**
 * What a failure says beside its time and its offender, its groups and its lines, as one text. Of a storm of failures
 * most are never looked at again: one text is copied between threads and kept in a fraction of the time and memory of
 * the maps and arrays it stands for.
 *
 * It is: number of groups, lengths of their names and values, number of lines, lengths of their parts; then all those
 * texts without anything between. A number is one character, its code; from 250 on it is `LONG`, digits and `;`.
 */
export type PackedRecord = string;

const LONG = "\xff";
const LONG_CODE = 0xff;
const LONGEST_SHORT = 249;
/** Before the length of a line that is not cut at its date, and before those of a group that is a list. */
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
  let head = formatNumber(groups.size);
  let body = "";
  for (const [name, value] of groups) {
    const text = typeof value === "string" ? value : JSON.stringify(packList(value));
    const mark = typeof value === "string" ? "" : LIST;
    head += mark + formatNumber(name.length) + formatNumber(text.length);
    body += name + text;
  }
  head += formatNumber(matches.length);
  for (const match of matches) {
    if (typeof match === "string") {
      head += WHOLE + formatNumber(match.length);
      body += match;
    } else {
      const [before, date, after] = match;
      head += formatNumber(before.length) + formatNumber(date.length) + formatNumber(after.length);
      body += before + date + after;
    }
  }
  return head + body;
}

/** What `packRecord` was given. Also takes a narrowed record. */
export function unpackRecord(record: PackedRecord): {
  readonly groups: ReadonlyMap<string, GroupValue>;
  readonly matches: readonly MatchedLine[];
} {
  const packed = widenText(record);
  const head = new Head(packed);
  const groupLengths = Array.from(
    { length: head.next() },
    () => [head.skip(LIST), head.next(), head.next()] as const,
  );
  const lineLengths = Array.from({ length: head.next() }, () =>
    head.skip(WHOLE) ? ([head.next()] as const) : ([head.next(), head.next(), head.next()] as const),
  );
  let at = head.end;
  const take = (length: number): string => packed.slice(at, (at += length));
  const groups = new Map<string, GroupValue>();
  for (const [isList, name, value] of groupLengths) {
    groups.set(take(name), isList ? unpackList(take(value)) : take(value));
  }
  const matches = lineLengths.map(
    ([first, date, after]): MatchedLine =>
      date === undefined ? take(first) : [take(first), take(date), take(after ?? 0)],
  );
  return { groups, matches };
}

/** A text that keeps nothing but itself in memory: a part of a text keeps the whole one. */
export function copyText(part: string): string {
  return JOINT.concat(part).slice(JOINT.length);
}

const JOINT = " ";

/** Whether all characters of a text are below U+0100, so that it takes one byte for each. */
export function isNarrow(text: string): boolean {
  return !BEYOND.test(text);
}

/** A text as one whose characters are all below U+0100. */
export function narrowText(text: string): string {
  if (isNarrow(text) && text.charCodeAt(0) !== WIDE_CODE) {
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

/** A list begins with the word that tells it from a set. */
function packList(value: Exclude<GroupValue, string>): readonly string[] {
  return value instanceof Set ? ["set", ...(value as ReadonlySet<string>)] : ["list", ...value];
}

function unpackList(packed: string): GroupValue {
  const [kind, ...items] = JSON.parse(packed) as readonly string[];
  return kind === "set" ? new Set(items) : items;
}

function formatNumber(number: number): string {
  return CODES[number] ?? `${LONG}${number};`;
}

/** The numbers at the beginning of a record. */
class Head {
  readonly #packed: string;
  #at = 0;

  constructor(packed: string) {
    this.#packed = packed;
  }

  /** Where the numbers end, once all have been read. */
  get end(): number {
    return this.#at;
  }

  /** Whether a mark was there and has been passed. */
  skip(mark: string): boolean {
    const isThere = this.#packed.startsWith(mark, this.#at);
    this.#at += isThere ? mark.length : 0;
    return isThere;
  }

  next(): number {
    const code = this.#packed.charCodeAt(this.#at);
    if (code !== LONG_CODE) {
      this.#at += 1;
      return code;
    }
    const end = this.#packed.indexOf(";", this.#at);
    const number = Number(this.#packed.slice(this.#at + 1, end));
    this.#at = end + 1;
    return number;
  }
}
