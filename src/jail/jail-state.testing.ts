import { parseOffender, type DomainEvent, type Failure } from "../model";
import { JailState, type JailNeeds } from "./jail-state";
import type { JailSettings } from "./settings";

/** A jail with fail2ban's own numbers, changed as a test wants. */
export function makeJail(settings: Partial<JailSettings> = {}, needs: Partial<JailNeeds> = {}): JailState {
  const usual = { name: "sshd", maxretry: 5, findtime: 600, bantime: 600, maxmatches: 5 };
  return new JailState({ ...usual, ...settings }, { random: () => 0.5, ...needs });
}

/** One failure at a time, with one matched line. */
export function failureAt(time: number, line = `failure at ${time}`): Failure {
  return { time, groups: new Map(), matches: [line], count: 1 };
}

/** Lets an offender fail at the given times, the clock going along, and gives what happened each time. */
export function failAt(jail: JailState, times: readonly number[], id = "192.0.2.1"): DomainEvent[][] {
  let now = 0;
  return times.map((time) => {
    now = Math.max(now, time);
    return jail.fail(failureAt(time), parseOffender(id), now);
  });
}

/** The types of some events. */
export function typesOf(events: readonly DomainEvent[]): string[] {
  return events.map(({ type }) => type);
}
