import { PERMANENT, banEnd, formatMatch, type Ban, type DomainEvent } from "../model";
import type { JsonValue } from "./json-value";

/** Names of the events a client can subscribe to. */
export const EVENT_NAMES: readonly DomainEvent["type"][] = [
  "found",
  "ignored",
  "weighted",
  "ban",
  "increased",
  "already-banned",
  "prolonged",
  "unban",
  "expired",
];

/** An event as programs see it; the members are a promise, docs/control.md lists them. */
export type EventJson = Readonly<Record<string, JsonValue>>;

/** Describes an event; `at` is when it happened, in seconds since 1970. */
export function describeEvent(event: DomainEvent, at: number): EventJson {
  return { event: event.type, at, ...describeDetails(event) };
}

function describeDetails(event: DomainEvent): EventJson {
  switch (event.type) {
    case "found": {
      const { time, count, matches } = event.failure;
      return { ...subject(event), time, failures: count, matches: matches.map(formatMatch) };
    }
    case "ignored":
      return { ...subject(event), reason: event.reason };
    case "weighted":
      return {
        ...subject(event),
        time: event.time,
        bancount: event.bancount,
        weight: event.weight.value,
        ban: event.ban,
      };
    case "ban":
      return {
        ...describeBan(event.ban),
        restored: event.ban.restored,
        failures: event.ban.data.failures,
        matches: event.ban.data.matches.map(formatMatch),
      };
    case "increased":
      return {
        ...describeBan(event.ban),
        bansBefore: event.bancount,
        from: event.from.value,
        to: event.to.value,
      };
    case "already-banned":
      return { ...describeBan(event.ban), again: event.time };
    case "prolonged":
      return describeBan(event.ban);
    case "unban":
      return { ...describeBan(event.ban), why: event.why };
    case "expired":
      return subject(event);
  }
}

function subject({ jail, id }: { readonly jail: string; readonly id: string }): EventJson {
  return { jail, id };
}

function describeBan(ban: Ban): EventJson {
  return {
    jail: ban.jail,
    id: ban.offender.id,
    ...(ban.ip === undefined ? {} : { ip: ban.ip }),
    time: ban.time,
    bantime: ban.bantime,
    end: ban.bantime === PERMANENT ? null : banEnd(ban),
    bancount: ban.bancount,
  };
}
