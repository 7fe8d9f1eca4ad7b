import { describe, expect, it } from "vitest";
import { Budget } from "./budget";
import { ConfigError } from "./config-error";
import { makeText, type OriginText } from "./origin-text";
import { substituteTags, type TagContext } from "./tags";

const CONTEXT: Omit<TagContext, "budget"> = { ignore: new Set(["late"]), find: () => undefined };

function run(values: Record<string, string>, context: Partial<TagContext> = {}): Record<string, string> {
  const texts = Object.entries(values).map(([key, text]): [string, OriginText] => [key, makeText(text)]);
  const result = substituteTags(new Map(texts), { ...CONTEXT, budget: new Budget(), ...context });
  return Object.fromEntries([...result].map(([key, value]) => [key, value?.text ?? "null"]));
}

describe("substituteTags", () => {
  it.each([
    [{ x: "<a><a>", a: "1" }, "11"],
    [{ x: "<a<b>>", ab: "2", b: "b" }, "2"],
    [{ x: "<a>", a: "<b>", b: "3" }, "3"],
    [{ x: "<HOST> <none> <> < a> <<a>", a: "1" }, "<HOST> <none> <> < a> <1"],
    [{ x: "<late>", late: "<a>", a: "1" }, "<late>"],
    [{ x: "a <b", b: "1" }, "a <b"],
  ])("%j", (values, expected) => {
    expect(run(values)["x"]).toBe(expected);
  });

  it("asks elsewhere for names it does not have", () => {
    expect(run({ x: "<s/o> <q>" }, { find: (tag) => (tag === "s/o" ? makeText("1") : undefined) })["x"]).toBe(
      "1 <q>",
    );
  });

  it("refuses values that contain themselves", () => {
    expect(() => run({ x: "<x>" })).toThrow(ConfigError);
    expect(() => run({ x: "<a>", a: "<b>", b: "<a>" })).toThrow(/cannot be resolved/);
  });

  it("stops growth", () => {
    const values = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`v${i}`, i < 29 ? `<v${i + 1}>`.repeat(10) : "x"]),
    );
    expect(() => run(values)).toThrow(ConfigError);
  });

  it("keeps places", () => {
    const at = (line: number) => ({ file: "f", line });
    const values = new Map<string, OriginText>([
      ["x", { text: "<a>\nown <b>", origins: [at(1), at(2)] }],
      ["a", { text: "one\ntwo", origins: [at(7), at(8)] }],
      ["b", { text: "bee", origins: [at(9)] }],
    ]);
    const text = substituteTags(values, { ...CONTEXT, budget: new Budget() }).get("x");
    expect(text).toEqual({ text: "one\ntwo\nown bee", origins: [at(7), at(8), at(2)] });
  });
});
