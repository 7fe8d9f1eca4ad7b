/** The quick way of counting a reader's failures beside the plain one: whatever happens, both say the same. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseDotted, parseIp, parseOffender, type Failure } from "../model";
import type { JailState } from "./jail-state";
import { failureAt, makeJail } from "./jail-state.testing";

const IDS = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "198.51.100.0/24", "alice"];
const RULES = ["192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "alice", "host.example"];

type Step = (jail: JailState, now: number, take: Take) => unknown;
type Take = (jail: JailState, id: string, now: number) => unknown;

const anyRule = fc.constantFrom(...RULES);
const addresses = [parseIp("192.0.2.2")].flatMap((ip) => ip ?? []);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...IDS).map(
      (id): Step =>
        (jail, now, take) =>
          take(jail, id, now),
    ),
  },
  anyRule.map(
    (rule): Step =>
      (jail) =>
        jail.ignore.list.add(rule),
  ),
  anyRule.map(
    (rule): Step =>
      (jail) =>
        jail.ignore.list.remove(rule),
  ),
  fc.constant<Step>((jail) => jail.ignore.list.clear()),
  fc.constant<Step>((jail) => jail.ignore.list.setAddresses("host.example", addresses)),
  fc.constant<Step>((jail) => jail.ignore.setOwnAddresses(addresses)),
  fc.boolean().map(
    (is): Step =>
      (jail) =>
        void (jail.ignore.ignoreself = is),
  ),
  fc.constantFrom("", "/usr/bin/false").map(
    (command): Step =>
      (jail) => {
        jail.ignore.ignorecommand = command;
      },
  ),
  fc.boolean().map(
    (is): Step =>
      (jail) => {
        jail.ignore.setCache(is ? { key: "<ip>", maxCount: 2, maxTime: 5 } : undefined);
      },
  ),
  fc.constant<Step>((jail, now) => jail.takeExpired(now)),
);

/** Every other failure tells the address as a number too. */
function failureOf(id: string, now: number): Failure {
  const value = parseDotted(id);
  const address = value === undefined || now % 2 === 0 ? undefined : value | 0;
  return { ...failureAt(now), id, address };
}

const plainTake: Take = (jail, id, now) => {
  const offender = parseOffender(id);
  const verdict = jail.verdict(failureOf(id, now), offender, now);
  return verdict === "ask" ? verdict : verdictEvents(jail, id, now, verdict);
};

/** `fail` would ask the cache once more, which then says `cached`. */
function verdictEvents(jail: JailState, id: string, now: number, verdict: unknown): unknown {
  if (verdict === undefined) {
    return jail.count(failureOf(id, now), parseOffender(id), now);
  }
  return verdict === "cached" ? [] : [{ type: "ignored", jail: "sshd", id, reason: verdict }];
}

const quickTake: Take = (jail, id, now) => jail.take(failureOf(id, now), now);

test("failures of a reader are taken as by the plain way", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
      const [quick, plain] = [makeJail({ maxretry: 4 }), makeJail({ maxretry: 4 })];
      for (const [i, step] of steps.entries()) {
        const now = 1000 + i;
        expect(step(quick, now, quickTake)).toEqual(step(plain, now, plainTake));
      }
      expect(quick.counters(2000)).toEqual(plain.counters(2000));
      expect(quick.bans()).toEqual(plain.bans());
    }),
  );
});
