import type { Backend, Properties, Ruleset, RulesetOwner } from "./native-backend";
import { readCutSettings } from "./native-cut";
import type { FirewallKeeper } from "./native-keeper";
import { readKnockPolicy } from "./native-knocking";
import type { FirewallEvent } from "./native-watch";

/** The ruleset that is asked for, once all other options have been read as well. */
export function openRuleset(backend: Backend, properties: Properties, owner: RulesetOwner): Ruleset | string {
  const cut = readCutSettings(properties);
  const knocking = readKnockPolicy(properties);
  const complaint = [cut, knocking].find((settings) => typeof settings === "string");
  if (complaint !== undefined) {
    return complaint;
  }
  return knocking && !backend.counts
    ? `knocking and free_silent are for warder-nftables, ${backend.title} counts no packets`
    : backend.open(properties, owner);
}

/** Whether one of the addresses that are gone should be blocked. Those of networks stand for something else. */
export function concerns(
  { elements }: FirewallKeeper,
  { set, addresses }: Extract<FirewallEvent, { readonly type: "elements" }>,
): boolean {
  const isOfNetworks = /-v[46]-\d+$/.test(set);
  return isOfNetworks || !addresses || addresses.some((address) => elements.get(address) !== undefined);
}
