import { code, type Code } from "../wasm";
import type { First } from "./first-set";
import { childrenOf, type Assertion, type Node } from "./tree";
import { widthOf } from "./width";

/** A node that takes one character. */
export type Single = Extract<Node, { type: "literal" | "any" | "set" }>;

/** A place in the text: a local variable and how far behind it. */
export interface Place {
  readonly local: number;
  readonly offset: number;
}

/** What is tried behind a node: statements that give 1 back when the rest matches, and go on behind them when not. */
export interface Rest {
  readonly first: First;
  /** Whether it matches depends on the place alone, not on what was taken or counted before. */
  readonly isPure: boolean;
  readonly emit: (place: Place) => Code;
}

/** The bounds of the text in the function at hand, and what asks whether a word character stands at an address. */
export interface Bounds {
  readonly start: Code;
  readonly end: Code;
  readonly isWord: (address: Code) => Code;
}

/** Whether what was taken before decides whether a node matches. */
export function dependsOnGroups(node: Node): boolean {
  return (
    node.type === "back-reference" || node.type === "conditional" || childrenOf(node).some(dependsOnGroups)
  );
}

/** Addresses and counts have 32 bits. */
const MOST_ROUNDS = 1 << 20;

/** Whether a node and all in it can be written as code that works on bytes. */
export function isWritable(node: Node): boolean {
  return isOwnWritable(node) && childrenOf(node).every(isWritable);
}

function isOwnWritable(node: Node): boolean {
  switch (node.type) {
    case "repeat":
      if (node.min > MOST_ROUNDS || (node.max > MOST_ROUNDS && node.max !== Infinity)) {
        return false;
      }
      return (
        isSingle(node.body) ||
        (node.mode !== "possessive" && (node.max <= 1 || widthOf(node.body, new Map()).min > 0))
      );
    case "look":
    case "atomic":
      // What is taken in there would have to be forgotten when the search goes back.
      return capturesIn(node.body).length === 0;
    default:
      return true;
  }
}

/** The numbers of the groups in a node. */
export function capturesIn(node: Node): readonly number[] {
  const own = node.type === "capture" ? [node.index] : [];
  return own.concat(childrenOf(node).flatMap(capturesIn));
}

export function isSingle(node: Node): node is Single {
  return node.type === "literal" || node.type === "any" || node.type === "set";
}

/** The address of a place. */
export function addressOf({ local, offset }: Place): Code {
  return code.plus(local, offset);
}

/** The byte at a place. */
export function byteAt({ local, offset }: Place): Code {
  return code.load8(code.get(local), offset);
}

export function behind({ local, offset }: Place, count = 1): Place {
  return { local, offset: offset + count };
}

/** The items with runs of single characters put together, all others alone. */
export function joinSingles(items: readonly Node[]): Node[][] {
  const groups: Node[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && isSingle(item) && last.every(isSingle)) {
      last.push(item);
    } else {
      groups.push([item]);
    }
  }
  return groups;
}

export function countNodes(node: Node): number {
  return childrenOf(node).reduce((sum, child) => sum + countNodes(child), 1);
}

/** Matches the empty text. */
export const EMPTY: Node = { type: "sequence", items: [] };

const NEWLINE = 10;

/** Whether an assertion holds at a place. */
export function assertion({ kind }: Assertion, place: Place, { start, end, isWord }: Bounds): Code {
  const here = addressOf(place);
  const before = code.subtract(here, code.i32(1));
  const isNewline = code.eq(byteAt(place), code.i32(NEWLINE));
  switch (kind) {
    case "start":
      return code.eq(here, start);
    case "line-start":
      return code.or(code.eq(here, start), code.eq(code.load8(before), code.i32(NEWLINE)));
    case "end":
      return code.eq(here, end);
    case "last-line-end":
      return code.or(
        code.eq(here, end),
        code.and(code.eq(code.plus(place.local, place.offset + 1), end), isNewline),
      );
    case "line-end":
      return code.or(code.eq(here, end), isNewline);
    case "boundary":
      return code.ne(isWord(before), isWord(here));
    case "not-boundary":
      return code.and(code.ne(start, end), code.eq(isWord(before), isWord(here)));
    default:
      return kind satisfies never;
  }
}
