import { describe, expect, it } from "vitest";
import { findNearestName } from "./nearest-name";

describe("findNearestName", () => {
  it.each([
    ["bantme", "bantime"],
    ["bnatime", "bantime"],
    ["fidntimee", "findtime"],
    ["bantime", undefined],
    ["port", undefined],
    ["xyz", undefined],
  ])("%s means %s", (name, expected) => {
    expect(findNearestName(name, ["bantime", "findtime", "maxretry"])).toBe(expected);
  });
});
