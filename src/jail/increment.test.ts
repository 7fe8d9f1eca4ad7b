import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WarderError, type IncrementSpec } from "../model";
import { compileIncrement, increaseBantime } from "./increment";

const FORMULA = "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)";

/** Ban times of the second, third … ban with a base of 600 s. */
function timesOf(spec: IncrementSpec, count: number): (number | string)[] {
  const increment = compileIncrement({ increment: true, ...spec });
  if (!increment) {
    throw new Error("bans do not grow");
  }
  return Array.from({ length: count }, (_, i) => {
    const { value, isFloat } = increaseBantime(increment, 600, i + 1, () => 0.5);
    return isFloat ? value.toFixed(1) : value;
  });
}

describe("increaseBantime", () => {
  it.each<[IncrementSpec, (number | string)[]]>([
    [{}, [1200, 2400, 4800, 9600, 19_200, 38_400]],
    [{ factor: "2" }, [2400, 4800, 9600, 19_200, 38_400, 76_800]],
    [{ factor: "0.5" }, [600, "1200.0", "2400.0", "4800.0"]],
    [{ maxtime: "1h" }, [1200, 2400, 3600, 3600]],
    [{ maxtime: "5m" }, [300, 300]],
    [{ multipliers: "1 2 4 8 16" }, [1200, 2400, 4800, 9600, 9600, 9600]],
    [
      { multipliers: "1 5 30 60 300 720 1440 2880" },
      [3000, 18_000, 36_000, 180_000, 432_000, 864_000, 1_728_000, 1_728_000],
    ],
    [{ multipliers: "1 2 4", factor: "2" }, [2400, 4800, 4800]],
    [{ multipliers: "0 0 1" }, [0, 600]],
    [{ formula: FORMULA }, ["1631.0", "4433.4", "12051.3", "32758.9", "89047.9", "242057.3"]],
    [{ formula: FORMULA, factor: "2.0 / 2.885385" }, ["1200.0", "2400.0", "4800.0", "9600.0"]],
    [{ formula: "10" }, [600, 600]],
    [{ maxtime: 3600, rndtime: "100" }, ["1250.0", "2450.0", "3650.0"]],
  ])("%j", (spec, times) => {
    expect(timesOf(spec, times.length)).toEqual(times);
  });

  it("doubles twenty times at most", () => {
    expect(timesOf({}, 25).slice(19)).toEqual([
      629_145_600, 629_145_600, 629_145_600, 629_145_600, 629_145_600, 629_145_600,
    ]);
  });

  it("falls back to the base when the formula has no value for a count", () => {
    expect(timesOf({ formula: "ban.Time * math.exp(ban.Count * 300)" }, 3)[2]).toBe(600);
  });

  it("never shrinks from one ban to the next", () => {
    const factors = fc.constantFrom("1", "0.5", "3", "2.0 / 2.885385");
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 30 }),
        factors,
        (base, count, factor) => {
          const increment = compileIncrement({ increment: true, factor });
          const next = (n: number) => (increment ? increaseBantime(increment, base, n, () => 0).value : 0);
          expect(next(count + 1)).toBeGreaterThanOrEqual(next(count));
          expect(next(count)).toBeGreaterThanOrEqual(base);
        },
      ),
    );
  });
});

describe("compileIncrement", () => {
  it("has nothing when bans do not grow", () => {
    expect(compileIncrement({ factor: "2" })).toBeUndefined();
    expect(compileIncrement({ increment: false })).toBeUndefined();
  });

  it("takes empty options as unset", () => {
    expect(timesOf({ factor: "", multipliers: "", formula: "", maxtime: "", rndtime: "" }, 1)).toEqual([
      1200,
    ]);
  });

  it.each<IncrementSpec>([
    { multipliers: "1  2" },
    { multipliers: "1.5 2" },
    { multipliers: "1\n2" },
    { formula: "ban.Tme * 2" },
    { formula: "__import__('os').system('true')" },
    { factor: "x" },
    { maxtime: "soon" },
  ])("refuses %j and names the option", (spec) => {
    const [option] = Object.keys(spec);
    expect(() => compileIncrement({ increment: true, ...spec })).toThrow(WarderError);
    expect(() => compileIncrement({ increment: true, ...spec })).toThrow(`bantime.${option}`);
  });
});
