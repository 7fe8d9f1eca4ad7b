import { describe, expect, it } from "vitest";
import { comparePoints, cursorMicros, type JournalPoint } from "./journal-place";

interface Parts {
  readonly s?: string;
  readonly i?: string;
  readonly b?: string;
  readonly m?: string;
  readonly t?: string;
  readonly x?: string;
}

function at({ s = "a", i = "1", b = "0", m = "0", t = "10", x = "f" }: Parts): JournalPoint {
  const cursor = `s=${s};i=${i};b=${b};m=${m};t=${t};x=${x}`;
  return { cursor, micros: Number.parseInt(t, 16) };
}

describe("places in a journal", () => {
  it.each<[string, JournalPoint, JournalPoint]>([
    ["numbers of one writer", at({ i: "9", t: "99" }), at({ i: "10", t: "1" })],
    ["large numbers", at({ i: "fffffffffffffffe" }), at({ i: "ffffffffffffffff" })],
    ["one boot", at({ s: "b", m: "9", t: "99" }), at({ m: "10", t: "1" })],
    ["times", at({ s: "b", b: "1", t: "9" }), at({ t: "10" })],
    ["a time before the entries of it", { micros: 16 }, at({ t: "10" })],
    ["a time after others", at({ t: "f" }), { micros: 16 }],
    ["two times", { micros: 1 }, { micros: 2 }],
    ["places of another form by their time", { cursor: "c1", micros: 1 }, at({ t: "10" })],
  ])("are ordered: %s", (_, first, second) => {
    expect(comparePoints(first, second)).toBeLessThan(0);
    expect(comparePoints(second, first)).toBeGreaterThan(0);
  });

  it("are the same only where the entry is", () => {
    expect(comparePoints(at({}), at({}))).toBe(0);
    expect(comparePoints(at({ s: "a" }), at({ s: "b" }))).not.toBe(0);
    expect(comparePoints({ micros: 5 }, { micros: 5 })).toBe(0);
  });

  it("know their time", () => {
    expect(cursorMicros(at({ t: "6441025867c00" }).cursor ?? "")).toBe(1_763_686_000_000_000);
    expect(cursorMicros("c1")).toBeUndefined();
  });
});
