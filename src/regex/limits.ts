import { childrenOf, type Node } from "./tree";
import { widthOf } from "./width";

/** Rounds a loop can be made to take without any text, before a search of the empty text takes noticeable time. */
const MAX_EMPTY_ROUNDS = 100_000;

/** Whether counted repeats like `(?:a?){4000000000}` force more rounds than any search should take. */
export function hasEndlessCounts(root: Node): boolean {
  return emptyRounds(root) > MAX_EMPTY_ROUNDS;
}

function emptyRounds(node: Node): number {
  const inside = Math.max(1, ...childrenOf(node).map(emptyRounds));
  const multiplies = node.type === "repeat" && widthOf(node.body, new Map()).min === 0;
  return multiplies ? inside * Math.max(1, node.min) : inside;
}
