import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indentOf, isPythonSpace, parsePythonBoolean, parsePythonInt, stripText } from "./python-text";

describe("stripText", () => {
  it.each([
    ["  a b \t\r\n", "a b"],
    ["\u00a0\u2003x\u001f\u0085", "x"],
    ["\ufeffx", "\ufeffx"],
    ["   ", ""],
    ["", ""],
  ])("%j becomes %j", (text, expected) => {
    expect(stripText(text)).toBe(expected);
  });

  it("leaves no blank at either end and loses nothing else", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", " ", "\t", "\u00a0", "\u0085", "\ufeff", "é") }),
        (text) => {
          const stripped = stripText(text);
          expect(text).toContain(stripped);
          expect(
            isPythonSpace(stripped.charAt(0)) || isPythonSpace(stripped.charAt(stripped.length - 1)),
          ).toBe(false);
        },
      ),
    );
  });
});

describe("indentOf", () => {
  it.each([
    ["  a", 2],
    ["\ta", 1],
    ["a", 0],
    ["   ", 0],
  ])("%j has %d", (text, expected) => {
    expect(indentOf(text)).toBe(expected);
  });
});

describe("parsePythonInt", () => {
  it.each<[string, number | bigint | undefined]>([
    ["5", 5],
    [" -007 ", -7],
    ["+1_000", 1000],
    ["1__0", undefined],
    ["_1", undefined],
    ["1.0", undefined],
    ["0x10", undefined],
    ["", undefined],
    ["99999999999999999999", 99999999999999999999n],
  ])("%s", (text, expected) => {
    expect(parsePythonInt(text)).toBe(expected);
  });
});

it("refuses more digits than Python takes", () => {
  expect(parsePythonInt("9".repeat(5000))).toBeUndefined();
});

describe("parsePythonBoolean", () => {
  it("knows four words for true", () => {
    expect(["1", "ON", "True", "yes"].every(parsePythonBoolean)).toBe(true);
    expect(["0", "y", "", "2", "true "].some(parsePythonBoolean)).toBe(false);
  });
});
