import type { Fold } from "./tree";

/** All code points with a case lie below this one (Unicode 15). */
const CASED_END = 0x1ea00;
const SURROGATES = { from: 0xd800, to: 0xdfff };

interface FoldTable {
  /** Lower-case code point → the code points that become it in lower case. */
  readonly byLower: ReadonlyMap<number, readonly number[]>;
  /** Lower-case code point → others whose upper case is the same. */
  readonly twins: ReadonlyMap<number, readonly number[]>;
  readonly cased: readonly number[];
}

/** The letters outside ASCII that Python takes for one inside it: İ and ı for i, ſ for s, the Kelvin sign for k. */
const ASCII_TWINS: ReadonlyMap<string, readonly number[]> = new Map([
  ["i", [0x130, 0x131]],
  ["s", [0x17f]],
  ["k", [0x212a]],
]);

let table: FoldTable | undefined;

/** All code points that equal this one under a fold, itself included. */
export function caseVariants(code: number, fold: Fold): readonly number[] {
  if (fold === "none" || (fold === "ascii" && !isAsciiLetter(code))) {
    return [code];
  }
  return code < 0x80 ? asciiVariants(code, fold) : unicodeVariants(code);
}

/** The code points from `from` to `to` that have a case. */
export function casedBetween(from: number, to: number): readonly number[] {
  table ??= buildTable();
  return table.cased.filter((code) => code >= from && code <= to);
}

/** The lower case by which two characters are compared in a back-reference. */
export function lowerCode(code: number, fold: Fold): number {
  if (fold === "unicode") {
    return lowerOf(code);
  }
  return fold === "ascii" && isAsciiLetter(code) ? code | 0x20 : code;
}

function asciiVariants(code: number, fold: Fold): readonly number[] {
  if (!isAsciiLetter(code)) {
    return [code];
  }
  const lower = code | 0x20;
  const pair = [lower, lower ^ 0x20];
  const twins = fold === "unicode" ? ASCII_TWINS.get(String.fromCodePoint(lower)) : undefined;
  return twins ? [...pair, ...twins] : pair;
}

function isAsciiLetter(code: number): boolean {
  const lower = code | 0x20;
  return code < 0x80 && lower >= 0x61 && lower <= 0x7a;
}

function unicodeVariants(code: number): readonly number[] {
  table ??= buildTable();
  const { byLower, twins } = table;
  const lower = lowerOf(code);
  const lowers = [lower, ...(twins.get(lower) ?? [])];
  const all = lowers.flatMap((one) => [one].concat(byLower.get(one) ?? []));
  return [...new Set([code, ...all])];
}

/** Python lowers one character to one: the first of the full mapping (İ gives i). */
function lowerOf(code: number): number {
  return String.fromCodePoint(code).toLowerCase().codePointAt(0) ?? code;
}

function buildTable(): FoldTable {
  const byLower = new Map<number, number[]>();
  const byUpper = new Map<string, Set<number>>();
  const cased = new Set<number>();
  for (let code = 0; code < CASED_END; code += 1) {
    if (code < SURROGATES.from || code > SURROGATES.to) {
      noteCase(code, { byLower, byUpper, cased });
    }
  }
  const twins = new Map<number, number[]>();
  for (const lowers of byUpper.values()) {
    for (const lower of lowers) {
      const others = [...lowers].filter((other) => other !== lower);
      twins.set(lower, others.concat(twins.get(lower) ?? []));
    }
  }
  return { byLower, twins, cased: [...cased].sort((left, right) => left - right) };
}

function noteCase(
  code: number,
  notes: {
    readonly byLower: Map<number, number[]>;
    readonly byUpper: Map<string, Set<number>>;
    readonly cased: Set<number>;
  },
): void {
  const char = String.fromCodePoint(code);
  const upper = char.toUpperCase();
  const lower = lowerOf(code);
  if (lower !== code) {
    notes.byLower.set(lower, [...(notes.byLower.get(lower) ?? []), code]);
    notes.cased.add(code).add(lower);
  }
  if (upper !== char || lower !== code) {
    notes.cased.add(code);
    notes.byUpper.set(upper, (notes.byUpper.get(upper) ?? new Set()).add(lower));
  }
}
