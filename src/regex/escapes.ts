import type { Flags } from "./flags";
import type { PatternReader } from "./reader";
import type { Assertion, CategoryItem } from "./tree";

const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 };
const CATEGORIES: Readonly<Record<string, CategoryItem["name"]>> = { d: "digit", s: "space", w: "word" };
const ASSERTIONS: Readonly<Record<string, Assertion["kind"]>> = {
  A: "start",
  Z: "end",
  b: "boundary",
  B: "not-boundary",
};
const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const HEX = "0123456789abcdefABCDEF";
const OCTAL = "01234567";
const DIGITS = "0123456789";
const MAX_OCTAL = 0o377;
const MAX_CODE_POINT = 0x10ffff;

/** `\d` and its kin, or undefined. */
export function categoryOf(token: string, flags: Flags): CategoryItem | undefined {
  const letter = token.slice(1);
  const name = CATEGORIES[letter.toLowerCase()];
  return name && { type: "category", name, negated: letter !== letter.toLowerCase(), ascii: flags.ascii };
}

/** `\A`, `\Z`, `\b`, `\B` (outside a class), or undefined. */
export function assertionOf(token: string, flags: Flags): Assertion | undefined {
  const kind = ASSERTIONS[token.slice(1)];
  return kind && { type: "assertion", kind, ascii: flags.ascii };
}

/** The code point an escape stands for inside a class; `token` is already taken. Throws RegexError. */
export function parseClassEscape(reader: PatternReader, token: string): number {
  const letter = token.slice(1);
  if (OCTAL.includes(letter)) {
    return checkOctal(reader, token + reader.takeWhile(OCTAL, 2));
  }
  return CONTROLS[letter] ?? parseCharacterEscape(reader, token);
}

/**
 * What an escape with a number stands for outside a class: `\0`, `\012` and `\123` are characters, other numbers
 * are groups. Undefined when the token has no digit. Throws RegexError.
 */
export function parseNumberEscape(
  reader: PatternReader,
  token: string,
): { readonly code: number } | { readonly group: number; readonly length: number } | undefined {
  const digit = token.slice(1);
  if (digit === "0") {
    return { code: Number.parseInt(digit + reader.takeWhile(OCTAL, 2), 8) };
  }
  if (!DIGITS.includes(digit)) {
    return undefined;
  }
  const number = digit + reader.takeWhile(DIGITS, 1);
  const third = reader.peek() ?? "-";
  if (/^[0-7]{2}$/.test(number) && OCTAL.includes(third)) {
    return { code: checkOctal(reader, `\\${number}${reader.takeWhile(OCTAL, 1)}`) };
  }
  return { group: Number(number), length: number.length };
}

/** The code point of any other escape outside a class: controls, hex and escaped punctuation. Throws RegexError. */
export function parseEscape(reader: PatternReader, token: string): number {
  const letter = token.slice(1);
  return (letter === "b" ? undefined : CONTROLS[letter]) ?? parseCharacterEscape(reader, token);
}

function checkOctal(reader: PatternReader, escape: string): number {
  const code = Number.parseInt(escape.slice(1), 8);
  if (code > MAX_OCTAL) {
    const reason = `octal escape value ${escape} outside of range 0-0o377`;
    throw reader.errorAt(reader.position - escape.length, reason);
  }
  return code;
}

function parseCharacterEscape(reader: PatternReader, token: string): number {
  const letter = token.slice(1);
  const start = reader.position - 2;
  if (letter === "N") {
    throw reader.errorAt(start, "character names (\\N{…}) are not supported", "regex-unsupported");
  }
  const length = HEX_LENGTHS[letter];
  if (length !== undefined) {
    return parseHex(reader, token, length);
  }
  if (/^[a-zA-Z0-9]$/.test(letter)) {
    throw reader.errorAt(start, `bad escape ${token}`);
  }
  return letter.codePointAt(0) ?? 0;
}

function parseHex(reader: PatternReader, token: string, length: number): number {
  const start = reader.position - 2;
  const digits = reader.takeWhile(HEX, length);
  if (digits.length !== length) {
    throw reader.errorAt(start, `incomplete escape ${token}${digits}`);
  }
  const code = Number.parseInt(digits, 16);
  if (code > MAX_CODE_POINT) {
    throw reader.errorAt(start, `bad escape ${token}${digits}`);
  }
  return code;
}
