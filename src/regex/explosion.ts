import { pickCharacter, type AsciiSet } from "./ascii-set";
import { makeAutomaton, type Automaton } from "./automaton";
import type { Pattern } from "./tree";

/** Text that a pattern can read in more and more ways: each further `pump` multiplies them. */
export interface Explosion {
  /** Leads to the loop. */
  readonly prefix: string;
  readonly pump: string;
}

/** Steps of the search per pattern, so that it always ends soon. */
const MOST_STEPS = 200_000;

/**
 * A loop of the pattern that takes some text in two ways, such as `(?:\w+\s?)*`: after many rounds of it a search
 * that fails tries all combinations. By the graph of the pattern alone, so it has to be tried whether an engine
 * really suffers. `undefined` when there is none, or the pattern is too large to tell.
 */
export function findExplosion(pattern: Pattern): Explosion | undefined {
  const automaton = makeAutomaton(pattern.root);
  if (!automaton) {
    return undefined;
  }
  const components = findComponents(automaton);
  const exits = findExits(automaton, components);
  const budget = { left: MOST_STEPS };
  for (let position = 0; position < automaton.characters.length; position += 1) {
    const pump = findPump(automaton, { position, components, budget, exits });
    if (pump !== undefined) {
      return { prefix: findPrefix(automaton, position), pump };
    }
  }
  return undefined;
}

/** A line that makes the pattern work: many rounds, and an end that spoils the match. */
export function explosiveText(explosion: Explosion, rounds: number, end: string): string {
  return explosion.prefix + explosion.pump.repeat(rounds) + end;
}

interface Start {
  readonly position: number;
  readonly components: readonly number[];
  readonly exits: ReadonlyMap<number, AsciiSet>;
  readonly budget: { left: number };
}

interface Step {
  readonly left: number;
  readonly right: number;
  /** The two ways have parted already. */
  readonly parted: boolean;
  readonly text: string;
}

/** A text that leads from a position back to it in two different ways; the shortest one. */
function findPump(automaton: Automaton, start: Start): string | undefined {
  const { position, budget } = start;
  const seen = new Set<number>();
  let steps: readonly Step[] = [{ left: position, right: position, parted: false, text: "" }];
  while (steps.length > 0 && budget.left > 0) {
    const next: Step[] = [];
    for (const step of steps) {
      for (const to of listSteps(automaton, step, start)) {
        if (to.parted && to.left === position && to.right === position) {
          return to.text;
        }
        const key = (to.left * automaton.characters.length + to.right) * 2 + Number(to.parted);
        if (!seen.has(key)) {
          seen.add(key);
          next.push(to);
        }
      }
    }
    steps = next;
  }
  return undefined;
}

/** Where both ways can go on with the same character, inside the loop. */
function* listSteps(automaton: Automaton, from: Step, start: Start): Iterable<Step> {
  const { components, budget } = start;
  const loop = components[start.position] ?? -1;
  for (const [left, ways] of automaton.follow[from.left] ?? []) {
    for (const right of components[left] === loop ? (automaton.follow[from.right]?.keys() ?? []) : []) {
      budget.left -= 1;
      const common = (automaton.characters[left] ?? 0n) & (automaton.characters[right] ?? 0n);
      const character = components[right] === loop ? pickFailing(common, start.exits.get(loop)) : undefined;
      if (character !== undefined) {
        const parted = from.parted || left !== right || (from.left === from.right && ways > 1);
        yield { left, right, parted, text: from.text + character };
      }
    }
  }
}

/** Preferably a character with which the pattern cannot leave the loop, since only a search that fails takes long. */
function pickFailing(common: AsciiSet, exits: AsciiSet = 0n): string | undefined {
  return pickCharacter(common & ~exits) ?? pickCharacter(common);
}

/** What can follow each loop. */
export function findExits(automaton: Automaton, components: readonly number[]): Map<number, AsciiSet> {
  const exits = new Map<number, AsciiSet>();
  automaton.follow.forEach((follow, from) => {
    const loop = components[from] ?? -1;
    for (const to of follow.keys()) {
      if (components[to] !== loop) {
        exits.set(loop, (exits.get(loop) ?? 0n) | (automaton.characters[to] ?? 0n));
      }
    }
  });
  return exits;
}

/** The shortest text from the begin of the pattern up to and with a position. */
export function findPrefix(automaton: Automaton, goal: number): string {
  const texts = new Map<number, string>();
  const open: number[] = [];
  const reach = (position: number, before: string): void => {
    if (!texts.has(position)) {
      texts.set(position, before + (pickCharacter(automaton.characters[position] ?? 0n) ?? ""));
      open.push(position);
    }
  };
  automaton.first.forEach((position) => reach(position, ""));
  for (let position = open.shift(); position !== undefined && !texts.has(goal); position = open.shift()) {
    for (const next of automaton.follow[position]?.keys() ?? []) {
      reach(next, texts.get(position) ?? "");
    }
  }
  return texts.get(goal) ?? "";
}

/** Numbers the loops: positions that can be reached from each other have the same number (Kosaraju). */
function findComponents(automaton: Automaton): number[] {
  const size = automaton.characters.length;
  const order: number[] = [];
  const seen = new Set<number>();
  for (let root = 0; root < size; root += 1) {
    walk(
      root,
      seen,
      (node) => [...(automaton.follow[node]?.keys() ?? [])],
      (node) => order.push(node),
    );
  }
  const backward: number[][] = Array.from({ length: size }, () => []);
  automaton.follow.forEach((follow, from) => [...follow.keys()].forEach((to) => backward[to]?.push(from)));
  const components = Array.from({ length: size }, () => -1);
  const done = new Set<number>();
  for (const root of order.reverse()) {
    walk(
      root,
      done,
      (node) => backward[node] ?? [],
      (node) => (components[node] = root),
    );
  }
  return components;
}

/** Depth first; `leave` is called when all that can be reached from a node has been left. */
function walk(
  root: number,
  seen: Set<number>,
  next: (node: number) => readonly number[],
  leave: (node: number) => void,
): void {
  if (seen.has(root)) {
    return;
  }
  seen.add(root);
  const path = [{ node: root, rest: next(root).slice() }];
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const child = top.rest.pop();
    if (child === undefined) {
      leave(top.node);
      path.pop();
    } else if (!seen.has(child)) {
      seen.add(child);
      path.push({ node: child, rest: next(child).slice() });
    }
  }
}
