import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateCutOf, piecesAround } from "./date-cut";

describe("what follows a date", () => {
  it.each([
    undefined,
    "",
    "{DEFAULT}",
    "{^LN-BEG}",
    "EPOCH",
    "{NONE}",
    "{^LN-BEG}%ExY-%m-%d[T ]%H:%M:%S(?:[.,]%f)?(?:\\s*%z)?\n^[^\\[]*\\[({DATE})\n{^LN-BEG}",
    "%d/%b/%Y %H:%M:%S",
  ])("is a gap for %j", (datepattern) => {
    expect(dateCutOf(datepattern)).toBe("gap");
  });

  it.each(["{UNB}%H:%M", "%Y**", "(%Y)%m", "%Y-%m-%d\\s", "^I\\(()**", "(?P<Y>\\d{4})", "%Y\n%H:%M\\]"])(
    "is unknown for %j",
    (datepattern) => {
      expect(dateCutOf(datepattern)).toBe("anywhere");
    },
  );
});

describe("the pieces of a text", () => {
  it("are found wherever a date stood in it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.nat(20), (text, place) => {
        const at = Math.min(place, text.length);
        const line = `${text.slice(0, at)}2026-01-01${text.slice(at)}`;
        const anywhere = piecesAround(text, "anywhere");
        expect(anywhere?.some((piece) => line.includes(piece)) ?? true).toBe(true);
        const gap = /^\W|^$/.test(text.slice(at)) ? piecesAround(text, "gap") : undefined;
        expect(gap?.some((piece) => line.includes(piece)) ?? true).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("are long enough to be worth a search", () => {
    expect(piecesAround("ab", "gap")).toBeUndefined();
    expect(piecesAround("root", "anywhere")).toBeUndefined();
    expect(piecesAround("root", "gap")).toEqual(["root"]);
    expect(piecesAround("a b c d e f", "gap")).toEqual(["a b c", " d e f"]);
  });
});
