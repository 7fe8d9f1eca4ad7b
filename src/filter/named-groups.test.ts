import { describe, expect, it } from "vitest";
import { combineGroups } from "./named-groups";

function combined(groups: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(combineGroups(new Map(Object.entries(groups))));
}

describe("alternatives", () => {
  it.each([
    [{ user: "a", alt_user: "b" }, "user", "a"],
    [{ user: "", alt_user: "b" }, "user", "b"],
    [{ alt_user_2: "c", alt_user_1: "b" }, "user", "b"],
    [{ alt_user_1: "", alt_user_2: "c" }, "user", "c"],
    [{ alt_id: "x" }, "fid", "x"],
    [{ alt_port_1: "22" }, "fport", "22"],
    [{ alt_user1: "b" }, "user1", "b"],
    [{ alt_user1: "b" }, "user", undefined],
  ])("%j gives %s %j", (groups, name, value) => {
    expect(combined(groups as Record<string, string>)[name]).toBe(value);
  });
});

describe("tuples", () => {
  it("join their parts in the order of the names", () => {
    expect(combined({ tuple_id_2: "a", tuple_id_1: "b", fid: "c" })["fid"]).toBe("('c', 'b', 'a')");
  });

  it("begin with None when there is no first part", () => {
    expect(combined({ tuple_user: "a" })["user"]).toBe("(None, 'a')");
  });

  it("show what a stranger wrote as Python would", () => {
    expect(combined({ fid: "a', 'b", tuple_id: "\n" })["fid"]).toBe(`("a', 'b", '\\n')`);
  });
});

it("gives back the same groups when there is nothing to do", () => {
  const groups = new Map([["user", "a"]]);
  expect(combineGroups(groups)).toBe(groups);
});
