import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatProblem } from "../model";
import { parseIni } from "./ini";
import { listLines } from "./origin-text";

const read = (text: string) => parseIni(text, "x.conf");
const value = (text: string, option = "a") => read(text).sections.get("s")?.get(option);

describe("parseIni", () => {
  it("keeps the line of every line of a value", () => {
    const lines = listLines(value("[s]\n\na = 1\n# c\n  2\n\n  3 ; c\n\n\nb = x\n")!);
    expect(lines.map(({ text, origin }) => [text, origin?.line])).toEqual([
      ["1", 3],
      ["2", 5],
      ["", 6],
      ["3", 7],
    ]);
  });

  it.each([
    ["[s]\nA: 1 = 2", "1 = 2"],
    ["[s]\na = x ; gone", "x"],
    ["[s]\na = x;kept # kept", "x;kept # kept"],
    ["[s]\na =\n  first\n  second", "\nfirst\nsecond"],
    ["[s]\r\na = 1\r\n  2\r\n", "1\n2"],
    ["\ufeff[s]\na = 1", "1"],
    ["[s] [t]\n[s]\na = 1", "1"],
    ["[s]\n  a = 1\n  b = 2", "1"],
    ["[s]\na =", ""],
  ])("%j", (text, expected) => {
    expect(value(text)?.text).toBe(expected);
  });

  it("reads a header up to its last bracket", () => {
    expect([...read("[a]b] c\n[Init?family=inet6]\n").sections.keys()]).toEqual(["a]b", "Init?family=inet6"]);
  });

  it("gathers every problem with its line", () => {
    const text = "early = 1\n[s]\na = 1\nnonsense\na = 2\n= 3\n[s]\n";
    expect(read(text).problems.map(formatProblem)).toEqual([
      'x.conf:1: "early = 1" stands before the first [section]',
      'x.conf:4: "nonsense" is neither "option = value" nor a [section]',
      'x.conf:5: option "a" of [s] is already set at line 3; remove one',
      'x.conf:6: "= 3" has no option name before "="',
      "x.conf:7: section [s] is in this file twice; put its options together",
    ]);
  });

  it("is not flooded by binary rubbish", () => {
    expect(read("\u0000\u0001\n".repeat(10_000)).problems.length).toBe(20);
  });

  it("never throws, and every line of a value has a place", () => {
    const line = fc.oneof(
      fc.constantFrom("[s]", "[t", "a = 1", "  more", "", "; c", "b: x ; c", "=", "[DEFAULT]"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const file = read(lines.join("\n"));
        for (const options of [file.defaults, ...file.sections.values()]) {
          for (const option of options.values()) {
            expect(option.origins.length).toBe(option.text.split("\n").length);
          }
        }
      }),
    );
  });
});
