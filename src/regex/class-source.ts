import { casedBetween, caseVariants } from "./fold";
import type { AnyCharacter, CategoryItem, CharacterSet, Literal, RangeItem } from "./tree";

/**
 * `ascii` is for texts of ASCII characters only: no flags, so that V8 can use its linear engine.
 * `unicode` is for all other texts, with the flag u.
 */
export type Variant = "ascii" | "unicode";

interface Range {
  readonly from: number;
  readonly to: number;
}

const LAST_ASCII = 0x7f;
const LAST = 0x10ffff;
const DIGITS: readonly Range[] = [{ from: 0x30, to: 0x39 }];
const ASCII_WORD: readonly Range[] = [
  { from: 0x30, to: 0x39 },
  { from: 0x41, to: 0x5a },
  { from: 0x5f, to: 0x5f },
  { from: 0x61, to: 0x7a },
];
const ASCII_FLAG_SPACE: readonly Range[] = [
  { from: 0x09, to: 0x0d },
  { from: 0x20, to: 0x20 },
];
/** What Python's str.isspace takes. */
const SPACE: readonly Range[] = [
  { from: 0x09, to: 0x0d },
  { from: 0x1c, to: 0x20 },
  { from: 0x85, to: 0x85 },
  { from: 0xa0, to: 0xa0 },
  { from: 0x1680, to: 0x1680 },
  { from: 0x2000, to: 0x200a },
  { from: 0x2028, to: 0x2029 },
  { from: 0x202f, to: 0x202f },
  { from: 0x205f, to: 0x205f },
  { from: 0x3000, to: 0x3000 },
];

/** The word characters of Python's str patterns, as the inside of a class with the flag u. */
export const WORD = "\\p{L}\\p{N}_";

/** One character of a pattern as JavaScript source: always exactly one character wide and safe to quantify. */
export function characterSource(node: Literal | AnyCharacter | CharacterSet, variant: Variant): string {
  switch (node.type) {
    case "any":
      return node.newline ? "[^]" : "[^\\n]";
    case "literal":
      return literalSource(node, variant);
    case "set":
      return variant === "ascii" ? asciiSetSource(node) : unicodeSetSource(node);
    default:
      return node satisfies never;
  }
}

function literalSource(node: Literal, variant: Variant): string {
  const all = caseVariants(node.code, node.fold);
  const codes = variant === "ascii" ? all.filter((code) => code <= LAST_ASCII) : all;
  const [only] = codes;
  if (only !== undefined && codes.length === 1) {
    return escapeCode(only);
  }
  // An empty class never matches, as a letter outside ASCII in an ASCII text.
  return `[${codes.map(escapeCode).join("")}]`;
}

/** The same few classes stand in all patterns, and each character of ASCII has to be asked about. */
const knownSets = new Map<string, string>();

function asciiSetSource(set: CharacterSet): string {
  const key = keyOf(set);
  const source = knownSets.get(key) ?? computeSetSource(set);
  knownSets.set(key, source);
  return source;
}

/** Sets that take the same characters for the same reasons have the same key. */
export function keyOf({ items, negated, fold }: CharacterSet): string {
  const parts = items.map((item) =>
    item.type === "range" ? `${item.from}-${item.to}` : `${item.name}${item.negated}${item.ascii}`,
  );
  return `${negated}${fold}${parts.join()}`;
}

function computeSetSource(set: CharacterSet): string {
  const ranges: Range[] = [];
  for (let code = 0; code <= LAST_ASCII; code += 1) {
    const last = ranges.at(-1);
    if (asciiInSet(set, code) === set.negated) {
      continue;
    }
    if (last && last.to === code - 1) {
      ranges[ranges.length - 1] = { from: last.from, to: code };
    } else {
      ranges.push({ from: code, to: code });
    }
  }
  return shortest(ranges);
}

/** Prefers the negated form for sets like `[^"]`: shorter to read in a dump, the same to match. */
function shortest(ranges: readonly Range[]): string {
  const rest = complement(ranges, LAST_ASCII);
  const [only] = ranges;
  if (only && ranges.length === 1 && only.from === only.to) {
    return escapeCode(only.from);
  }
  return rest.length < ranges.length ? `[^${rangesSource(rest)}]` : `[${rangesSource(ranges)}]`;
}

/** Whether one of the items of a set takes an ASCII character, whether or not the set is negated. */
export function asciiInSet(set: CharacterSet, code: number): boolean {
  const variants = caseVariants(code, set.fold);
  return set.items.some((item) =>
    item.type === "range"
      ? variants.some((variant) => variant >= item.from && variant <= item.to)
      : inRanges(categoryRanges(item), code) !== item.negated,
  );
}

/** Right for ASCII characters only when the category goes beyond ASCII. */
function categoryRanges(item: CategoryItem): readonly Range[] {
  switch (item.name) {
    case "digit":
      return DIGITS;
    case "word":
      return ASCII_WORD;
    case "space":
      return item.ascii ? ASCII_FLAG_SPACE : SPACE;
    default:
      return item.name satisfies never;
  }
}

function unicodeSetSource(set: CharacterSet): string {
  const notWord = set.items.some(isNotWord);
  const inside = set.items
    .filter((item) => !isNotWord(item))
    .map((item) => itemSource(item, set))
    .join("");
  if (!notWord) {
    return `[${set.negated ? "^" : ""}${inside}]`;
  }
  // Without the flag v a class cannot hold "everything but a class of properties".
  return set.negated ? `(?:(?![${inside}])[${WORD}])` : `(?:[${inside}]|[^${WORD}])`;
}

function isNotWord(item: RangeItem | CategoryItem): boolean {
  return item.type === "category" && item.name === "word" && item.negated && !item.ascii;
}

function itemSource(item: RangeItem | CategoryItem, set: CharacterSet): string {
  if (item.type === "range") {
    return rangesSource([item, ...foldedCodes(item, set).map((code) => ({ from: code, to: code }))]);
  }
  if (!item.ascii && item.name === "digit") {
    return item.negated ? "\\P{Nd}" : "\\p{Nd}";
  }
  if (!item.ascii && item.name === "word") {
    return WORD;
  }
  const ranges = categoryRanges(item);
  return rangesSource(item.negated ? complement(ranges, LAST) : ranges);
}

function foldedCodes(range: RangeItem, set: CharacterSet): readonly number[] {
  if (set.fold === "none") {
    return [];
  }
  const { from, to } = range;
  const codes =
    to <= LAST_ASCII ? Array.from({ length: to - from + 1 }, (_, i) => from + i) : casedBetween(from, to);
  const variants = new Set(codes.flatMap((code) => caseVariants(code, set.fold)));
  return [...variants].filter((code) => code < from || code > to);
}

function inRanges(ranges: readonly Range[], code: number): boolean {
  return ranges.some((range) => code >= range.from && code <= range.to);
}

function complement(ranges: readonly Range[], last: number): readonly Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const range of ranges) {
    if (range.from > next) {
      gaps.push({ from: next, to: range.from - 1 });
    }
    next = range.to + 1;
  }
  return next <= last ? [...gaps, { from: next, to: last }] : gaps;
}

function rangesSource(ranges: readonly Range[]): string {
  return ranges.map(rangeSource).join("");
}

function rangeSource(range: Range): string {
  const { from, to } = range;
  return from === to ? escapeCode(from) : `${escapeCode(from)}-${escapeCode(to)}`;
}

/** A character that means itself inside and outside of a class, with and without the flag u. */
function escapeCode(code: number): string {
  const char = String.fromCodePoint(code);
  if (/^[\w !"#%&',:;<=>@`~]$/.test(char)) {
    return char;
  }
  if (code <= 0xff) {
    return `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
}
