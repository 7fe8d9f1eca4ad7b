import { pick, type Random } from "./target";

/** Inputs are kept below this many bytes, but for some that are made long on purpose. */
const USUAL_BYTES = 16 * 1024;
/** Everything here promises to be quick below one megabyte. */
const MOST_BYTES = 1_000_000;
const ODD_BYTES = [0, 9, 10, 13, 27, 32, 34, 39, 44, 60, 62, 92, 127, 128, 0xc3, 0xed, 0xf0, 0xff];
const ODD_NUMBERS = [
  "0",
  "-1",
  "1e309",
  "NaN",
  "255",
  "256",
  "65536",
  "2147483648",
  "4294967296",
  "9007199254740993",
  "99999999999999999999999999",
  "0x7f",
  "1.5",
];

/** What mutation draws from. */
export interface Material {
  readonly corpus: readonly Buffer[];
  readonly words: readonly string[];
}

type Change = (input: Buffer, random: Random, material: Material) => Buffer;

const CHANGES: readonly Change[] = [
  (input, random) => putByte(input, random, random.below(256)),
  (input, random) => putByte(input, random, pick(random, ODD_BYTES) ?? 0),
  (input, random) => insert(input, random, Buffer.from([pick(random, ODD_BYTES) ?? 0])),
  (input, random, { words }) => insert(input, random, Buffer.from(pick(random, words) ?? "", "utf8")),
  (input, random, { words }) => replacePart(input, random, Buffer.from(pick(random, words) ?? "", "utf8")),
  (input, random) => replacePart(input, random, Buffer.alloc(0)),
  (input, random) => insert(input, random, cut(input, random)),
  (input, random) => replacePart(input, random, cut(input, random)),
  (input, random, { corpus }) => insert(input, random, cut(pick(random, corpus) ?? input, random)),
  (input, random, { corpus }) => splice(input, pick(random, corpus) ?? input, random),
  (input, random) => replaceNumber(input, random),
  (input, random) => input.subarray(0, random.below(input.length + 1)),
  (input, random) => flipBit(input, random),
];

/** Another input, made from one or several of the corpus by a few changes. */
export function mutate(random: Random, material: Material): Buffer {
  let input = pick(random, material.corpus) ?? Buffer.alloc(0);
  for (let left = 1 + random.below(random.chance(0.2) ? 20 : 4); left > 0; left -= 1) {
    input = (pick(random, CHANGES) ?? flipBit)(input, random, material).subarray(0, USUAL_BYTES);
  }
  return random.chance(0.003) ? stretch(input, random) : input;
}

/** The same with one part of it again and again. */
function stretch(input: Buffer, random: Random): Buffer {
  const part = cut(input, random);
  if (part.length === 0) {
    return input;
  }
  const at = random.below(input.length + 1);
  const room = random.chance(0.5) ? MOST_BYTES : MOST_BYTES / 16;
  const rounds = Math.floor((room - input.length) / part.length);
  const many = Buffer.alloc(Math.max(0, rounds) * part.length, part);
  return Buffer.concat([input.subarray(0, at), many, input.subarray(at)]);
}

function putByte(input: Buffer, random: Random, byte: number): Buffer {
  const changed = Buffer.from(input);
  if (changed.length > 0) {
    changed[random.below(changed.length)] = byte;
  }
  return changed;
}

function flipBit(input: Buffer, random: Random): Buffer {
  const changed = Buffer.from(input);
  if (changed.length > 0) {
    const at = random.below(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  }
  return changed;
}

function insert(input: Buffer, random: Random, part: Buffer): Buffer {
  const at = random.below(input.length + 1);
  return Buffer.concat([input.subarray(0, at), part, input.subarray(at)]);
}

function replacePart(input: Buffer, random: Random, part: Buffer): Buffer {
  const [start, end] = span(input, random);
  return Buffer.concat([input.subarray(0, start), part, input.subarray(end)]);
}

function splice(left: Buffer, right: Buffer, random: Random): Buffer {
  return Buffer.concat([
    left.subarray(0, random.below(left.length + 1)),
    right.subarray(random.below(right.length + 1)),
  ]);
}

function cut(input: Buffer, random: Random): Buffer {
  return input.subarray(...span(input, random));
}

/** Mostly short. */
function span(input: Buffer, random: Random): [number, number] {
  const start = random.below(input.length + 1);
  const room = input.length - start;
  return [start, start + random.below(Math.min(room, random.chance(0.8) ? 16 : room) + 1)];
}

function replaceNumber(input: Buffer, random: Random): Buffer {
  const text = input.toString("latin1");
  const numbers = [...text.matchAll(/\d+/g)];
  const number = pick(random, numbers);
  if (!number) {
    return input;
  }
  const other = pick(random, ODD_NUMBERS) ?? "";
  return Buffer.from(
    text.slice(0, number.index) + other + text.slice(number.index + number[0].length),
    "latin1",
  );
}
