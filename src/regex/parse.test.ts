import { describe, expect, it } from "vitest";
import { RegexError, parsePattern } from ".";

function errorOf(source: string): RegexError {
  try {
    parsePattern(source);
  } catch (error) {
    if (error instanceof RegexError) {
      return error;
    }
    throw error;
  }
  throw new Error(`no error for ${source}`);
}

describe("parsePattern", () => {
  it.each([
    ["(a", "missing ), unterminated subpattern", 0],
    ["a)", "unbalanced parenthesis", 1],
    ["[a", "unterminated character set", 0],
    ["*a", "nothing to repeat", 0],
    ["(*)", "nothing to repeat", 1],
    ["^*", "nothing to repeat", 1],
    ["a**", "multiple repeat", 2],
    ["a{3,2}", "min repeat greater than max repeat", 2],
    ["[z-a]", "bad character range z-a", 1],
    ["[\\d-a]", "bad character range \\d-a", 1],
    ["\\q", "bad escape \\q", 0],
    ["[\\A]", "bad escape \\A", 1],
    ["a\\", "bad escape (end of pattern)", 1],
    ["\\x1", "incomplete escape \\x1", 0],
    ["\\400", "octal escape value \\400 outside of range 0-0o377", 0],
    ["(?P<a>x)(?P<a>y)", "redefinition of group name 'a' as group 2; was group 1", 12],
    ["(?P<1>x)", "bad character in group name '1'", 4],
    ["(?P<>x)", "missing group name", 4],
    ["(?P<a", "missing >, unterminated name", 4],
    ["(?P=a)", "unknown group name 'a'", 4],
    ["(?P>a)", "unknown extension ?P>", 1],
    ["(?z)", "unknown extension ?z", 1],
    ["(?<a>x)", "unknown extension ?<a", 1],
    ["(?", "unexpected end of pattern", 2],
    ["(?#x", "missing ), unterminated comment", 0],
    ["(\\1)", "cannot refer to an open group", 1],
    ["\\1", "invalid group reference 1", 1],
    ["(?(1)a)", "invalid group reference 1", 3],
    ["(?(0)a)", "bad group number", 3],
    ["()(?(1)a|b|c)", "conditional backref with more than two branches", 10],
    ["a(?i)b", "global flags not at the start of the expression", 1],
    ["^(?i)x", "global flags not at the start of the expression", 1],
    ["(?i-i:x)", "bad inline flags: flag turned on and off", 5],
    ["(?L)x", "bad inline flags: cannot use 'L' flag with a str pattern", 3],
    ["(?i-u:x)", "bad inline flags: cannot turn off flags 'a', 'u' and 'L'", 5],
    ["(?<=a+)b", "look-behind requires fixed-width pattern", 0],
    ["(?<=a|bc)d", "look-behind requires fixed-width pattern", 0],
    ["a{4294967295}", "the repetition number is too large", 2],
  ])("refuses %s as Python does", (source, reason, position) => {
    const error = errorOf(source);
    expect(error).toMatchObject({ code: "regex-syntax", reason, position });
  });

  it("says line and column of a pattern of several lines", () => {
    const error = errorOf("(?x) a\n  é (b\n");
    expect(error).toMatchObject({ position: 11, line: 2, column: 5 });
    expect(error.message).toBe("missing ), unterminated subpattern at position 11 (line 2, column 5)");
  });

  it("counts positions in characters, not in UTF-16 units", () => {
    expect(errorOf("😀😀(")).toMatchObject({ position: 2, column: 3 });
  });

  it("refuses names of characters as unsupported", () => {
    expect(errorOf("\\N{DIGIT ONE}")).toMatchObject({ code: "regex-unsupported" });
  });

  it.each([
    ["a million opening parentheses", "(".repeat(1_000_000)],
    ["ten million letters", "a".repeat(10_000_000)],
    ["fifty thousand nested groups", "(".repeat(50_000) + ")".repeat(50_000)],
    ["fifteen thousand nested conditionals", `()${"(?(1)".repeat(15_000)}${")".repeat(15_000)}`],
    ["twenty thousand nested look-behinds", "(?<=".repeat(20_000) + ")".repeat(20_000)],
  ])("refuses %s at once", (_, source) => {
    const start = performance.now();
    expect(errorOf(source).code).toBe("regex-unsupported");
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("gives a tree without flags: they are worked into the nodes", () => {
    const { root } = parsePattern("(?i)a(?-i:b)");
    expect(root).toEqual({
      type: "sequence",
      items: [
        { type: "literal", code: 97, fold: "unicode" },
        { type: "literal", code: 98, fold: "none" },
      ],
    });
  });

  it("numbers and names groups", () => {
    const pattern = parsePattern("(a)(?:b)(?P<host>c)(?P<é>d)");
    expect(pattern.groupCount).toBe(3);
    expect([...pattern.groupNames]).toEqual([
      ["host", 2],
      ["é", 3],
    ]);
  });
});
