import { PyTuple, type CommandValue } from "../model";
import { PickleError } from "./pickle-error";

/** Commands are a few levels deep; this is far beyond any of them and far below what recursion can bear. */
const MAX_DEPTH = 64;

/**
 * Fails when a value, with everything that is shared counted as often as it occurs, is nested too deeply
 * (or contains itself) or has more than `limit` nodes: a few bytes of pickle can describe both.
 */
export function checkShape(value: CommandValue, limit: number): void {
  countNodes(value, MAX_DEPTH, limit);
}

function countNodes(value: CommandValue, depth: number, limit: number): number {
  if (value === null || typeof value !== "object") {
    return limit - 1;
  }
  if (depth === 0) {
    throw new PickleError("a value is nested too deeply");
  }
  let left = limit - 1;
  for (const child of childrenOf(value)) {
    left = countNodes(child, depth - 1, left);
    if (left < 0) {
      throw new PickleError("a value has too many parts");
    }
  }
  return left;
}

function* childrenOf(value: CommandValue & object): Iterable<CommandValue> {
  if (value instanceof PyTuple) {
    yield* value.items;
  } else if (value instanceof Map) {
    for (const [key, item] of value as ReadonlyMap<CommandValue, CommandValue>) {
      yield key;
      yield item;
    }
  } else if (Array.isArray(value) || value instanceof Set) {
    yield* value as Iterable<CommandValue>;
  }
}
