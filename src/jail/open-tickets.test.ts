import * as fc from "fast-check";
import { expect, test } from "vitest";
import { packFailure, type Failure, type MatchedLine } from "../model";
import { OpenTickets, TicketView } from "./open-tickets";
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

/** A ticket begun with a failure, and how to add others to it. */
function begin(first: Failure) {
  const [tickets, pool] = [new OpenTickets(1), new TextPool()];
  // A neighbour, whose texts must stay as they are.
  tickets.begin("192.0.2.9", first, 1, pool);
  const place = tickets.begin("192.0.2.1", first, 1, pool);
  return {
    ticket: new TicketView(tickets, place, pool),
    text: () => tickets.textOf(place, pool),
    append: (failure: Failure, most: number) => tickets.append(place, failure, most, pool),
    drop: () => tickets.drop(place, pool),
    neighbour: new TicketView(tickets, tickets.get("192.0.2.9"), pool),
  };
}

test("keeps the groups of the first failure and the last lines, as lists would", () => {
  fc.assert(
    fc.property(anyFailure, fc.array(anyFailure), fc.integer({ min: -1, max: 6 }), (first, others, most) => {
      const { ticket, append, drop, neighbour } = begin(first);
      let plain = first.matches;
      for (const failure of others) {
        append(failure, most);
        plain = most > 0 ? [...plain, ...failure.matches].slice(-most) : [];
      }
      expect(ticket.matches).toEqual(plain);
      expect(new Map(ticket.data.groups)).toEqual(first.groups);
      expect(ticket.data.matches).toEqual(plain);
      drop();
      expect(neighbour.matches).toEqual(first.matches);
    }),
  );
});

test("tells about how many bytes its lines take, more for more of them", () => {
  const failure = { time: 1, count: 1, groups: new Map(), matches: ["x".repeat(100)] };
  const { text, append } = begin(failure);
  const one = text();
  expect(one).toBeGreaterThan(100);
  append(failure, 2);
  expect(text()).toBe(2 * one);
  append(failure, 2);
  expect(text()).toBe(2 * one);
});
