/** One reader of foreign text under fuzz. */
export interface FuzzTarget {
  readonly name: string;
  /** Good inputs to begin with; the first ones of a run. */
  readonly seeds: () => readonly Buffer[];
  /** Words of the format, put in and exchanged by mutation. */
  readonly words: readonly string[];
  /** Further inputs made by rules instead of by mutation, for formats that mutation alone hardly meets. */
  readonly generate?: (random: Random) => Buffer;
  /** Throws when something is wrong with how the input is dealt with. */
  readonly check: (input: Buffer) => void | Promise<void>;
  /** Checks what was gathered by many calls of `check` at once, such as a comparison with another program. */
  readonly settle?: () => void;
  /** Takes back what the target has made. */
  readonly close?: () => void;
}

/** Numbers by chance, the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to `limit`, which is not reached. */
  below(limit: number): number;
  /** Whether something of that chance (0 to 1) happens. */
  chance(probability: number): boolean;
}

/** Numbers by chance from a seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit) => Math.floor(next() * limit), chance: (probability) => next() < probability };
}

/** One of a list by chance. */
export function pick<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[random.below(items.length)];
}

/** Throws when a property does not hold; `about` says which. */
export function demand(condition: boolean, about: string): asserts condition {
  if (!condition) {
    throw new Error(about);
  }
}

/** Demands that two values are the same all the way down, as JSON with bigints and undefined told apart shows them. */
export function demandSame(found: unknown, expected: unknown, about: string): void {
  const [one, other] = [show(found), show(expected)];
  if (one !== other) {
    const at = Array.from(one).findIndex((character, i) => character !== other[i]);
    const from = Math.max(0, at - 200);
    throw new Error(`${about}: ${one.slice(from, at + 300)}\n  instead of ${other.slice(from, at + 300)}`);
  }
}

/** Does work that may fail in one of the expected ways; what else it throws passes. */
export function tolerate<Value>(
  work: () => Value,
  isExpected: (error: unknown) => boolean,
): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (isExpected(error)) {
      return undefined;
    }
    throw error;
  }
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === "bigint") {
        return `${part}n`;
      }
      if (part instanceof Map || part instanceof Set) {
        return [part.constructor.name, ...(part as Iterable<unknown>)];
      }
      return typeof part === "number" && !Number.isFinite(part) ? String(part) : part;
    }) ?? "undefined"
  );
}
