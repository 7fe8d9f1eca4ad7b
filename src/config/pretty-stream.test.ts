import { describe, expect, it } from "vitest";
import { formatStreamPretty } from "./pretty-stream";

describe("formatStreamPretty", () => {
  it("keeps short commands on one line", () => {
    expect(formatStreamPretty([{ command: ["set", "j", "maxretry", 5] }])).toBe(
      "['set', 'j', 'maxretry', 5]\n",
    );
  });
  it("breaks long lists, then long texts after line breaks and blanks", () => {
    const text = `${"a".repeat(600)} ${"b".repeat(600)}\nend`;
    expect(formatStreamPretty([{ command: ["set", [text, 1]] }])).toBe(
      `[ 'set',\n  [ '${"a".repeat(600)} '\n    '${"b".repeat(600)}\\n'\n    'end',\n    1]]\n`,
    );
  });
});
