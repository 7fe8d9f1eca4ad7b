import type { AsciiSet } from "./ascii-set";

const SIZE = 128;
/** Up to so many comparisons are quicker than a look into a table. */
const MOST_COMPARISONS = 3;

/** Writes tests of single bytes as JavaScript, and keeps the tables they look into. */
export class ByteTests {
  /** For each byte 1 or 0; referred to as `T[0]` and so on. */
  readonly tables: Uint8Array[] = [];
  readonly #numbers = new Map<AsciiSet, number>();
  readonly #writers = new Map<AsciiSet, (at: string) => string>();

  /** An expression that is true for the bytes of the set; `at` is the expression of a byte. */
  test(set: AsciiSet, at: string): string {
    let write = this.#writers.get(set);
    if (!write) {
      write = this.#writerOf(set);
      this.#writers.set(set, write);
    }
    return write(at);
  }

  #writerOf(set: AsciiSet): (at: string) => string {
    const ranges = rangesOf(set);
    const [range] = ranges;
    if (!range) {
      return () => "false";
    }
    const { from, to } = range;
    if (ranges.length === 1) {
      return from === to ? (at) => `${at}===${from}` : (at) => `(${at}-${from}>>>0)<${to - from + 1}`;
    }
    const missing = listCodes(~set & ((1n << BigInt(SIZE)) - 1n));
    if (missing.length <= MOST_COMPARISONS) {
      return (at) => missing.map((code) => `${at}!==${code}`).join("&&");
    }
    const codes = listCodes(set);
    if (codes.length <= MOST_COMPARISONS) {
      return (at) => `(${codes.map((code) => `${at}===${code}`).join("||")})`;
    }
    const table = `t${this.#numberOf(set)}`;
    return (at) => `${table}[${at}]===1`;
  }

  #numberOf(set: AsciiSet): number {
    const known = this.#numbers.get(set);
    if (known !== undefined) {
      return known;
    }
    const table = new Uint8Array(2 * SIZE);
    listCodes(set).forEach((code) => {
      table[code] = 1;
    });
    this.#numbers.set(set, this.tables.length);
    return this.tables.push(table) - 1;
  }
}

/** Patterns consist of the same few sets, and taking one apart takes time. */
const known = new Map<AsciiSet, readonly number[]>();
const MOST_KNOWN = 4096;

/** The codes in a set, in order. */
export function listCodes(set: AsciiSet): readonly number[] {
  let codes = known.get(set);
  if (!codes) {
    const words = [
      Number(set & 0xffff_ffffn),
      Number((set >> 32n) & 0xffff_ffffn),
      Number((set >> 64n) & 0xffff_ffffn),
      Number(set >> 96n),
    ];
    codes = words.flatMap((word, i) => listBits(word, 32 * i));
    if (known.size < MOST_KNOWN) {
      known.set(set, codes);
    }
  }
  return codes;
}

function listBits(word: number, offset: number): number[] {
  const codes: number[] = [];
  for (let i = 0; i < 32; i++) {
    if (((word >>> i) & 1) === 1) {
      codes.push(offset + i);
    }
  }
  return codes;
}

function rangesOf(set: AsciiSet): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (const code of listCodes(set)) {
    const last = ranges.at(-1);
    if (last && last.to === code - 1) {
      last.to = code;
    } else {
      ranges.push({ from: code, to: code });
    }
  }
  return ranges;
}
