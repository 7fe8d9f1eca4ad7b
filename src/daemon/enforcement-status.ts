import type { CommandValue } from "../model";
import type { LiveJail } from "./live-jail";

/** Failures that are named; more would say no more. */
const MOST_NAMED = 100;

/**
 * What `get JAIL enforcement` answers: bans in force, which the actions have confirmed; bans they are still at; those
 * that could not be carried out or have been lost since, with the reason for some of them.
 */
export function describeEnforcement(jail: LiveJail): CommandValue {
  const { enforcement } = jail;
  const { applied, pending, failed } = enforcement.counts(jail.counters().currentlyBanned);
  const reasons = [...enforcement.unapplied].slice(0, MOST_NAMED);
  return new Map<CommandValue, CommandValue>([
    ["applied", applied],
    ["pending", pending],
    ["failed", failed],
    ["reasons", new Map(reasons)],
  ]);
}

/** What `get JAIL packets` answers: packets of each of the banned since the ban began. */
export async function describePackets(jail: LiveJail): Promise<CommandValue> {
  const packets = await jail.actions.packets();
  return new Map(jail.bans.map(({ offender, ip }) => [offender.id, packets.get(ip ?? offender.id) ?? 0]));
}
