import type { Failure, Groups, GroupValue, MatchedLine } from "./failure";

/**
 * What a failure says beside its time and its offender: its groups, and its lines, each as a text, the characters as
 * bytes among those of other failures. Of a storm of failures most are never looked at again: bytes are copied between
 * threads and kept in a fraction of the time and memory of the maps and arrays they stand for.
 *
 * First stands how many there are, then the lengths of their names and values, or of the parts of each line; then all
 * of these without anything between. A number is one character, its code; from 250 on it is `LONG`, digits and `;`. Behind
 * a mark for several texts stands how many they are.
 */
export interface Packed {
  readonly bytes: DataView;
  /** Where the groups begin, where the lines do, and where these end. */
  readonly start: number;
  readonly middle: number;
  readonly end: number;
  /** Where a pool keeps it, while several are about to keep it there. */
  kept?: { readonly pool: unknown; groups: number; lines: number } | undefined;
}

const LONG = "\xff";
const LONG_CODE = 0xff;
const LONGEST_SHORT = 249;
/** Before the length of a line that is not cut at its date, and before those of a group of several texts. */
const WHOLE = "\xfe";
const LIST = "\xfd";
const SET = "\xfb";
/** Before a text whose characters need two bytes: each stands as two characters. */
const WIDE = "\xfc";
const WIDE_CODE = 0xfc;

const CODES: readonly string[] = Array.from({ length: LONGEST_SHORT + 1 }, (_, code) =>
  String.fromCharCode(code),
);
const BEYOND = /[^\x00-\xff]/;

export function packGroups(groups: Groups): string {
  let head = formatNumber(groups.size);
  let body = "";
  // Asked for one by one, for a list of pairs would have to be made.
  groups.forEach((value, name) => {
    body += name;
    if (typeof value === "string") {
      head += formatNumber(name.length) + formatNumber(value.length);
      body += value;
    } else {
      const items: readonly string[] = Array.isArray(value) ? value : [...value];
      head += (Array.isArray(value) ? LIST : SET) + formatNumber(name.length) + formatNumber(items.length);
      for (const item of items) {
        head += formatNumber(item.length);
        body += item;
      }
    }
  });
  return head + body;
}

/** What `packGroups` was given; also of a narrowed text. */
export function unpackGroups(text: string): ReadonlyMap<string, GroupValue> {
  const reader = new PackReader(text);
  const lengths = reader.list(() => {
    const mark = [LIST, SET].find((one) => reader.skip(one));
    const name = reader.number();
    return { mark, name, items: mark === undefined ? [reader.number()] : reader.list(() => reader.number()) };
  });
  const groups = new Map<string, GroupValue>();
  for (const { mark, name, items } of lengths) {
    const key = reader.text(name);
    const texts = items.map((length) => reader.text(length));
    groups.set(key, mark === undefined ? (texts[0] ?? "") : mark === SET ? new Set(texts) : texts);
  }
  return groups;
}

export function packLines(matches: readonly MatchedLine[]): string {
  let head = formatNumber(matches.length);
  let body = "";
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

/** What `packLines` gives of texts that are lines as a whole, without the texts: they follow one after the other. */
export function packHead(lengths: readonly number[]): string {
  return formatNumber(lengths.length) + lengths.map((length) => WHOLE + formatNumber(length)).join("");
}

/** What `packLines` was given; also of a narrowed text. */
export function unpackLines(text: string): readonly MatchedLine[] {
  const reader = new PackReader(text);
  const lengths = reader.list(() =>
    reader.skip(WHOLE)
      ? ([reader.number()] as const)
      : ([reader.number(), reader.number(), reader.number()] as const),
  );
  return lengths.map(
    ([first, date, after]): MatchedLine =>
      date === undefined
        ? reader.text(first)
        : [reader.text(first), reader.text(date), reader.text(after ?? 0)],
  );
}

/** How many lines `packLines` was given. */
export function countLines(text: string): number {
  const code = text.charCodeAt(0);
  return isLineCount(code) ? code : new PackReader(text).number();
}

/** Whether the first byte of packed lines says by itself how many they are. */
export function isLineCount(byte: number): boolean {
  return byte <= LONGEST_SHORT;
}

/** The same of the bytes of such a text. */
export function countPackedLines({ bytes, middle, end }: Packed): number {
  const code = middle < end ? bytes.getUint8(middle) : 0;
  return isLineCount(code) ? code : countLines(textOf(viewBytes(bytes), middle, end));
}

/** All bytes that a view shows. */
export function viewBytes({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Groups and lines of a failure as bytes. */
export function packFailure(failure: Pick<Failure, "groups" | "matches">): Packed {
  const groups = narrowText(packGroups(failure.groups));
  const lines = narrowText(packLines(failure.matches));
  const bytes = bytesOf(groups + lines);
  return { bytes: new DataView(bytes.buffer), start: 0, middle: groups.length, end: bytes.length };
}

/** The bytes of a text whose characters are all below U+0100. */
export function bytesOf(narrow: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(narrow.length);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = narrow.charCodeAt(i);
  }
  return bytes;
}

/** The text that some bytes stand for, one character for each. */
export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = "";
  for (let at = start; at < end; at += MOST_ARGUMENTS) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + MOST_ARGUMENTS)));
  }
  return text;
}

/** More of them would not fit on the stack. */
const MOST_ARGUMENTS = 4096;

/** A text that keeps nothing but itself in memory: a part of a text keeps the whole one. What is joined is copied. */
export function copyText(part: string): string {
  return [part.slice(0, 1), part.slice(1)].join("");
}

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

function formatNumber(number: number): string {
  return CODES[number] ?? `${LONG}${number};`;
}

/** Takes a packed text apart from its beginning on. */
class PackReader {
  readonly #packed: string;
  #at = 0;

  constructor(text: string) {
    this.#packed = widenText(text);
  }

  /** As many as the next number says. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }

  /** Whether a mark was there and has been passed. */
  skip(mark: string): boolean {
    const isThere = this.#packed.startsWith(mark, this.#at);
    this.#at += isThere ? mark.length : 0;
    return isThere;
  }

  /** Never more than there are characters, and never back, whatever became of a text that was kept or sent. */
  number(): number {
    return Math.max(0, Math.min(this.#number(), this.#packed.length));
  }

  #number(): number {
    const code = this.#packed.charCodeAt(this.#at);
    if (code !== LONG_CODE) {
      this.#at += 1;
      return code || 0;
    }
    const end = this.#packed.indexOf(";", this.#at);
    if (end < 0) {
      this.#at = this.#packed.length;
      return 0;
    }
    const number = Number(this.#packed.slice(this.#at + 1, end));
    this.#at = end + 1;
    return number || 0;
  }

  text(length: number): string {
    const start = this.#at;
    this.#at += length;
    return this.#packed.slice(start, this.#at);
  }
}
