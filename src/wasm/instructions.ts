/**
 * Instructions of WebAssembly 2.0 (core specification, chapter 5.4) as bytes, in lists within lists, which are made one
 * list only at the end. An expression leaves its value on the stack; a statement leaves nothing there, so that
 * statements are put one behind the other.
 */
export type Code = readonly (number | Code)[];

/** Ends the label of a block that gives no value. */
const VOID = 0x40;
const I32 = 0x7f;

export const NOTHING: Code = [];

/** Statements one after the other. */
export function all(...parts: readonly Code[]): Code {
  return parts;
}

export function get(local: number): Code {
  return [0x20, unsigned(local)];
}

export function set(local: number, value: Code): Code {
  return [value, 0x21, unsigned(local)];
}

/** Sets a local and leaves its value. */
export function tee(local: number, value: Code): Code {
  return [value, 0x22, unsigned(local)];
}

export function getGlobal(index: number): Code {
  return [0x23, unsigned(index)];
}

export function setGlobal(index: number, value: Code): Code {
  return [value, 0x24, unsigned(index)];
}

export function i32(value: number): Code {
  return [0x41, signed(value)];
}

export function i64(value: bigint): Code {
  return [0x42, signed64(value)];
}

/** An unsigned byte. */
export function load8(address: Code, offset = 0): Code {
  return [address, 0x2d, 0, unsigned(offset)];
}

export function load16(address: Code, offset = 0): Code {
  return [address, 0x2f, 0, unsigned(offset)];
}

export function load32(address: Code, offset = 0): Code {
  return [address, 0x28, 0, unsigned(offset)];
}

/** Sixty-four bits, for `eq64` and `or64`. */
export function load64(address: Code, offset = 0): Code {
  return [address, 0x29, 0, unsigned(offset)];
}

export function store8(address: Code, value: Code, offset = 0): Code {
  return [address, value, 0x3a, 0, unsigned(offset)];
}

export function store32(address: Code, value: Code, offset = 0): Code {
  return [address, value, 0x36, 0, unsigned(offset)];
}

const binary =
  (operation: number) =>
  (left: Code, right: Code): Code => [left, right, operation];

export const eq = binary(0x46);
export const ne = binary(0x47);
export const lessThan = binary(0x48);
export const belowUnsigned = binary(0x49);
export const greaterThan = binary(0x4a);
export const atMost = binary(0x4c);
export const atLeast = binary(0x4e);
export const add = binary(0x6a);
export const subtract = binary(0x6b);
export const multiply = binary(0x6c);
/** Both numbers are 0 or more. */
export const divide = binary(0x6e);
export const remainder = binary(0x70);
export const and = binary(0x71);
export const or = binary(0x72);
export const shiftLeft = binary(0x74);
export const eq64 = binary(0x51);
export const or64 = binary(0x84);

export function not(condition: Code): Code {
  return [condition, 0x45];
}

/** How many zero bits there are below the lowest one. */
export function trailingZeros(value: Code): Code {
  return [value, 0x68];
}

/** A local and a number known now; nothing is added where that is 0. */
export function plus(local: number, offset: number): Code {
  return offset === 0 ? get(local) : add(get(local), i32(offset));
}

/** `left`, and `right` only if that holds. */
export function both(left: Code, right: Code): Code {
  return [left, 0x04, I32, right, 0x05, i32(0), 0x0b];
}

/** The one value or the other; both are computed. */
export function choose(condition: Code, yes: Code, no: Code): Code {
  return [yes, no, condition, 0x1b];
}

export function when(condition: Code, then: Code, otherwise: Code = NOTHING): Code {
  const end = otherwise.length > 0 ? [0x05, otherwise, 0x0b] : [0x0b];
  return [condition, 0x04, VOID, then, ...end];
}

/** A place to leave by `leave`. */
export function block(body: Code): Code {
  return [0x02, VOID, body, 0x0b];
}

/** A place to begin again by `leave`; ends at its end. */
export function loop(body: Code): Code {
  return [0x03, VOID, body, 0x0b];
}

/** Goes to the end of the block around so many blocks, or to the begin of the loop. */
export function leave(depth: number): Code {
  return [0x0c, unsigned(depth)];
}

export function leaveIf(condition: Code, depth: number): Code {
  return [condition, 0x0d, unsigned(depth)];
}

/** Goes to the depth that stands at the place of the value, to the last one when there is none. */
export function leaveBy(value: Code, depths: readonly number[]): Code {
  return [value, 0x0e, unsigned(depths.length - 1), ...depths.flatMap((depth) => [unsigned(depth)])];
}

/** Repeats the body while the condition holds. Each of them stands inside of two blocks. */
export function whileTrue(condition: Code, body: Code): Code {
  return block(loop(all(leaveIf(not(condition), 1), body, leave(0))));
}

/** Repeats the body until it leaves by `leave(1)`. */
export function forever(body: Code): Code {
  return block(loop(all(body, leave(0))));
}

export function call(index: number, ...values: readonly Code[]): Code {
  return [...values, 0x10, unsigned(index)];
}

export function giveBack(value: Code): Code {
  return [value, 0x0f];
}

const vector =
  (...operation: readonly number[]) =>
  (...values: readonly Code[]): Code => [...values, 0xfd, ...operation];

/** Sixteen bytes. */
export function loadVector(address: Code, offset = 0): Code {
  return [address, 0xfd, 0x00, 0, unsigned(offset)];
}

export function storeVector(address: Code, value: Code): Code {
  return [address, value, 0xfd, 0x0b, 0, 0];
}

/** The same byte sixteen times. */
export const splat8 = vector(0x0f);
export const eq8 = vector(0x23);
/** The highest bit of each byte. */
export const bits8 = vector(0x64);
export const andVectors = vector(0x4e);
export const orVectors = vector(0x50);

/** LEB128 of a number from 0 to 2^32 - 1. */
export function unsigned(value: number): Code {
  if (value <= 0x7f) {
    return [value];
  }
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** LEB128 of a signed number. */
function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
  return bytes;
}

function signed64(value: bigint): Code {
  const bytes: number[] = [];
  let rest = BigInt.asIntN(64, value);
  while (rest < -64n || rest > 63n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest & 0x7fn));
  return bytes;
}

/** How many bytes there are; stops counting above `most`. */
export function sizeOf(code: Code, most = Number.POSITIVE_INFINITY): number {
  let size = 0;
  for (const part of code) {
    size += typeof part === "number" ? 1 : sizeOf(part, most - size);
    if (size > most) {
      break;
    }
  }
  return size;
}

/** Adds the bytes to a list. */
export function flatten(code: Code, into: number[]): void {
  for (const part of code) {
    if (typeof part === "number") {
      into.push(part);
    } else {
      flatten(part, into);
    }
  }
}
