import { caseVariants } from "./fold";
import { childrenOf, type CharacterSet, type Node } from "./tree";

/** Larger ranges are taken to hold letters. */
const MAX_RANGE = 64;

/** Whether a node matches only characters that have no upper and lower case; says no when in doubt. */
export function caselessOnly(node: Node): boolean {
  switch (node.type) {
    case "literal":
      return isCaseless(node.code);
    case "any":
    case "back-reference":
      return false;
    case "set":
      return isCaselessSet(node);
    case "look":
      return true;
    default:
      return childrenOf(node).every(caselessOnly);
  }
}

function isCaselessSet(set: CharacterSet): boolean {
  return (
    !set.negated &&
    set.items.every((item) => {
      if (item.type === "category") {
        return !item.negated && item.name !== "word";
      }
      return item.to - item.from < MAX_RANGE && rangeCodes(item.from, item.to).every(isCaseless);
    })
  );
}

function rangeCodes(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function isCaseless(code: number): boolean {
  return caseVariants(code, "unicode").length === 1;
}
