/** Failures whose failregex says what they count for and how long the ban is. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PERMANENT, parseOffender, type DomainEvent, type JailSpec, type Worth } from "../model";
import { compileIncrement } from "./increment";
import type { JailState } from "./jail-state";
import { failureAt, makeJail, typesOf } from "./jail-state.testing";
import { resolveSettings, restoreRule } from "./settings";

const NOW = 1_000_000;
const OFFENDER = parseOffender("192.0.2.1");

function fail(jail: JailState, time: number, worth: Worth = {}): DomainEvent[] {
  return jail.fail({ ...failureAt(time), ...worth }, OFFENDER, time);
}

/** How many failures of that weight it takes. */
function failuresUntilBan(maxretry: number, weight: number): number {
  const jail = makeJail({ maxretry, findtime: 100_000 });
  for (let n = 1; n <= 200; n++) {
    if (typesOf(fail(jail, NOW + n, { weight })).includes("ban")) {
      return n;
    }
  }
  return Number.POSITIVE_INFINITY;
}

function specOf(failregex: readonly string[], spec: Partial<JailSpec> = {}): JailSpec {
  const filter = {
    failregex: failregex.map((text) => ({ text })),
    ignoreregex: [],
    maxlines: 1,
    usedns: "no",
  };
  const numbers = { maxretry: 3, maxmatches: 3, findtime: 600, bantime: 600, increment: {} };
  return { name: "web", ...numbers, ...spec, filter } as unknown as JailSpec;
}

describe("a weight", () => {
  it.each([
    [5, 1, 5],
    [5, 2, 3],
    [5, 5, 1],
    [5, 1000, 1],
    [2, 0.25, 8],
    [1, 0.1, 10],
    [3, 0.3, 10],
    [1, 0, Number.POSITIVE_INFINITY],
  ])("with maxretry %d and weight %d takes %d failures", (maxretry, weight, failures) => {
    expect(failuresUntilBan(maxretry, weight)).toBe(failures);
  });

  it("adds up with others in any order", () => {
    const anyWeights = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(anyWeights, fc.integer({ min: 1, max: 8 }), (hundredths, maxretry) => {
        const jail = makeJail({ maxretry, findtime: 100_000 });
        const banned = hundredths.findIndex((weight, i) =>
          typesOf(fail(jail, NOW + i, { weight: weight / 100 })).includes("ban"),
        );
        let sum = 0;
        const expected = hundredths.findIndex((weight) => (sum += weight) >= maxretry * 100);
        expect(banned).toBe(expected);
      }),
    );
  });

  it("neither vanishes nor grows by rounding when failures are older than findtime", () => {
    const jail = makeJail({ maxretry: 2, findtime: 600 });
    const events = Array.from({ length: 200 }, (_, i) => fail(jail, NOW + i * 100, { weight: 0.25 }));
    expect(events.flat().some((event) => event.type === "ban")).toBe(false);
    const quicker = Array.from({ length: 20 }, (_, i) => fail(jail, NOW + 30_000 + i * 50, { weight: 0.25 }));
    expect(quicker.flat().some((event) => event.type === "ban")).toBe(true);
  });

  it("multiplies what a returning offender's failures count for", () => {
    const increment = compileIncrement({ increment: true });
    const past = { bancount: 1, timeofban: NOW - 5000 };
    const jail = makeJail({ maxretry: 4, ...(increment ? { increment } : {}) }, { history: () => past });
    expect(fail(jail, NOW, { weight: 0.5 })[1]).toMatchObject({ type: "weighted", weight: { value: 1 } });
    expect(typesOf(fail(jail, NOW + 1, { weight: 0 }))).toEqual(["found"]);
    expect(typesOf(fail(jail, NOW + 2))).toEqual(["found", "weighted"]);
    expect(typesOf(fail(jail, NOW + 3, { weight: 0.5 }))).toEqual(["found", "weighted", "ban", "increased"]);
  });
});

describe("a ban time of its own", () => {
  it("counts for the ban that this failure triggers, and no other", () => {
    const jail = makeJail({ maxretry: 2, bantime: 600 });
    fail(jail, NOW, { bantime: 7200 });
    fail(jail, NOW + 1);
    expect(jail.banOf(OFFENDER.id)).toMatchObject({ time: NOW + 1, bantime: 600 });
    jail.unban(OFFENDER.id, "command");
    fail(jail, NOW + 2);
    fail(jail, NOW + 3, { bantime: 7200 });
    expect(jail.banOf(OFFENDER.id)).toMatchObject({ time: NOW + 3, bantime: 7200 });
    jail.update({ ...jail.settings, bantime: 5 });
    expect(jail.nextEnd()).toBe(NOW + 3 + 7200);
  });

  it("may be shorter, for ever, or over already", () => {
    const jail = makeJail({ maxretry: 1, bantime: 600 });
    const old = { ...failureAt(NOW - 31), bantime: 30 };
    expect(typesOf(jail.fail(old, OFFENDER, NOW))).toEqual(["found", "expired"]);
    fail(jail, NOW, { bantime: 30 });
    expect(jail.nextEnd()).toBe(NOW + 30);
    expect(typesOf(fail(jail, NOW + 1, { bantime: PERMANENT }))).toEqual([
      "found",
      "prolonged",
      "already-banned",
    ]);
    expect(jail.nextEnd()).toBe(Number.POSITIVE_INFINITY);
  });

  it("is what grows when bans grow, up to maxtime", () => {
    const increment = compileIncrement({ increment: true, maxtime: "1h" });
    const past = { bancount: 2, timeofban: NOW - 5000 };
    const settings = { maxretry: 1, ...(increment ? { increment } : {}) };
    for (const [bantime, grown] of [
      [300, 1200],
      [3000, 3600],
      [PERMANENT, PERMANENT],
    ] as const) {
      const jail = makeJail(settings, { history: () => past });
      fail(jail, NOW, { bantime });
      expect(jail.banOf(OFFENDER.id)?.bantime).toBe(grown);
    }
  });

  it.each([
    [["^<HOST>$"], {}, { bantime: 600, maxAge: 600, cap: 600 }],
    [["^<HOST>(?#bantime=60)$"], {}, { bantime: 600, maxAge: 600, cap: 600 }],
    [["^<HOST>(?#bantime=1d)$", "^b <HOST>(?#bantime=1h)$"], {}, { bantime: 600, maxAge: 86400, cap: 86400 }],
    [["^<HOST>(?#bantime=-1)$"], {}, { bantime: 600 }],
    [
      ["^<HOST>(?#bantime=1d)$"],
      { increment: { increment: true, maxtime: "1h" } },
      { bantime: 600, cap: 86400 },
    ],
    [["^<HOST>(?#bantime=1d)$"], { increment: { increment: true } }, { bantime: 600 }],
  ] as const)("comes back whole after a restart: %j %j", (failregex, spec, rule) => {
    expect(restoreRule(resolveSettings(specOf(failregex, spec)))).toEqual(rule);
  });
});
