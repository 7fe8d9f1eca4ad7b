import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanLine, cleanLines, cleanText } from "./clean-text";

describe("text of strangers", () => {
  it("leaves what can be read as it is", () => {
    expect(cleanLine("Failed password for müller from 192.0.2.1 port 22 ssh2 ✓")).toBe(
      "Failed password for müller from 192.0.2.1 port 22 ssh2 ✓",
    );
  });

  it.each([
    ["a line break with a header", "x\r\nBcc: victim@example.org", "x\\x0d\\x0aBcc: victim@example.org"],
    ["a terminal escape", "\u001b]0;owned\u0007", "\\x1b]0;owned\\x07"],
    ["an escape of eight bits", "\u009b31m", "\\x9b31m"],
    ["text turned round", "user\u202egnp.exe", "user\\u202egnp.exe"],
    ["an isolate", "\u2066a\u2069", "\\u2066a\\u2069"],
    ["a blank of no width", "ad\u200bmin", "ad\\u200bmin"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["half a character", "a\ud800b", "a\ufffdb"],
    ["a byte that was no UTF-8", "a\udcffb", "a\ufffdb"],
    ["a tag of another plane", "a\u{e0041}b", "a\\u{e0041}b"],
    ["a null", "a\0b", "a\\x00b"],
  ])("shows %s", (_, text, shown) => {
    expect(cleanLine(text)).toBe(shown);
  });

  it("cuts what is too long and says so, even within a character", () => {
    expect(cleanLine("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(10)}… (999990 characters more)`);
    expect(cleanLine("😀😀", 1)).toBe("\ufffd… (3 characters more)");
  });

  it("never lets anything through that is not seen, however it is put together", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 700 }), (text) => {
        expect(cleanLine(text)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it("tells how many lines are left out", () => {
    expect(cleanLines(["a", "b\t", "c"], { lines: 2, width: 9 })).toEqual(["a", "b", "(1 more)"]);
  });

  it("takes every kind of line end", () => {
    expect(cleanText("a\r\nb\rc\nd", { lines: 9, width: 9 })).toEqual(["a", "b", "c", "d"]);
  });
});
