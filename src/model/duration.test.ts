import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateDuration, formatDuration, parseDuration, secondsOf } from "./duration";
import { ExpressionError } from "./expression-tokens";

describe("parseDuration", () => {
  it.each([
    ["1d12h", 129_600],
    ["1h30", 3630],
    ["1h-1m", 3540],
    ["2*3", 6],
    ["(1+2)*60", 180],
    ["-1", -1],
    ["1_000", 1000],
    ["10 s", 10],
    ["1M", 60],
    ["00", 0],
    [" 5m ", 300],
    ["1 day 2 hours", 93_600],
  ])("reads %s as the whole number %d", (text, value) => {
    expect(parseDuration(text)).toEqual({ value, isFloat: false });
  });

  it.each([
    ["1y 6mo", 47_336_400],
    ["1.5h", 5400],
    ["1MO", 2_629_800],
  ])("reads %s as the float %d", (text, value) => {
    expect(parseDuration(text)).toEqual({ value, isFloat: true });
  });

  it.each([
    "05m",
    "01h",
    "1e3",
    "0x10",
    "3mins",
    "1hrs",
    "1secs",
    "1 2 3",
    "",
    "abc",
    "1h)",
    "m",
    "1;2",
    "1/0",
  ])("has nothing for %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("passes numbers through", () => {
    expect(secondsOf(-1)).toBe(-1);
    expect(parseDuration(0.5)).toEqual({ value: 0.5, isFloat: true });
  });

  it("says why a text is no duration", () => {
    expect(() => evaluateDuration("abc")).toThrow(new ExpressionError('name "abc" is not defined', 0));
  });

  it("never throws and never gives anything that is not a number", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from("0123456789.+-*/()smhdwyo _e,%<")) }),
        (text) => {
          const result = parseDuration(text);
          expect(result === undefined || Number.isFinite(result.value)).toBe(true);
        },
      ),
    );
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0"],
    [12.5, "12.5s"],
    [198_900, "2d 7h 15m"],
    [86_399, "24h"],
    [33_696_000, "1y 3w 4d"],
    [604_799, "7d"],
    [31_535_999, "52w 1d"],
    [3605, "1h"],
    [3594, "59m 54s"],
    [-70, "-70s"],
    [60.5, "1.0m 0.5s"],
    [100_000.5, "1d 3h 47m"],
  ])("writes %d as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it("keeps the point of whole floats", () => {
    expect(formatDuration({ value: 90, isFloat: true })).toBe("1.0m 30.0s");
  });
});
