import type { First } from "./first-set";
import { childrenOf, type Assertion, type Node } from "./tree";
import { widthOf } from "./width";

/** A node that takes one character. */
export type Single = Extract<Node, { type: "literal" | "any" | "set" }>;

/** A place in the text: a variable and how far behind it. */
export interface Place {
  readonly name: string;
  readonly offset: number;
}

/** What is tried behind a node: statements that return true when the rest matches, and go on behind them when not. */
export interface Rest {
  readonly first: First;
  /** Whether it matches depends on the place alone, not on what was taken or counted before. */
  readonly isPure: boolean;
  readonly emit: (place: Place) => string;
}

/** Whether what was taken before decides whether a node matches. */
export function dependsOnGroups(node: Node): boolean {
  return (
    node.type === "back-reference" || node.type === "conditional" || childrenOf(node).some(dependsOnGroups)
  );
}

/** Whether a node and all in it can be written as JavaScript on bytes. */
export function isWritable(node: Node): boolean {
  return isOwnWritable(node) && childrenOf(node).every(isWritable);
}

function isOwnWritable(node: Node): boolean {
  switch (node.type) {
    case "repeat":
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

export function text({ name, offset }: Place): string {
  return offset === 0 ? name : `${name}+${offset}`;
}

export function at(place: Place): string {
  return `b[${text(place)}]`;
}

export function behind({ name, offset }: Place, count = 1): Place {
  return { name, offset: offset + count };
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

export function assertion({ kind }: Assertion, place: Place): string {
  const here = text(place);
  switch (kind) {
    case "start":
      return `${here}===s`;
    case "line-start":
      return `(${here}===s||b[${here}-1]===10)`;
    case "end":
      return `${here}===e`;
    case "last-line-end":
      return `(${here}===e||${here}===e-1&&b[${here}]===10)`;
    case "line-end":
      return `(${here}===e||b[${here}]===10)`;
    case "boundary":
      return `word(${here}-1)!==word(${here})`;
    case "not-boundary":
      return `(s!==e&&word(${here}-1)===word(${here}))`;
    default:
      return kind satisfies never;
  }
}
