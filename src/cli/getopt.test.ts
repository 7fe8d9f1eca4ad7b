import { describe, expect, test } from "vitest";
import { parseOptions, type CommandLine } from "./getopt";

const names = { short: "ab:v", long: ["conf=", "dp", "dump-pretty", "test", "timeout="] };

describe("parseOptions", () => {
  test.each<[string[], CommandLine]>([
    [[], { options: [], rest: [] }],
    [["x", "-a"], { options: [], rest: ["x", "-a"] }],
    [["-a", "x"], { options: [{ name: "-a", value: "" }], rest: ["x"] }],
    [["-avb", "1", "x"], make(["-a", ""], ["-v", ""], ["-b", "1"], "x")],
    [["-avb1", "x"], make(["-a", ""], ["-v", ""], ["-b", "1"], "x")],
    [["-b", "-a"], { options: [{ name: "-b", value: "-a" }], rest: [] }],
    [["--conf", "d"], { options: [{ name: "--conf", value: "d" }], rest: [] }],
    [["--c=d=e"], { options: [{ name: "--conf", value: "d=e" }], rest: [] }],
    [["--conf="], { options: [{ name: "--conf", value: "" }], rest: [] }],
    [["--tim", "3"], { options: [{ name: "--timeout", value: "3" }], rest: [] }],
    [["--dp"], { options: [{ name: "--dp", value: "" }], rest: [] }],
    [["--", "-a"], { options: [], rest: ["-a"] }],
    [["-", "-a"], { options: [], rest: ["-", "-a"] }],
  ])("%j", (args, line) => {
    expect(parseOptions(args, names)).toEqual(line);
  });

  test.each([[["-x"]], [["-b"]], [["-:"]], [["--conf"]], [["--t"]], [["--d"]], [["--dp=1"]], [["--none"]]])(
    "refuses %j",
    (args) => {
      expect(parseOptions(args, names)).toBeUndefined();
    },
  );
});

function make(...parts: readonly ([string, string] | string)[]): CommandLine {
  return {
    options: parts.flatMap((part) => (typeof part === "string" ? [] : [{ name: part[0], value: part[1] }])),
    rest: parts.filter((part) => typeof part === "string"),
  };
}
