import type { NftListing } from "./native-listing";
import type { NftElement } from "./native-script";

/** Seconds by which kernel and daemon may differ about the end of a ban. */
const TOLERANCE = 5;

/** What should be blocked: bans in force, and elements of an earlier run that may be there or not. */
export interface Expectation {
  readonly elements: readonly NftElement[];
  readonly tolerated: ReadonlyMap<string, NftElement>;
}

/** How the elements of the kernel differ from what should be there; `undefined` when they do not. */
export function compareElements(
  listing: NftListing,
  { elements, tolerated }: Expectation,
  now: number,
): string | undefined {
  const expected = new Set(elements.map(({ ip }) => ip.text));
  const missing = elements.filter(({ ip, end }) => end > now + TOLERANCE && !listing.elements.has(ip.text));
  const foreign = [...listing.elements].filter(
    ([key, { left }]) => left > TOLERANCE && !expected.has(key) && !tolerated.has(key),
  );
  return missing.length + foreign.length === 0
    ? undefined
    : `nftables: ${missing.length} bans are missing, ${foreign.length} addresses are blocked without a ban`;
}
