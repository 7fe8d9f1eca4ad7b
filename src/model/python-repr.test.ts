import { describe, expect, it } from "vitest";
import { PyFloat, PyTuple, type CommandValue } from "./command";
import { formatPython, formatPythonFloat, formatPythonText } from "./python-repr";

describe("formatPython", () => {
  it.each<[CommandValue, string]>([
    [null, "None"],
    [true, "True"],
    [false, "False"],
    [5, "5"],
    [-0, "0"],
    [1e21, "1000000000000000000000"],
    [12n, "12"],
    [1.5, "1.5"],
    [new PyFloat(2), "2.0"],
    ["plain", "'plain'"],
    ["it's", '"it\'s"'],
    ['it\'s "so"', "'it\\'s \"so\"'"],
    ["a\\d\n\t\r", "'a\\\\d\\n\\t\\r'"],
    ["\u0000\u007f\u00a0é", "'\\x00\\x7f\\xa0é'"],
    ["\u2028\udc80\u{10ffff}", "'\\u2028\\udc80\\U0010ffff'"],
    ["😀", "'😀'"],
    [[], "[]"],
    [["a", ["b", 1]], "['a', ['b', 1]]"],
    [new PyTuple(["a"]), "('a',)"],
    [new PyTuple(["a", 1]), "('a', 1)"],
    [new Map<CommandValue, CommandValue>([["stacksize", 64]]), "{'stacksize': 64}"],
    [new Set<CommandValue>(), "set()"],
    [new Set<CommandValue>(["x"]), "{'x'}"],
  ])("value %# becomes its repr", (value, text) => {
    expect(formatPython(value)).toBe(text);
  });

  it("keeps bare text bare where Python's str would", () => {
    expect(formatPythonText("a'b")).toBe("a'b");
    expect(formatPythonText(null)).toBe("None");
  });
});

describe("formatPythonFloat", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [0.0001, "0.0001"],
    [0.00012345, "0.00012345"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1.25e100, "1.25e+100"],
    [123456.789, "123456.789"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NEGATIVE_INFINITY, "-inf"],
    [Number.NaN, "nan"],
  ])("writes %d as %s", (value, text) => {
    expect(formatPythonFloat(value)).toBe(text);
  });
});
