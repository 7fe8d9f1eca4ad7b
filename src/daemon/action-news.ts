import type { ActionSpec } from "../model";

/**
 * Whether actions must hear of a new configuration: something about them is different, or they want to know of every
 * reload (`actionreload`).
 */
export function isNewsForActions(old: readonly ActionSpec[], next: readonly ActionSpec[]): boolean {
  return next.some(wantsToKnow) || describe(old) !== describe(next);
}

function wantsToKnow({ properties }: ActionSpec): boolean {
  const command = properties.get("actionreload");
  return typeof command === "string" && command.trim() !== "";
}

function describe(actions: readonly ActionSpec[]): string {
  return JSON.stringify(
    actions.map(({ name, properties, script }) => [name, [...properties], script?.file, script?.args]),
  );
}
