import { expect, test } from "vitest";
import { splitWords } from "./client-interactive";

test.each([
  ["", []],
  ["  status   t1 ", ["status", "t1"]],
  [`set t1 addfailregex "a b" 'c "d"' e\\ f`, ["set", "t1", "addfailregex", "a b", 'c "d"', "e f"]],
  [`"a \\"b\\" \\n" ''`, ['a "b" \\n', ""]],
  [`a'b'"c"d`, ["abcd"]],
])("splits %j as a shell does", (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test("refuses what is not closed", () => {
  expect(() => splitWords("a 'b")).toThrow("No closing quotation");
  expect(() => splitWords('a "b')).toThrow("No closing quotation");
  expect(() => splitWords("a \\")).toThrow("No escaped character");
});
