import { asciiSetOf, type AsciiSet } from "./ascii-set";
import type { Node } from "./tree";

/** What may come next at a place: the ASCII characters that can stand there, and whether the text may end there. */
export interface First {
  readonly set: AsciiSet;
  readonly end: boolean;
}

const NEWLINE = 1n << 10n;

/** Nothing is known. */
export const ANYTHING: First = { set: (1n << 128n) - 1n, end: true };

/** What was asked last of a node: parts are asked about again and again, with the same behind them. */
const known = new WeakMap<Node, { readonly next: First; readonly first: First }>();

/** What the text may go on with where a node begins that `next` follows. Never too little, sometimes too much. */
export function firstOf(node: Node, next: First): First {
  const last = known.get(node);
  if (last && last.next.set === next.set && last.next.end === next.end) {
    return last.first;
  }
  const first = computeFirst(node, next);
  known.set(node, { next, first });
  return first;
}

function computeFirst(node: Node, next: First): First {
  switch (node.type) {
    case "literal":
    case "any":
    case "set":
      return { set: asciiSetOf(node), end: false };
    case "assertion":
      return firstOfAssertion(node.kind, next);
    case "sequence":
      return node.items.reduceRight((after, item) => firstOf(item, after), next);
    case "alternation":
      return node.options.map((option) => firstOf(option, next)).reduce(unite);
    case "capture":
    case "atomic":
      return firstOf(node.body, next);
    case "repeat": {
      const round = firstOf(node.body, next);
      return node.max === 0 ? next : node.min === 0 ? unite(round, next) : round;
    }
    case "look":
      return next;
    case "back-reference":
      return ANYTHING;
    case "conditional":
      return unite(firstOf(node.yes, next), firstOf(node.no, next));
    default:
      return node satisfies never;
  }
}

function firstOfAssertion(kind: Extract<Node, { type: "assertion" }>["kind"], next: First): First {
  switch (kind) {
    case "end":
      return { set: 0n, end: true };
    case "last-line-end":
    case "line-end":
      return { set: NEWLINE, end: true };
    default:
      return next;
  }
}

function unite(left: First, right: First): First {
  return { set: left.set | right.set, end: left.end || right.end };
}
