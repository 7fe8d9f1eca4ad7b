import { secondsOf } from "../model";
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

/** Seconds for which bans stay in force after a stop, unless `keep_after_stop` says otherwise. */
const KEPT = 300;

/** Reads `keep_after_stop`: seconds, negative for the time of each ban. */
export function keptSeconds(properties: Properties): number {
  const value = properties.get("keep_after_stop");
  const seconds = typeof value === "string" || typeof value === "number" ? secondsOf(value) : undefined;
  return seconds ?? KEPT;
}

/** What whoever stops for good should know: addresses are still blocked. `undefined` when none is. */
export function describeKept(
  { elements, ruleset }: FirewallKeeper,
  seconds: number,
  now: number,
): string | undefined {
  const [first] = elements.current(now);
  const time = seconds < 0 ? "until their own end" : `for ${seconds} s at most`;
  return first && `bans stay in force ${time} (keep_after_stop); to end them now: ${ruleset.clearing}`;
}
