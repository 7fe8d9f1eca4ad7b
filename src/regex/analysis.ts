import {
  childrenOf,
  type BackReference,
  type Capture,
  type Conditional,
  type Node,
  type Pattern,
  type Repeat,
} from "./tree";
import { caselessOnly } from "./caseless";
import { widthOf } from "./width";

/**
 * How the parts of a pattern that JavaScript sees otherwise can be put so that it sees them as Python does.
 * `marked` are the groups that need a mark at their start, by which it can be seen later whether they took part;
 * `certain` are the references to groups that always took part. Without `groupsExact` the place of the match is
 * right, but groups inside of loops may differ.
 */
export interface Plan {
  readonly groupsExact: boolean;
  readonly marked: ReadonlySet<number>;
  readonly certain: ReadonlySet<BackReference | Conditional>;
}

interface Tree {
  readonly parents: ReadonlyMap<Node, Node>;
  readonly captures: ReadonlyMap<number, Capture>;
}

/** Undefined when no JavaScript RegExp finds the same matches. */
export function planPattern(pattern: Pattern): Plan | undefined {
  const tree = indexTree(pattern.root);
  const nodes = [pattern.root, ...tree.parents.keys()];
  const references = nodes.filter((node) => node.type === "back-reference" || node.type === "conditional");
  const used = new Set(references.map((node) => node.index));
  if (!nodes.every((node) => isLoopSafe(node, used) && isLookBehindSafe(node))) {
    return undefined;
  }
  const marked = new Set<number>();
  const certain = new Set<BackReference | Conditional>();
  if (!references.every((node) => planReference(node, tree, { marked, certain }))) {
    return undefined;
  }
  return { marked, certain, groupsExact: nodes.every(keepsGroups) };
}

function indexTree(root: Node): Tree {
  const parents = new Map<Node, Node>();
  const captures = new Map<number, Capture>();
  const open: Node[] = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.type === "capture") {
      captures.set(node.index, node);
    }
    for (const child of childrenOf(node)) {
      parents.set(child, node);
      open.push(child);
    }
  }
  return { parents, captures };
}

/** Whether a loop takes the same text in both: Python takes one empty round at the end, JavaScript gives it up. */
function isLoopSafe(node: Node, used: ReadonlySet<number>): boolean {
  if (!isLoop(node)) {
    return true;
  }
  if (!keepsGroups(node) && capturesIn(node.body).some((index) => used.has(index))) {
    return false;
  }
  return !canBeEmpty(node.body) || node.mode !== "greedy" || emptyComesLast(node.body);
}

/** Whether the groups of a loop are the same: JavaScript forgets them at each round, Python keeps older ones. */
function keepsGroups(node: Node): boolean {
  return !isLoop(node) || !hasCapture(node.body) || (!canBeEmpty(node.body) && setsAllCaptures(node.body));
}

function isLoop(node: Node): node is Repeat {
  return node.type === "repeat" && node.max > 1;
}

function capturesIn(node: Node): readonly number[] {
  const own = node.type === "capture" ? [node.index] : [];
  return own.concat(childrenOf(node).flatMap(capturesIn));
}

function hasCapture(node: Node): boolean {
  return node.type === "capture" || childrenOf(node).some(hasCapture);
}

/** Whether every way through a node sets every group in it. */
function setsAllCaptures(node: Node): boolean {
  switch (node.type) {
    case "alternation":
    case "conditional":
      return !hasCapture(node);
    case "repeat":
      return node.min > 0 ? setsAllCaptures(node.body) : !hasCapture(node.body);
    case "look":
      return node.negated ? !hasCapture(node.body) : setsAllCaptures(node.body);
    default:
      return childrenOf(node).every(setsAllCaptures);
  }
}

/** Whether no longer way through a node is tried after an empty one; says no when in doubt. */
function emptyComesLast(node: Node): boolean {
  switch (node.type) {
    case "alternation":
      return node.options.every(
        (option, i) => emptyComesLast(option) && (i === node.options.length - 1 || !canBeEmpty(option)),
      );
    case "repeat":
      return !canBeEmpty(node) || (node.mode !== "lazy" && emptyComesLast(node.body));
    case "back-reference":
    case "look":
    case "atomic":
      return true;
    default:
      return childrenOf(node).every(emptyComesLast);
  }
}

function canBeEmpty(node: Node): boolean {
  return widthOf(node, new Map()).min === 0;
}

/** JavaScript matches look-behinds from right to left, so what depends on order is not the same there. */
function isLookBehindSafe(node: Node): boolean {
  return node.type !== "look" || !node.behind || !dependsOnOrder(node.body);
}

function dependsOnOrder(node: Node): boolean {
  switch (node.type) {
    case "atomic":
    case "conditional":
    case "back-reference":
      return true;
    case "repeat":
      return node.mode === "possessive" || hasCapture(node.body) || dependsOnOrder(node.body);
    default:
      return childrenOf(node).some(dependsOnOrder);
  }
}

function planReference(
  node: BackReference | Conditional,
  tree: Tree,
  plan: { readonly marked: Set<number>; readonly certain: Set<BackReference | Conditional> },
): boolean {
  const capture = tree.captures.get(node.index);
  if (!capture || (node.type === "back-reference" && node.fold !== "none" && !caselessOnly(capture.body))) {
    return false;
  }
  const above = ancestorsOf(node, tree);
  const meeting = ancestorsOf(capture, tree).find((step) => above.some((other) => other.node === step.node));
  const there = above.find((step) => step.node === meeting?.node);
  if (!meeting || !there || meeting.node.type !== "sequence") {
    return false;
  }
  const [from, to] = [meeting.node.items.indexOf(meeting.child), meeting.node.items.indexOf(there.child)];
  if (from >= to) {
    return false;
  }
  const inner = pathTo(capture, meeting.node, tree);
  if (inner.every((step) => alwaysEnters(step.node))) {
    plan.certain.add(node);
    return true;
  }
  const between = meeting.node.items.slice(from + 1, to);
  const passed =
    minimumOf([capture.body, ...between]) + widthAfter(inner) + widthBefore(pathTo(node, meeting.node, tree));
  if (passed === 0 || inner.some((step) => step.node.type === "look")) {
    return false;
  }
  plan.marked.add(node.index);
  return true;
}

interface Step {
  readonly node: Node;
  /** The child of `node` on the way. */
  readonly child: Node;
}

function ancestorsOf(node: Node, tree: Tree): readonly Step[] {
  const steps: Step[] = [];
  let child = node;
  for (let parent = tree.parents.get(child); parent; parent = tree.parents.get(child)) {
    steps.push({ node: parent, child });
    child = parent;
  }
  return steps;
}

/** The steps above a node, up to but without `top`. */
function pathTo(node: Node, top: Node, tree: Tree): readonly Step[] {
  const steps = ancestorsOf(node, tree);
  return steps.slice(
    0,
    steps.findIndex((step) => step.node === top),
  );
}

function alwaysEnters(node: Node): boolean {
  switch (node.type) {
    case "sequence":
    case "capture":
    case "atomic":
      return true;
    case "repeat":
      return node.min > 0;
    case "look":
      return !node.negated;
    default:
      return false;
  }
}

function widthAfter(path: readonly Step[]): number {
  return minimumOf(
    path.flatMap(({ node, child }) =>
      node.type === "sequence" ? node.items.slice(node.items.indexOf(child) + 1) : [],
    ),
  );
}

function widthBefore(path: readonly Step[]): number {
  return minimumOf(
    path.flatMap(({ node, child }) =>
      node.type === "sequence" ? node.items.slice(0, node.items.indexOf(child)) : [],
    ),
  );
}

function minimumOf(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + widthOf(node, new Map()).min, 0);
}
