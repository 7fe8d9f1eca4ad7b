import { expect, it } from "vitest";
import type { CommandValue } from "../model";
import { formatEnforcement } from "./enforcement-text";

function answer(
  counts: readonly [number, number, number],
  reasons: readonly (readonly [string, string])[],
): CommandValue {
  const [applied, pending, failed] = counts;
  return new Map<CommandValue, CommandValue>([
    ["applied", applied],
    ["pending", pending],
    ["failed", failed],
    ["reasons", new Map<CommandValue, CommandValue>(reasons)],
  ]);
}

it("tells how many bans are in force, pending and failed", () => {
  expect(formatEnforcement("sshd", answer([3, 2, 0], []))).toBe(
    "Enforcement for the jail: sshd\n|- In force:\t3\n|- Pending:\t2\n`- Failed:\t0\n",
  );
});

it("lists those that failed, with the reason", () => {
  const reasons = [
    ["192.0.2.1", "nft: no such table"],
    ["192.0.2.2", ""],
  ] as const;
  expect(
    formatEnforcement("sshd", answer([1, 0, 2], reasons))
      .split("\n")
      .slice(3),
  ).toEqual(["`- Failed:\t2", "   |- 192.0.2.1: nft: no such table", "   `- 192.0.2.2: unknown", ""]);
  expect(
    formatEnforcement("sshd", answer([1, 0, 9], reasons))
      .split("\n")
      .at(-2),
  ).toBe("   `- and 7 more");
});

it("does not list bans that are being tried again", () => {
  expect(formatEnforcement("sshd", answer([0, 1, 0], [["192.0.2.1", "no"]]))).not.toContain("192.0.2.1");
});

it("keeps each in one line, whatever an id or a program says", () => {
  const text = formatEnforcement(
    "sshd",
    answer([0, 0, 1], [["a\n`- b\u001b[31m", `x\r\n\n${"y".repeat(500)}`]]),
  );
  expect(text.split("\n")).toHaveLength(6);
  expect(text.split("\n").at(-2)).toMatch(/^ {3}`- a `- b \[31m: x y{297,299}\.\.\.$/);
});

it.each([null, "x", [], new Map(), new Map([["applied", "1"]])])("gives no text for %s", (value) => {
  expect(formatEnforcement("sshd", value)).toBe("");
});
