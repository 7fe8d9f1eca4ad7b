import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseNeedles, compileNeedles } from "./candidates";

describe("needles of a regex", () => {
  it("are those of its most telling condition", () => {
    expect(
      chooseNeedles([
        { texts: ["abc"], ignoreCase: false },
        { texts: ["Failed password"], ignoreCase: false },
      ]),
    ).toEqual([{ text: "Failed password", ignoreCase: false }]);
  });

  it("may be several of which one must be there", () => {
    expect(chooseNeedles([{ texts: ["illegal", "invalid"], ignoreCase: false }])).toHaveLength(2);
  });

  it("are none when a way is too short", () => {
    expect(chooseNeedles([{ texts: ["illegal", "no"], ignoreCase: false }])).toBeUndefined();
    expect(chooseNeedles([])).toBeUndefined();
  });

  it("leave out letters with a partner outside ASCII", () => {
    expect(chooseNeedles([{ texts: ["password"], ignoreCase: true }])).toEqual([
      { text: "word", ignoreCase: true },
    ]);
  });
});

describe("the finder of needles", () => {
  const needle = fc.record({
    text: fc.string({
      minLength: 1,
      maxLength: 4,
      unit: fc.constantFrom("a", "B", "c", ".", "[", "\\", "-"),
    }),
    ignoreCase: fc.boolean(),
  });

  it("finds a text just when one of them is in it", () => {
    fc.assert(
      fc.property(
        fc.array(needle, { maxLength: 5 }),
        fc.string({ unit: fc.constantFrom("a", "A", "b", "B", "c", ".", "[", "\\", "-") }),
        (needles, text) => {
          const expected = needles.some(({ text: wanted, ignoreCase }) =>
            ignoreCase ? text.toLowerCase().includes(wanted.toLowerCase()) : text.includes(wanted),
          );
          expect(new RegExp(compileNeedles(needles).source).test(text)).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
