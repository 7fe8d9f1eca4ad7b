import { describe, expect, it } from "vitest";
import { parseRegexOptions, type RegexOptions } from "./options";

function parse(...args: readonly string[]): RegexOptions {
  const call = parseRegexOptions(args);
  if (call.type !== "run") {
    throw new Error(call.type === "error" ? call.message : call.type);
  }
  return call.options;
}

describe("the command line", () => {
  it("takes options anywhere, joined, cut short and with their values in all ways", () => {
    expect(parse("log", "-vvr", "regex", "-L5", "--datep=%Y", "--out", "row", "-c", "dir")).toMatchObject({
      words: ["log", "regex"],
      verbose: 2,
      raw: true,
      maxlines: 5,
      datepattern: "%Y",
      out: "row",
      config: "dir",
    });
  });

  it("takes everything behind -- as words, and - as a word", () => {
    expect(parse("-", "--", "-v", "--raw")).toMatchObject({
      words: ["-", "-v", "--raw"],
      verbose: 0,
      raw: false,
    });
  });

  it("sets the verbosity as a number too", () => {
    expect(parse("--verbosity=3").verbose).toBe(3);
    expect(parse("-v", "--verbosity", "0").verbose).toBe(0);
  });

  it("says which lines are listed", () => {
    expect(parse().print).toEqual({ matched: "none", ignored: "some", missed: "some" });
    expect(
      parse("--print-all-matched", "--print-no-missed", "--print-all-missed", "--print-all-ignored").print,
    ).toEqual({ matched: "all", ignored: "all", missed: "none" });
  });

  it.each([
    [["--nope"], "no such option: --nope"],
    [["-x"], "no such option: -x"],
    [["-o"], "-o option requires 1 argument"],
    [["--out"], "--out option requires 1 argument"],
    [["--raw=1"], "--raw option does not take a value"],
    [["-L", "many"], "option -L: invalid integer value: 'many'"],
    [["--verb"], "ambiguous option: --verb (--verbose, --verbose-date, --verbosity?)"],
  ])("refuses %j", (args, message) => {
    expect(parseRegexOptions(args)).toEqual({ type: "error", message });
  });

  it.each([
    ["-h", "help"],
    ["--help", "help"],
    ["--version", "version"],
    ["-V", "short-version"],
  ])("answers %s at once", (word, type) => {
    expect(parseRegexOptions(["log", word, "--nope"])).toEqual({ type });
  });
});
