import type { BlockedElement, HeldElement } from "./native-backend";

/** Seconds by which kernel and daemon may differ about the end of a ban. */
const TOLERANCE = 5;

/** What should be blocked: bans in force, and addresses that may be blocked or not. */
export interface Expectation {
  readonly elements: readonly BlockedElement[];
  readonly tolerated: ReadonlySet<string>;
}

/** How the elements of the kernel differ from what should be there; `undefined` when they do not. */
export function compareElements(
  held: ReadonlyMap<string, HeldElement>,
  { elements, tolerated }: Expectation,
  now: number,
): string | undefined {
  const expected = new Set(elements.map(({ ip }) => ip.text));
  const missing = elements.filter(({ ip, end }) => end > now + TOLERANCE && !held.has(ip.text));
  const foreign = [...held].filter(
    ([key, { left }]) => left > TOLERANCE && !expected.has(key) && !tolerated.has(key),
  );
  return missing.length + foreign.length === 0
    ? undefined
    : `${missing.length} bans are missing, ${foreign.length} addresses are blocked without a ban`;
}
