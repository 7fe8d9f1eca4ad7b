import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseWorth } from "./worth";

describe("parseWorth", () => {
  it.each([
    ["^connection from <HOST>(?#weight=0.25)$", { weight: 0.25 }],
    ["(?# weight = 2 , bantime = 1h )^tried <HOST>$", { weight: 2, bantime: 3600 }],
    ["^tried <HOST>(?#bantime=-1)$", { bantime: -1 }],
    ["^a(?#weight=3)b(?#bantime=90)c(?#weight=0) <HOST>$", { weight: 0, bantime: 90 }],
  ])("reads %s", (regex, worth) => {
    expect(parseWorth(regex)).toEqual(worth);
  });

  it.each([
    "^plain <HOST>$",
    "^(?#the usual greeting) <HOST>$",
    "^(?#weight of the line = 3) <HOST>$",
    String.raw`^\(\?#weight=2\) <HOST>$`,
    String.raw`^\(?#weight=2 <HOST>$`,
  ])("finds nothing in %s", (regex) => {
    expect(parseWorth(regex)).toBeUndefined();
  });

  it.each([
    "weight=",
    "weight=-1",
    "weight=x",
    "weight=1e9",
    "weight=1001",
    "bantime=0",
    "bantime=-5",
    "bantime=soon",
  ])("refuses %s", (text) => {
    expect(() => parseWorth(`^<HOST>(?#${text})$`)).toThrow(/^(weight|bantime)=/);
  });

  it("does not stumble over anything else", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("(?#", ")", "\\", "(", "weight=", "2", ",", "x")), (parts) => {
        try {
          parseWorth(parts.join(""));
        } catch (error) {
          expect(error).toMatchObject({ code: "worth" });
        }
      }),
    );
  });
});
