import { asciiSetOf, type AsciiSet } from "./ascii-set";
import type { Node } from "./tree";

/** A text of the length of the list, each character out of a set. */
export type Word = readonly AsciiSet[];

const MOST_WORDS = 32;
const LONGEST = 24;

/** Parts are asked for alone and as parts of larger ones; null for those that take too many texts. */
const known = new WeakMap<Node, readonly Word[] | null>();

/** All texts that a node takes, when they are few and short and nothing of them is captured. */
export function finiteWords(node: Node): readonly Word[] | undefined {
  let words = known.get(node);
  if (words === undefined) {
    const all = expand(node);
    words = all && all.length <= MOST_WORDS && all.every((word) => word.length <= LONGEST) ? all : null;
    known.set(node, words);
  }
  return words ?? undefined;
}

function expand(node: Node): readonly Word[] | undefined {
  switch (node.type) {
    case "literal":
    case "any":
    case "set":
      return [[asciiSetOf(node)]];
    case "sequence":
      return node.items.reduce<readonly Word[] | undefined>(
        (heads, item) => (heads ? append(heads, finiteWords(item)) : undefined),
        [[]],
      );
    case "alternation": {
      const all = node.options.map(finiteWords);
      return all.every((words) => words !== undefined) ? all.flat() : undefined;
    }
    case "repeat":
      return node.max <= LONGEST && node.mode !== "possessive"
        ? repeat(finiteWords(node.body), node.min, node.max)
        : undefined;
    default:
      return undefined;
  }
}

function append(heads: readonly Word[], tails: readonly Word[] | undefined): readonly Word[] | undefined {
  return tails && heads.length * tails.length <= MOST_WORDS
    ? heads.flatMap((head) => tails.map((tail) => [...head, ...tail]))
    : undefined;
}

function repeat(body: readonly Word[] | undefined, min: number, max: number): readonly Word[] | undefined {
  const all: Word[] = [];
  let words: readonly Word[] | undefined = body && [[]];
  for (let count = 0; count <= max && words; count += 1) {
    all.push(...(count >= min ? words : []));
    words = count < max && body ? append(words, body) : words;
  }
  return words && all.length <= MOST_WORDS ? all : undefined;
}

/**
 * Whether no text begins with two of the words of different length, of which both may be followed by what comes next:
 * then the longest is the one, whatever the order.
 */
export function areCertain(words: readonly Word[], next: AsciiSet): boolean {
  return words.every((word) =>
    words.every((other) => {
      const follows = other[word.length];
      const isBegun = word.every((set, i) => (set & (other[i] ?? 0n)) !== 0n);
      return follows === undefined || !isBegun || (follows & next) === 0n;
    }),
  );
}
