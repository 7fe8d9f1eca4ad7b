import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOffender } from "../model";
import { FailureTable } from "./failure-table";
import { failureAt, makeJail } from "./jail-state.testing";
import { limitsFor, MAX_TEXT, MAX_TRACKED, TrackingBudget } from "./tracking-budget";

const COUNTING = { findtime: 600, maxmatches: 5 };

function fill(table: FailureTable, from: number, count: number): void {
  for (let i = from; i < from + count; i++) {
    table.add(failureAt(i), `user ${i}`);
  }
}

describe("a budget", () => {
  it("lets the jail that is flooded forget, not the others", () => {
    const budget = new TrackingBudget({ offenders: 100 });
    const [quiet, flooded] = [new FailureTable(COUNTING, budget), new FailureTable(COUNTING, budget)];
    fill(quiet, 0, 20);
    fill(flooded, 0, 5000);
    expect([quiet.size, quiet.evicted, flooded.size, flooded.evicted]).toEqual([20, 0, 80, 4920]);
    fill(quiet, 20, 10);
    expect([quiet.size, quiet.evicted, flooded.size]).toEqual([30, 0, 70]);
    expect([...flooded.list()].at(-1)?.id).toBe("user 4999");
  });

  it("counts long lines as well as many offenders", () => {
    const budget = new TrackingBudget({ text: 100_000 });
    const [quiet, flooded] = [new FailureTable(COUNTING, budget), new FailureTable(COUNTING, budget)];
    fill(quiet, 0, 10);
    for (let i = 0; i < 500; i++) {
      flooded.add(failureAt(i, "x".repeat(5000)), `user ${i}`);
    }
    expect(quiet.size).toBe(10);
    expect(quiet.text + flooded.text).toBeLessThanOrEqual(100_000);
  });

  it("is free again when a jail ends", () => {
    const budget = new TrackingBudget({ offenders: 10 });
    const old = new FailureTable(COUNTING, budget);
    fill(old, 0, 10);
    old.close();
    const table = new FailureTable(COUNTING, budget);
    fill(table, 0, 10);
    expect([table.size, table.evicted, old.evicted]).toEqual([10, 0, 0]);
  });

  it("is kept whatever comes, and whoever is banned leaves room", () => {
    const step = fc.record({
      jail: fc.integer({ min: 0, max: 2 }),
      who: fc.integer({ min: 0, max: 40 }),
      length: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const budget = new TrackingBudget({ offenders: 12, text: 8000 });
        const jails = [2, 3, 4].map((maxretry) => makeJail({ maxretry }, { budget }));
        for (const [i, { jail, who, length }] of steps.entries()) {
          const time = 1_000_000 + i;
          jails[jail]?.fail(failureAt(time, "x".repeat(length)), parseOffender(`user ${who}`), time);
          const held = jails.map((one) => one.counters(time).currentlyFailed);
          expect(held.reduce((sum, n) => sum + n)).toBeLessThanOrEqual(12);
        }
      }),
    );
  });

  it("is smaller where there is less memory", () => {
    expect(limitsFor(8e9)).toEqual({ offenders: MAX_TRACKED, text: MAX_TEXT });
    const small = limitsFor(256e6);
    expect(small.offenders).toBeGreaterThan(100_000);
    expect(small.offenders * 200 + small.text).toBeLessThan(0.31 * 256e6);
  });
});
