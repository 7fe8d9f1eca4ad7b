import { caseVariants } from "./fold";
import { childrenOf, type Look, type Node } from "./tree";

/** The characters that can stand just before a place; undefined when that is not known, or may be none. */
type Before = ReadonlySet<number> | undefined;

const MAX_SET = 64;

/**
 * Look-behinds at one character that the part before them makes true anyway, like the `(?<=:)` in the part of
 * `<HOST>` that reads IPv6. Left out of a RegExp they do not keep V8 from its linear engine.
 */
export function redundantLooks(root: Node): ReadonlySet<Look> {
  const found = new Set<Look>();
  visit(root, undefined, found);
  return found;
}

/** Notes the redundant looks of a node; returns what can stand before the place behind it. */
function visit(node: Node, before: Before, found: Set<Look>): Before {
  switch (node.type) {
    case "literal":
    case "set":
      return charactersOf(node);
    case "any":
    case "back-reference":
      return undefined;
    case "assertion":
      return before;
    case "sequence":
      return node.items.reduce<Before>((last, item) => visit(item, last, found), before);
    case "capture":
    case "atomic":
      return visit(node.body, before, found);
    case "alternation":
    case "conditional":
      return childrenOf(node)
        .map((option) => visit(option, before, found))
        .reduce(unite);
    case "repeat": {
      const after = visit(node.body, node.max <= 1 ? before : undefined, found);
      return node.min > 0 ? after : unite(before, after);
    }
    case "look":
      visitLook(node, before, found);
      return before;
    default:
      return node satisfies never;
  }
}

function visitLook(look: Look, before: Before, found: Set<Look>): void {
  visit(look.body, undefined, found);
  if (!look.behind || look.negated || !before) {
    return;
  }
  const accepted =
    look.body.type === "literal" || look.body.type === "set" ? charactersOf(look.body) : undefined;
  if (accepted && [...before].every((code) => accepted.has(code))) {
    found.add(look);
  }
}

function charactersOf(node: Extract<Node, { type: "literal" | "set" }>): Before {
  if (node.type === "literal") {
    return new Set(caseVariants(node.code, node.fold));
  }
  const codes = new Set<number>();
  for (const item of node.items) {
    if (node.negated || item.type === "category" || item.to - item.from >= MAX_SET) {
      return undefined;
    }
    for (let code = item.from; code <= item.to; code += 1) {
      caseVariants(code, node.fold).forEach((variant) => codes.add(variant));
    }
  }
  return codes;
}

function unite(left: Before, right: Before): Before {
  return left && right && new Set([...left, ...right]);
}
