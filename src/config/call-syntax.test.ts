import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Budget } from "./budget";
import { parseCall, splitCalls } from "./call-syntax";
import { ConfigError } from "./config-error";

const args = (text: string) => Object.fromEntries(parseCall(text).args);

describe("parseCall", () => {
  it.each([
    ["a", {}],
    ["a[]", {}],
    ["a[x=1, y=2]", { x: "1", y: "2" }],
    ["a[x=1][y=2]", { x: "1", y: "2" }],
    ["a[x=1]\n [y=2] ", { x: "1", y: "2" }],
    ['a[x="1, ]", y=\'"\']', { x: "1, ]", y: '"' }],
    ["a[x= b c ,y=]", { x: "b c", y: "" }],
    ["a[x=1,]", { x: "1" }],
    ['a[x="1]', { x: '"1' }],
    ["a[x?family=inet6=1, x=2]", { "x?family=inet6": "1", x: "2" }],
    ["a[__proto__=1]", JSON.parse('{"__proto__": "1"}') as object],
  ])("%j", (text, expected) => {
    expect(args(text)).toEqual(expected);
    expect(parseCall(text).name).toBe("a");
  });

  it("does not strip the name", () => {
    expect(parseCall("sshd [x=1]").name).toBe("sshd ");
  });

  it.each([
    ["a[x]", "expected option, wrong syntax at 0: x"],
    ["a[x=1,,y=2]", "expected option, wrong syntax at 4: ,y=2"],
    ['a[x="1"z]', "unexpected syntax at 5 after option 'x': z"],
    ["a[x=1", "unexpected option syntax"],
    ["a[x=1] z", "unexpected option syntax"],
    ["[x=1]", "unexpected option syntax"],
    ["", "unexpected option syntax"],
    ["a[x?y=1]", "expected option, wrong syntax at 0: x?y=1"],
  ])("refuses %j", (text, message) => {
    expect(() => parseCall(text)).toThrow(new ConfigError("config-syntax", message));
  });

  it("throws nothing but ConfigError", () => {
    const piece = fc.constantFrom("a", "[", "]", "=", ",", '"', "'", " ", "\n", "x=1", "?");
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          parseCall(pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});

describe("splitCalls", () => {
  const split = (text: string) => splitCalls(text, new Budget());
  it.each([
    ["a b", ["a", "b"]],
    ["a[x=1]\n  b[y='1 2']", ["a[x=1]", "b[y='1 2']"]],
    ["a[x=1\n, y=2] b", ["a[x=1\n, y=2]", "b"]],
    ["a [x=1] b", ["a [x=1]", "b"]],
    ["a[x=1] [y=2] b", ["a[x=1] [y=2]", "b"]],
    ["a[x=1] [bad b", ["a[x=1]", "[bad", "b"]],
    ["a[x y] b", ["a[x", "y]", "b"]],
    ["", []],
    [" \n ", []],
  ])("%j", (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  it("loses nothing but blanks", () => {
    const piece = fc.constantFrom("a", "[", "]", "=", ",", '"', " ", "\n", "x=1");
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        expect(split(text).join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
      }),
    );
  });

  it("gives up on brackets that never close", () => {
    expect(() => split("a[x=1 ".repeat(100_000))).toThrow(ConfigError);
  });
});
