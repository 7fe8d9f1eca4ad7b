import { PickleError } from "./pickle-error";
import { makeInt } from "./pickle-machine";
import { decodeText } from "./surrogate-text";

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g;
const UNICODE_ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[uU])/g;
const SIMPLE_ESCAPES = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);
const DECIMAL = /^\s*[+-]?\d+\s*$/;
/** As many digits as Python reads from text. */
const MAX_DIGITS = 4300;
const FLOATS = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);

/** UTF-8 text of a pickle. */
export function readText(bytes: Buffer): string {
  const text = decodeText(bytes);
  if (text === undefined) {
    throw new PickleError("'utf-8' codec can't decode the bytes of a string");
  }
  return text;
}

/** Text of a byte string (Python 2 sends its `str` so); what is not UTF-8 becomes U+FFFD. */
export function readByteText(bytes: Buffer): string {
  return bytes.toString("utf8");
}

/** `'…'` or `"…"` with backslash escapes: strings of protocol 0. */
export function readQuoted(line: Buffer): string {
  const text = line.toString("latin1").trimEnd();
  const quote = text.at(0);
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
    throw new PickleError("the STRING opcode argument must be quoted");
  }
  const raw = text.slice(1, -1).replace(ESCAPE, replaceEscape);
  return Buffer.from(raw, "latin1").toString("utf8");
}

/** Latin-1 with `\uXXXX`: text of protocol 0. */
export function readRawUnicode(line: Buffer): string {
  return line.toString("latin1").replace(UNICODE_ESCAPE, replaceUnicodeEscape);
}

/** Decimal digits, with the `L` of a Python 2 long if `isLong`. */
export function readDecimal(line: Buffer, isLong: boolean): number | bigint {
  const text = isLong ? line.toString("latin1").replace(/L$/, "") : line.toString("latin1");
  if (!DECIMAL.test(text) || text.length > MAX_DIGITS) {
    throw new PickleError(
      isLong
        ? `invalid literal for int() with base 10: '${text.slice(0, 40)}\\n'`
        : "could not convert string to int",
    );
  }
  return makeInt(BigInt(text.trim().replace("+", "")));
}

/** A float written with digits. */
export function readFloatText(line: Buffer): number {
  const text = line.toString("latin1").trim();
  const value = FLOATS.get(text) ?? (text === "" ? Number.NaN : Number(text));
  if (Number.isNaN(value) && text !== "nan") {
    throw new PickleError(`could not convert string to float: '${text.slice(0, 40)}'`);
  }
  return value;
}

/** Two's complement, little end first. */
export function readLittleEndian(bytes: Buffer): number | bigint {
  if (bytes.length === 0) {
    return 0;
  }
  const hex = Buffer.from(bytes).reverse().toString("hex");
  return makeInt(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

function replaceEscape(whole: string, hex?: string, octal?: string, letter = ""): string {
  if (hex !== undefined) {
    return String.fromCharCode(Number.parseInt(hex, 16));
  }
  if (octal !== undefined) {
    return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
  }
  return SIMPLE_ESCAPES.get(letter) ?? (`\\'"`.includes(letter) ? letter : whole);
}

function replaceUnicodeEscape(_: string, short?: string, long?: string): string {
  const code = Number.parseInt(short ?? long ?? "", 16);
  if (Number.isNaN(code) || code > 0x10ffff) {
    throw new PickleError("'rawunicodeescape' codec can't decode bytes: truncated \\uXXXX escape");
  }
  return String.fromCodePoint(code);
}
