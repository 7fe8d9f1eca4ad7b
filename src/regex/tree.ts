/** How letters are compared: exactly, with ASCII letters folded, or as Python's IGNORECASE folds all of Unicode. */
export type Fold = "none" | "ascii" | "unicode";

/** One character; `code` is its code point. */
export interface Literal {
  readonly type: "literal";
  readonly code: number;
  readonly fold: Fold;
}

/** `.`; `newline` tells whether it takes "\n" too (flag s). */
export interface AnyCharacter {
  readonly type: "any";
  readonly newline: boolean;
}

/** Code points `from` to `to`, both included. */
export interface RangeItem {
  readonly type: "range";
  readonly from: number;
  readonly to: number;
}

/** `\d`, `\s`, `\w` or, negated, `\D`, `\S`, `\W`; `ascii` under the flag a. */
export interface CategoryItem {
  readonly type: "category";
  readonly name: "digit" | "space" | "word";
  readonly negated: boolean;
  readonly ascii: boolean;
}

/** One character out of a class (`[a-z\d]`, also a bare `\d`). */
export interface CharacterSet {
  readonly type: "set";
  readonly negated: boolean;
  readonly items: readonly (RangeItem | CategoryItem)[];
  readonly fold: Fold;
}

/**
 * A place without width. `start` is `\A` and `^`, `line-start` is `^` under the flag m; `end` is `\Z`,
 * `last-line-end` is `$` (at the end, or before a last "\n"), `line-end` is `$` under the flag m.
 */
export interface Assertion {
  readonly type: "assertion";
  readonly kind: "start" | "line-start" | "end" | "last-line-end" | "line-end" | "boundary" | "not-boundary";
  readonly ascii: boolean;
}

/** One after the other; empty matches the empty text. */
export interface Sequence {
  readonly type: "sequence";
  readonly items: readonly Node[];
}

/** One of the options, tried in order. */
export interface Alternation {
  readonly type: "alternation";
  readonly options: readonly Node[];
}

/** A capturing group, counted from 1. */
export interface Capture {
  readonly type: "capture";
  readonly index: number;
  readonly name: string | undefined;
  readonly body: Node;
}

/** `min` to `max` (maybe Infinity) times. A possessive repeat gives nothing back, not even inside one round. */
export interface Repeat {
  readonly type: "repeat";
  readonly min: number;
  readonly max: number;
  readonly mode: "greedy" | "lazy" | "possessive";
  readonly body: Node;
}

/** `(?>…)`: only the first way to match counts. */
export interface Atomic {
  readonly type: "atomic";
  readonly body: Node;
}

/**
 * `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`. `width` is how many characters a look-behind steps back;
 * `position` is where it stands in the pattern.
 */
export interface Look {
  readonly type: "look";
  readonly behind: boolean;
  readonly negated: boolean;
  readonly body: Node;
  readonly width: number;
  readonly position: number;
}

/** The text of a group again; fails when the group took no part. */
export interface BackReference {
  readonly type: "back-reference";
  readonly index: number;
  readonly fold: Fold;
}

/** `(?(index)yes|no)`: goes on with `yes` when the group took part, else with `no`. */
export interface Conditional {
  readonly type: "conditional";
  readonly index: number;
  readonly yes: Node;
  readonly no: Node;
}

/** A part of a pattern. Flags are already worked in: no node depends on where it stands. */
export type Node =
  | Literal
  | AnyCharacter
  | CharacterSet
  | Assertion
  | Sequence
  | Alternation
  | Capture
  | Repeat
  | Atomic
  | Look
  | BackReference
  | Conditional;

/** A parsed pattern. `groupCount` counts capturing groups; `groupNames` gives their index by name. */
export interface Pattern {
  readonly source: string;
  readonly root: Node;
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
}

/** The parts directly below a node, in reading order. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case "sequence":
      return node.items;
    case "alternation":
      return node.options;
    case "capture":
    case "repeat":
    case "atomic":
    case "look":
      return [node.body];
    case "conditional":
      return [node.yes, node.no];
    default:
      return [];
  }
}
