import { describe, expect, it } from "vitest";
import { parseOffender, type Failure } from "../model";
import { FailureTable } from "./failure-table";
import { failureAt } from "./jail-state.testing";
import type { TicketView } from "./open-tickets";
import { TrackingBudget } from "./tracking-budget";

const START = 1_000_000;

/** Counts a failure and shows the ticket. */
function add(table: FailureTable, failure: Failure, id: string, count = 1): TicketView {
  return table.view(table.add(failure, id, count));
}

/** The count after each failure, a ticket being taken out when it reaches maxretry; B marks that. */
function countsOf(maxretry: number, findtime: number, times: readonly number[]): string {
  const table = new FailureTable({ findtime, maxmatches: 5 });
  const offender = parseOffender("192.0.2.1");
  return times
    .map((time) => {
      const { retry } = add(table, failureAt(START + time), offender.id);
      if (retry < maxretry) {
        return String(retry);
      }
      table.take(table.get(offender.id));
      return `${retry}B`;
    })
    .join(" ");
}

function every(step: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => i * step);
}

describe("FailureTable", () => {
  it.each([
    [5, 600, [0, 150, 300, 450, 600], "1 2 3 4 5B"],
    [5, 600, [0, 151, 302, 453, 604], "1 2 3 4 5B"],
    [5, 600, every(175, 7), "1 2 3 4 4 4 4"],
    [5, 600, every(200, 6), "1 2 3 4 4 4"],
    [5, 600, every(300, 5), "1 2 3 3 3"],
    [5, 600, [0, 1, 2, 3, 603], "1 2 3 4 5B"],
    [5, 600, [0, 1, 2, 3, 700, 701], "1 2 3 4 4 5B"],
    [5, 600, [0, 1, 2, 3, 1200, 1201, 1202], "1 2 3 4 3 4 5B"],
    [9, 600, [0, 0, 0, 0, 0, 1200], "1 2 3 4 5 3"],
    [3, 600, [0, 400, 800], "1 2 3B"],
    [3, 600, [0, 301, 602], "1 2 3B"],
    [3, 600, [0, 10, 605], "1 2 3B"],
    [3, 600, [0, 590, 605], "1 2 3B"],
    [3, 600, [0, 0, 800], "1 2 3B"],
    [3, 600, [0, 0, 801], "1 2 2"],
    [4, 600, [1000, 100, 50, 1000], "1 2 3 4B"],
  ])("maxretry %d, findtime %d, failures at %j: %s", (maxretry, findtime, times, counts) => {
    expect(countsOf(maxretry, findtime, times)).toBe(counts);
  });

  it("keeps the groups of the first failure and the last matched lines", () => {
    const table = new FailureTable({ findtime: 600, maxmatches: 2 });
    const offender = parseOffender("192.0.2.1");
    const first = { ...failureAt(1), groups: new Map([["user", "root"]]), matches: ["a", "b", "c"] };
    expect(add(table, first, offender.id).matches).toEqual(["a", "b", "c"]);
    const ticket = add(table, { ...failureAt(2, "d"), groups: new Map([["user", "admin"]]) }, offender.id);
    expect(ticket.matches).toEqual(["c", "d"]);
    expect(ticket.groups.get("user")).toBe("root");
  });

  it("keeps no lines with maxmatches 0, but those of a first failure", () => {
    const table = new FailureTable({ findtime: 600, maxmatches: 0 });
    const offender = parseOffender("192.0.2.1");
    expect(add(table, failureAt(1, "a"), offender.id).matches).toEqual(["a"]);
    expect(add(table, failureAt(2, "b"), offender.id).matches).toEqual([]);
  });

  it("counts an attempt of several lines as one failure", () => {
    const table = new FailureTable({ findtime: 600, maxmatches: 5 });
    const offender = parseOffender("192.0.2.1");
    expect(add(table, failureAt(1), offender.id, 3)).toMatchObject({ retry: 3, failures: 1 });
    expect(add(table, failureAt(2), offender.id, 2)).toMatchObject({ retry: 5, failures: 2 });
  });

  it("takes a failure that stands for several as so many", () => {
    const table = new FailureTable({ findtime: 600, maxmatches: 5 });
    const offender = parseOffender("192.0.2.1");
    expect(add(table, { ...failureAt(1), count: 4 }, offender.id)).toMatchObject({ retry: 4, failures: 4 });
    expect(add(table, { ...failureAt(2), count: 4 }, offender.id)).toMatchObject({ retry: 5, failures: 8 });
  });

  it("forgets those whose newest failure is not younger than findtime, and keeps the total", () => {
    const table = new FailureTable({ findtime: 600, maxmatches: 5 });
    add(table, failureAt(100), "192.0.2.1");
    add(table, failureAt(101), "192.0.2.2");
    table.purge(700);
    expect(Array.from(table.list(), ({ id }) => id)).toEqual(["192.0.2.2"]);
    expect(table.total).toBe(2);
  });

  it("needs no more room after a flood than before, and has lost nothing of those that are left", () => {
    const table = new FailureTable({ findtime: 600, maxmatches: 2 });
    const kept = ["192.0.2.1", "2001:db8::1", "alice", "198.51.100.0/24"];
    kept.forEach((id) => table.add({ ...failureAt(1000, `first ${id}`), ip: "203.0.113.1" }, id));
    for (let i = 0; i < 20_000; i++) {
      table.add(failureAt(100, "x"), i % 2 === 0 ? `10.0.${i >> 8}.${i & 255}` : `user ${i}`);
    }
    kept.forEach((id) => table.add(failureAt(1001, `second ${id}`), id));
    const { text } = table;
    table.purge(705);
    const shown = (): unknown =>
      Array.from(table.list(), ({ id, ip, first, last, retry, matches }) => ({
        id,
        ip,
        first,
        last,
        retry,
        matches,
      }));
    const expected = kept.map((id) => ({
      id,
      ip: "203.0.113.1",
      first: 1000,
      last: 1001,
      retry: 2,
      matches: [`first ${id}`, `second ${id}`],
    }));
    expect(shown()).toEqual(expected);
    expect([table.size, table.text < text]).toEqual([4, true]);
    const { changed } = table.takeChanges(100);
    expect(changed.map(({ id }) => id)).toEqual(kept);
    kept.forEach((id) => table.add(failureAt(1002, `third ${id}`), id));
    expect(Array.from(table.list(), ({ matches }) => matches)).toEqual(
      kept.map((id) => [`second ${id}`, `third ${id}`]),
    );
    kept.forEach((id) => table.take(table.get(id)));
    expect([table.size, table.text, table.takeChanges(100).gone]).toEqual([0, 0, kept]);
  });

  it("forgets the longest silent when too many come, and says so", () => {
    const table = new FailureTable({ findtime: 600, maxmatches: 5 }, new TrackingBudget({ offenders: 2 }));
    add(table, failureAt(1), "192.0.2.1");
    add(table, failureAt(1), "192.0.2.2");
    add(table, failureAt(2), "192.0.2.1");
    add(table, failureAt(2), "192.0.2.3");
    const ids = Array.from(table.list(), ({ id }) => id);
    expect(ids.sort()).toEqual(["192.0.2.1", "192.0.2.3"]);
    expect(table.evicted).toBe(1);
  });

  it("stays within its bounds when everybody is heard of all the time", () => {
    const table = new FailureTable(
      { findtime: 600, maxmatches: 5 },
      new TrackingBudget({ offenders: 3, text: 1800 }),
    );
    for (let i = 0; i < 200; i++) {
      const ticket = add(table, failureAt(1, "x".repeat(90)), `192.0.2.${(i * 7) % 10}`);
      expect(Array.from(table.list(), ({ id }) => id)).toContain(ticket.id);
      expect(table.size).toBeLessThanOrEqual(3);
    }
  });

  it("forgets the longest silent when their lines are too long, never the one just counted", () => {
    const table = new FailureTable(
      { findtime: 600, maxmatches: 5 },
      new TrackingBudget({ offenders: 10, text: 425 }),
    );
    const idsOf = () => Array.from(table.list(), ({ id }) => id);
    const long = "x".repeat(100);
    add(table, failureAt(1, long), "192.0.2.1");
    add(table, { ...failureAt(1), matches: [["", long, ""]] }, "192.0.2.2");
    add(table, failureAt(2, long), "192.0.2.1");
    expect(idsOf()).toEqual(["192.0.2.1"]);
    add(table, failureAt(2, long), "192.0.2.1");
    expect(idsOf()).toEqual(["192.0.2.1"]);
    table.take(table.get("192.0.2.1"));
    add(table, failureAt(3, long), "192.0.2.3");
    table.purge(700);
    add(table, failureAt(701, long), "192.0.2.4");
    add(table, failureAt(701, long), "192.0.2.5");
    expect(idsOf()).toEqual(["192.0.2.4", "192.0.2.5"]);
    expect(table.evicted).toBe(1);
  });
});
