import { describe, expect, it } from "vitest";
import { ConfigError } from "./config-error";
import { splitShellWords } from "./shell-words";

describe("splitShellWords", () => {
  it.each([
    ["_A=b + C=d", ["_A=b", "+", "C=d"]],
    ['A="b c"d \'e"f\'', ["A=b cd", 'e"f']],
    ['a\\ b "c\\"d\\\\e\\f"', ["a b", 'c"d\\e\\f']],
    ["''  \t\n x # y", ["", "x", "#", "y"]],
    ["", []],
  ])("%j", (text, words) => {
    expect(splitShellWords(text)).toEqual(words);
  });
  it.each(['"a', "'a", "a\\"])("refuses %j", (text) => {
    expect(() => splitShellWords(text)).toThrow(ConfigError);
  });
});
