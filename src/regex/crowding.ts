import { pickCharacter, type AsciiSet } from "./ascii-set";
import { makeAutomaton, type Automaton } from "./automaton";
import { findExits, findPrefix, type Explosion } from "./explosion";
import type { Pattern } from "./tree";

/** Steps of the search per pattern, so that it always ends soon. */
const MOST_STEPS = 500_000;
const ASCII = 128;

/**
 * Two endless repeats of the pattern that can share one run of a character, such as `.*.*x` or `\s*\s*:`. A search that
 * fails tries every place where the one may end and the other begin: the square of the length of the run, or a higher
 * power when there are more of them. By the graph of the pattern alone, so it has to be tried whether an engine really
 * suffers. The one with most such repeats; `undefined` when there is none, or the pattern is too large to tell.
 */
export function findCrowding(pattern: Pattern): Explosion | undefined {
  const automaton = makeAutomaton(pattern.root);
  if (!automaton) {
    return undefined;
  }
  const positions = automaton.characters.map((_, position) => position);
  const exits = findExits(automaton, positions);
  const isLoop = (position: number): boolean => automaton.follow[position]?.has(position) === true;
  const loops = new Map(positions.filter(isLoop).map((position) => [position, exits.get(position) ?? 0n]));
  const budget = { left: MOST_STEPS };
  let best: { readonly loops: number; readonly crowding: Explosion } | undefined;
  for (const start of loops.keys()) {
    for (const character of listCharacters(automaton, start, loops)) {
      const reached = countLoops(automaton, { start, character, budget });
      if (reached > (best?.loops ?? 1)) {
        best = { loops: reached, crowding: { prefix: findPrefix(automaton, start), pump: character } };
      }
    }
  }
  return best?.crowding;
}

/** A few characters that a loop shares with others: one for each of them, that nothing behind it takes if possible. */
function listCharacters(
  { characters }: Automaton,
  start: number,
  others: ReadonlyMap<number, AsciiSet>,
): ReadonlySet<string> {
  const found = Array.from(others, ([other, exits]) => {
    const common = (characters[start] ?? 0n) & (characters[other] ?? 0n);
    return other === start ? undefined : (pickCharacter(common & ~exits) ?? pickCharacter(common));
  });
  return new Set(found.filter((character) => character !== undefined));
}

/** How many endless repeats a run of one character can go through, from one of them on. */
function countLoops(
  automaton: Automaton,
  { start, character, budget }: { start: number; character: string; budget: { left: number } },
): number {
  const bit = 1n << BigInt(character.charCodeAt(0) % ASCII);
  const seen = new Set([start]);
  let loops = 1;
  for (const position of seen) {
    for (const next of automaton.follow[position]?.keys() ?? []) {
      budget.left -= 1;
      if (budget.left < 0) {
        return loops;
      }
      if (!seen.has(next) && ((automaton.characters[next] ?? 0n) & bit) !== 0n) {
        seen.add(next);
        loops += automaton.follow[next]?.has(next) ? 1 : 0;
      }
    }
  }
  return loops;
}
