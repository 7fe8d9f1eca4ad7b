import { describe, expect, it } from "vitest";
import { reckonDated, reckonUndated } from "./clock-rules";
import { feedAt, NOON } from "./filter.testing";

const OPERATION = feedAt().clock;
const INITIAL = feedAt({ phase: "initial" }).clock;
const FREE = feedAt({ checkTimes: false }).clock;

describe("a date in operation", () => {
  it.each([0, -60, 60, -60.9, 60.9])("is believed %d seconds from now", (seconds) => {
    expect(reckonDated(NOON + seconds, OPERATION)).toEqual({ time: NOON + seconds });
  });

  it.each([
    [-61, "latency"],
    [-3300, "latency"],
    [-3301, "timezone"],
    [61, "timezone"],
    [3000, "timezone"],
  ])("is replaced %d seconds from now, a matter of %s", (seconds, guess) => {
    expect(reckonDated(NOON + seconds, OPERATION)).toEqual({
      time: NOON,
      notice: { type: "shifted", seconds, guess },
    });
  });
});

describe("a date of what was there before", () => {
  it("may be findtime old, but not older", () => {
    expect(reckonDated(NOON - 600, INITIAL)).toEqual({ time: NOON - 600 });
    expect(reckonDated(NOON - 601, INITIAL)).toEqual({
      time: undefined,
      notice: { type: "too-old", findtime: 600 },
    });
  });

  it("may be ahead", () => {
    expect(reckonDated(NOON + 9999, INITIAL)).toEqual({ time: NOON + 9999 });
  });
});

it("takes every date when times are not checked", () => {
  expect(reckonDated(0, FREE)).toEqual({ time: 0 });
});

describe("a line without a date", () => {
  it("borrows the last one if that is newer than a minute", () => {
    expect(reckonUndated(NOON - 59, OPERATION)).toBe(NOON - 59);
    expect(reckonUndated(NOON - 60, OPERATION)).toBe(NOON);
    expect(reckonUndated(NOON - 60, INITIAL)).toBeUndefined();
  });

  it("happens now in operation, else at no time", () => {
    expect(reckonUndated(undefined, OPERATION)).toBe(NOON);
    expect(reckonUndated(undefined, INITIAL)).toBeUndefined();
    expect(reckonUndated(undefined, FREE)).toBeUndefined();
  });
});
