import * as fc from "fast-check";
import { expect, test } from "vitest";
import { packFailure, type Failure, type MatchedLine } from "../model";
import { OpenTicket } from "./open-ticket";
import { TextPool } from "./text-pool";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\xfc", "\xff250;", "é".repeat(300)),
);
const anyLine: fc.Arbitrary<MatchedLine> = fc.oneof(anyText, fc.tuple(anyText, anyText, anyText));
const anyFailure: fc.Arbitrary<Failure> = fc
  .record({
    groups: fc.array(fc.tuple(anyText, anyText)).map((pairs) => new Map(pairs)),
    matches: fc.array(anyLine, { maxLength: 4 }),
    isPacked: fc.boolean(),
  })
  .map(({ groups, matches, isPacked }) => ({
    time: 1,
    count: 1,
    groups,
    matches,
    ...(isPacked ? { packed: packFailure({ groups, matches }) } : {}),
  }));

test("keeps the groups of the first failure and the last lines, as lists would", () => {
  fc.assert(
    fc.property(anyFailure, fc.array(anyFailure), fc.integer({ min: -1, max: 6 }), (first, others, most) => {
      const ticket = new OpenTicket("192.0.2.1", first, { retry: 1, pool: new TextPool() });
      let plain = first.matches;
      for (const failure of others) {
        ticket.append(failure, most);
        plain = most > 0 ? [...plain, ...failure.matches].slice(-most) : [];
      }
      expect(ticket.matches).toEqual(plain);
      expect(new Map(ticket.data.groups)).toEqual(first.groups);
      expect(ticket.data.matches).toEqual(plain);
    }),
  );
});

test("tells about how many bytes its lines take, more for more of them", () => {
  const failure = { time: 1, count: 1, groups: new Map(), matches: ["x".repeat(100)] };
  const ticket = new OpenTicket("192.0.2.1", failure, { retry: 1, pool: new TextPool() });
  const one = ticket.text;
  expect(one).toBeGreaterThan(100);
  ticket.append(failure, 2);
  expect(ticket.text).toBe(2 * one);
  ticket.append(failure, 2);
  expect(ticket.text).toBe(2 * one);
});
