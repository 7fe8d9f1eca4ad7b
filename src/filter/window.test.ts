import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMatch } from "../model";
import { Window } from "./window";

const line = (text: string): { before: string; date: string; after: string } => ({
  before: "",
  date: "D",
  after: text,
});

describe("a window of lines", () => {
  it("joins the last ones", () => {
    const window = new Window(2);
    expect(window.push(line("a"))).toBe("a\n");
    expect(window.push(line("b"))).toBe("a\nb\n");
    expect(window.push(line("c"))).toBe("b\nc\n");
  });

  it("gives up the lines of a match and keeps those it skipped", () => {
    const window = new Window(5);
    for (const text of ["before", "first", "skipped", "last"]) {
      window.push(line(text));
    }
    const text = window.push(line("after"));
    const start = text.indexOf("first");
    const skip = text.indexOf("skipped");
    const taken = window.take({
      start,
      end: text.indexOf("after"),
      skipped: [{ start: skip, end: skip + "skipped\n".length }],
    });
    expect(taken.lines.map(formatMatch)).toEqual(["Dfirst", "Dlast"]);
    expect(taken.text).toBe("first\nlast\n");
    expect(window.push(line("x"))).toBe("before\nskipped\nafter\nx\n");
  });

  it("takes a line of which only a part matched", () => {
    const window = new Window(3);
    window.push(line("abc"));
    window.push(line("def"));
    expect(window.take({ start: 5, end: 6, skipped: [] }).text).toBe("def\n");
  });

  it("neither loses nor invents lines, wherever a match is said to be", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        fc.nat(40),
        fc.nat(40),
        (lines, start, length) => {
          const window = new Window(10);
          const texts = lines.map((text) => text.replaceAll("\n", " "));
          texts.forEach((text) => window.push(line(text)));
          const taken = window.take({ start, end: start + length, skipped: [] }).text;
          const kept = window.push(line("end")).slice(0, -"end\n".length);
          const all = texts.map((text) => `${text}\n`).sort();
          const split = (text: string): string[] => text.split(/(?<=\n)/).filter((part) => part !== "");
          expect([...split(taken), ...split(kept)].sort()).toEqual(all);
        },
      ),
    );
  });
});
