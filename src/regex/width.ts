import type { Conditional, Node } from "./tree";

/** How many characters a node takes at least and at most. */
export interface Width {
  readonly min: number;
  readonly max: number;
}

/** Widths of captured groups, for back-references. */
export type GroupWidths = ReadonlyMap<number, Width>;

const NONE: Width = { min: 0, max: 0 };
const ONE: Width = { min: 1, max: 1 };
const ANY: Width = { min: 0, max: Infinity };

/** The width of a node; a back-reference to a group that is not in `groups` may be of any width. */
export function widthOf(node: Node, groups: GroupWidths): Width {
  switch (node.type) {
    case "literal":
    case "any":
    case "set":
      return ONE;
    case "assertion":
    case "look":
      return NONE;
    case "sequence":
      return node.items.reduce((sum, item) => add(sum, widthOf(item, groups)), NONE);
    case "alternation":
      return node.options.map((option) => widthOf(option, groups)).reduce(either);
    case "capture":
    case "atomic":
      return widthOf(node.body, groups);
    case "repeat":
      return times(widthOf(node.body, groups), node.min, node.max);
    case "back-reference":
      return groups.get(node.index) ?? ANY;
    case "conditional":
      return widthOfConditional(node, groups);
    default:
      return node satisfies never;
  }
}

function widthOfConditional(node: Conditional, groups: GroupWidths): Width {
  return either(widthOf(node.yes, groups), widthOf(node.no, groups));
}

function add(left: Width, right: Width): Width {
  return { min: left.min + right.min, max: left.max + right.max };
}

function either(left: Width, right: Width): Width {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) };
}

function times(width: Width, min: number, max: number): Width {
  return { min: width.min * min, max: width.max === 0 || max === 0 ? 0 : width.max * max };
}
