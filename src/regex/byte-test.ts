import { code, type Code, type Workspace } from "../wasm";
import type { AsciiSet } from "./ascii-set";

const SIZE = 128;
/** What the two letters of a pair of cases differ in. */
const CASE_BIT = 0x20;
const ALL = (1n << BigInt(SIZE)) - 1n;

/** Writes tests of single bytes, and keeps the tables they look into. */
export class ByteTests {
  readonly #workspace: Workspace;
  readonly #writers = new Map<AsciiSet, (byte: Code) => Code>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Whether a byte is one of the set. */
  test(set: AsciiSet, byte: Code): Code {
    let write = this.#writers.get(set);
    if (!write) {
      write = this.#writerOf(set);
      this.#writers.set(set, write);
    }
    return write(byte);
  }

  #writerOf(set: AsciiSet): (byte: Code) => Code {
    return rangeTest(set) ?? negated(rangeTest(ALL & ~set)) ?? pairTest(set) ?? this.#tableTest(set);
  }

  #tableTest(set: AsciiSet): (byte: Code) => Code {
    const table = new Uint8Array(SIZE);
    listCodes(set).forEach((member) => {
      table[member] = 1;
    });
    const address = this.#workspace.table(table);
    return (byte) => code.load8(byte, address);
  }
}

/** For sets that are one range of codes, or empty. */
function rangeTest(set: AsciiSet): ((byte: Code) => Code) | undefined {
  const codes = listCodes(set);
  const [from, to] = [codes[0], codes.at(-1)];
  if (from === undefined || to === undefined) {
    return () => code.i32(0);
  }
  if (to - from + 1 !== codes.length) {
    return undefined;
  }
  return from === to
    ? (byte) => code.eq(byte, code.i32(from))
    : (byte) => code.belowUnsigned(code.subtract(byte, code.i32(from)), code.i32(codes.length));
}

function negated(test: ((byte: Code) => Code) | undefined): ((byte: Code) => Code) | undefined {
  return test && ((byte) => code.not(test(byte)));
}

/** For a letter in both cases. */
function pairTest(set: AsciiSet): ((byte: Code) => Code) | undefined {
  const lower = pairOf(set);
  return lower === undefined
    ? undefined
    : (byte) => code.eq(code.or(byte, code.i32(CASE_BIT)), code.i32(lower));
}

/** The lower case of the letter of which the set is both cases. */
function pairOf(set: AsciiSet): number | undefined {
  const [upper, lower, ...more] = listCodes(set);
  return upper !== undefined && lower === (upper | CASE_BIT) && more.length === 0 ? lower : undefined;
}

/** Of a byte of a word: what it has to be once the bits of the mask are set. */
interface Fixed {
  readonly value: number;
  readonly mask: number;
}

function fixedOf(set: AsciiSet): Fixed | undefined {
  const codes = listCodes(set);
  if (codes.length === 1) {
    return { value: codes[0] ?? 0, mask: 0 };
  }
  const lower = pairOf(set);
  return lower === undefined ? undefined : { value: lower, mask: CASE_BIT };
}

/**
 * Whether the bytes at an address are one of each set: several are compared at once, so that some may be read behind
 * the last one.
 */
export function wordTest(
  tests: ByteTests,
  sets: readonly AsciiSet[],
  { local, offset }: { readonly local: number; readonly offset: number },
): Code {
  const parts: Code[] = [];
  for (let at = 0; at < sets.length; ) {
    const fixed = sets.slice(at, at + 8).map(fixedOf);
    const first = fixed.indexOf(undefined);
    const run = first < 0 ? fixed.length : first;
    const size = [8, 4, 2, 1].find((one) => one <= run) ?? 0;
    const set = sets[at] ?? 0n;
    parts.push(
      size > 1
        ? chunkTest(fixed.slice(0, size), code.get(local), offset + at)
        : tests.test(set, code.load8(code.get(local), offset + at)),
    );
    at += Math.max(1, size);
  }
  return parts.reduceRight((rest, part) => code.both(part, rest));
}

function chunkTest(bytes: readonly (Fixed | undefined)[], address: Code, offset: number): Code {
  const number = (key: keyof Fixed): bigint =>
    bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte?.[key] ?? 0), 0n);
  const [value, mask] = [number("value"), number("mask")];
  if (bytes.length === 8) {
    const loaded = code.load64(address, offset);
    return code.eq64(mask === 0n ? loaded : code.or64(loaded, code.i64(mask)), code.i64(value));
  }
  const loaded = bytes.length === 4 ? code.load32(address, offset) : code.load16(address, offset);
  return code.eq(
    mask === 0n ? loaded : code.or(loaded, code.i32(Number(mask))),
    code.i32(Number(BigInt.asIntN(32, value))),
  );
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
