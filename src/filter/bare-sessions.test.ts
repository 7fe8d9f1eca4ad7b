import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Groups } from "../model";
import { compileFilter } from "./compile-filter";
import { feedAt, NOON } from "./filter.testing";
import { HitMaker, type Hit } from "./hit-maker";

/** What a match may have in its groups; most have a few of them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  mlfid: ["a", "b", "c", ""],
  user: ["u", "v", ""],
  dns: ["host.example.com", "other.example.com", "192.0.2.9", ""],
  fid: ["x"],
  ip4: ["192.0.2.1", ""],
  ip6: ["2001:db8::1"],
  cidr: ["24", ""],
  nofail: ["n", ""],
  mlfgained: ["g", ""],
  mlfforget: ["f", ""],
};
const value = (values: readonly string[], weight: number): fc.Arbitrary<string | undefined> =>
  fc.oneof(
    { weight, arbitrary: fc.constantFrom(...values) },
    { weight: 4, arbitrary: fc.constant(undefined) },
  );
const groups: fc.Arbitrary<Groups> = fc
  .record(
    Object.fromEntries(
      Object.entries(VALUES).map(([name, values]) => [name, value(values, name === "mlfid" ? 16 : 1)]),
    ),
  )
  .map(
    (all) => new Map(Object.entries(all).flatMap(([name, one]) => (one === undefined ? [] : [[name, one]]))),
  );
const steps = fc.array(fc.tuple(groups, fc.constantFrom(0, 0, 0, 150, 301)), { maxLength: 30 });

/** Feeds matches, each so many seconds after the one before. */
function play(
  found: Iterable<readonly [Groups, number]>,
  how: { usedns: "warn" | "no" | "raw"; isBare: boolean; checkAll: boolean },
): unknown[] {
  const spec = { maxlines: 1, usedns: how.usedns, failregex: [{ text: "<HOST>" }], ignoreregex: [] };
  const maker = new HitMaker(compileFilter(spec));
  let now = NOON;
  return Array.from(found, ([of, wait]) => {
    now += wait;
    const { clock } = feedAt({ now, checkTimes: false });
    const finding = { index: 0, ignoreregex: -1, groups: of, matches: [], time: now, clock };
    return tellKind(maker.make({ ...finding, checkAll: how.checkAll, isBare: how.isBare }));
  });
}

/** What is counted of a hit. */
function tellKind({ kind, identity, groups: of, failregex }: Hit): unknown[] {
  const isQuiet = kind === "quiet" || (of.get("nofail") ?? "") !== "";
  return [kind, failregex, identity?.host, isQuiet];
}

describe("sessions of which only the failures are counted", () => {
  it("say what sessions with all their groups say", () => {
    const kinds = new Set<unknown>();
    const usedns = fc.constantFrom("warn" as const, "no" as const, "raw" as const);
    fc.assert(
      fc.property(steps, usedns, fc.boolean(), (found, dns, checkAll) => {
        const expected = play(found, { usedns: dns, isBare: false, checkAll });
        expected.forEach((one) => kinds.add((one as unknown[])[0]));
        expect(play(found, { usedns: dns, isBare: true, checkAll })).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
    expect(kinds).toEqual(new Set(["failure", "nameless", "pending", "quiet"]));
  });

  it("forget the oldest where there are too many", () => {
    const opened = Array.from(
      { length: 101 },
      (_, i): Groups =>
        new Map([
          ["mlfid", `${i}`],
          ["ip4", "192.0.2.1"],
          ["nofail", "n"],
        ]),
    );
    const failed = ["0", "1", "100"].map((mlfid): Groups => new Map([["mlfid", mlfid]]));
    const found = [...opened, ...failed].map((one) => [one, 0] as const);
    const bare = play(found, { usedns: "warn", isBare: true, checkAll: false });
    expect(bare).toEqual(play(found, { usedns: "warn", isBare: false, checkAll: false }));
    expect(bare.slice(-3).map((one) => (one as unknown[])[0])).toEqual(["pending", "pending", "failure"]);
  });
});
