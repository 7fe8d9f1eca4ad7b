import { compileByteMatcher, type ByteMatcher } from "../regex";
import type { CompiledFilter, CompiledRegex } from "./compile-filter";

/** A regex of a filter that matches bytes, and the names of its groups. */
export interface ByteRegex {
  readonly matcher: ByteMatcher;
  /** Names with the index of their begin in the matcher's `spans`. */
  readonly names: readonly (readonly [name: string, at: number])[];
}

/**
 * What a search gave: `ignored` when an ignoreregex spoke against the line, of which some failregexes may have been
 * found; `slow` when it took too long, so that the plain engines have to say.
 */
export type Outcome = "hits" | "miss" | "ignored" | "slow";

/** A search keeps nothing from line to line, so that all jails with a filter share it. */
const known = new WeakMap<CompiledFilter, ByteSearch | null>();

const NEWLINE = 10;
const BYTES = 256;
const NONE = new Int32Array(0);

/**
 * Tries the regexes of a filter on a line of ASCII bytes, with the meaning they have for its text. What it found is
 * good until the next search.
 */
export class ByteSearch {
  readonly prefix: ByteRegex | undefined;
  readonly failregex: readonly ByteRegex[];
  /** The failregexes that match, the first `count` of them. */
  readonly found: Int32Array;
  count = 0;
  /** The ignoreregex that dropped the line. */
  ignoring = -1;
  /** The prefregex matched. */
  hasPrefix = false;
  readonly #ignoreregex: readonly ByteRegex[];
  readonly #contentAt: number;
  /** For each byte a text may begin with, the failregexes worth trying. */
  readonly #candidates: readonly Int32Array[];
  readonly #ignoresFirst: boolean;
  /** The text that the failregexes see. */
  #start = 0;
  #end = 0;

  private constructor(
    prefix: ByteRegex | undefined,
    failregex: readonly ByteRegex[],
    ignoreregex: readonly ByteRegex[],
  ) {
    this.prefix = prefix;
    this.failregex = failregex;
    this.#ignoreregex = ignoreregex;
    this.#contentAt = prefix?.names.find(([name]) => name === "content")?.[1] ?? -1;
    this.found = new Int32Array(failregex.length);
    this.#ignoresFirst = ignoreregex.length > 0 && ignoreregex.length < failregex.length - 2;
    this.#candidates = Array.from({ length: BYTES }, (_, byte) =>
      Int32Array.from(failregex.flatMap(({ matcher }, i) => (canBegin(matcher, byte) ? [i] : []))),
    );
  }

  /** Undefined when some regex of the filter is beyond this way of matching. */
  static of(compiled: CompiledFilter): ByteSearch | undefined {
    const search = known.get(compiled) ?? ByteSearch.#make(compiled) ?? null;
    known.set(compiled, search);
    return search ?? undefined;
  }

  static #make(compiled: CompiledFilter): ByteSearch | undefined {
    const { prefregex, failregex, ignoreregex, maxlines } = compiled;
    const all = [...(prefregex ? [prefregex] : []), ...failregex, ...ignoreregex].map(toByteRegex);
    const usable = all.filter((regex) => regex !== undefined);
    if (maxlines > 1 || usable.length < all.length) {
      return undefined;
    }
    const [prefix, rest] = prefregex ? [usable[0], usable.slice(1)] : [undefined, usable];
    return new ByteSearch(prefix, rest.slice(0, failregex.length), rest.slice(failregex.length));
  }

  /** Searches a text that ends with its only newline. With `checkAll` every failregex is tried. */
  search(bytes: Uint8Array, start: number, end: number, checkAll: boolean): Outcome {
    this.count = 0;
    this.hasPrefix = false;
    if (this.#ignoresFirst) {
      const outcome = this.#ignore(bytes, start, end);
      if (outcome !== "miss") {
        return outcome;
      }
    }
    this.#start = start;
    this.#end = end;
    if (!this.prefix) {
      return this.#searchContent(bytes, checkAll);
    }
    const state = this.prefix.matcher.exec(bytes, start, end);
    if (state !== 1) {
      return state === 0 ? "miss" : "slow";
    }
    this.hasPrefix = true;
    return this.#takeContent(bytes, checkAll);
  }

  #ignore(bytes: Uint8Array, start: number, end: number): Outcome {
    const regexes = this.#ignoreregex;
    for (let i = 0; i < regexes.length; i++) {
      const state = regexes[i]?.matcher.exec(bytes, start, end);
      if (state !== 0) {
        this.ignoring = i;
        return state === 1 ? "ignored" : "slow";
      }
    }
    return "miss";
  }

  /** The content of the prefregex, with a newline behind it, takes the place of the text. */
  #takeContent(bytes: Uint8Array, checkAll: boolean): Outcome {
    const spans = this.prefix?.matcher.spans;
    const from = spans?.[this.#contentAt] ?? -1;
    const to = spans?.[this.#contentAt + 1] ?? -1;
    if (from < 0 || from === to) {
      return this.#searchContent(bytes, checkAll);
    }
    if (to >= this.#end) {
      return "slow";
    }
    this.#start = from;
    this.#end = to + 1;
    const behind = bytes[to] ?? NEWLINE;
    if (behind === NEWLINE) {
      return this.#searchContent(bytes, checkAll);
    }
    bytes[to] = NEWLINE;
    const outcome = this.#searchContent(bytes, checkAll);
    bytes[to] = behind;
    return outcome;
  }

  #searchContent(bytes: Uint8Array, checkAll: boolean): Outcome {
    const [start, end] = [this.#start, this.#end];
    const candidates = this.#candidates[bytes[start] ?? 0] ?? NONE;
    for (let i = 0; i < candidates.length; i++) {
      const index = candidates[i] ?? 0;
      const state = this.failregex[index]?.matcher.exec(bytes, start, end);
      if (state === 1) {
        this.found[this.count++] = index;
        if (!checkAll) {
          break;
        }
      } else if (state !== 0) {
        return "slow";
      }
    }
    if (this.count === 0) {
      return "miss";
    }
    const outcome = this.#ignore(bytes, start, end);
    return outcome === "miss" ? "hits" : outcome;
  }
}

function canBegin(matcher: ByteMatcher, byte: number): boolean {
  return !matcher.isAnchored || matcher.first[byte] === 1;
}

/** A regex that reads fields has no pattern of its own for the line. */
function toByteRegex({ matcher: { pattern }, fields }: CompiledRegex): ByteRegex | undefined {
  const matcher = fields ? undefined : compileByteMatcher(pattern);
  return matcher && { matcher, names: [...pattern.groupNames].map(([name, index]) => [name, 2 * index]) };
}
