import { setFlagsFromString } from "node:v8";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegexError, compilePattern, parsePattern } from ".";
import { patternArbitrary, textArbitrary } from "./arbitraries.testing";
import { BacktrackEngine } from "./backtrack-engine";
import { compileProgram } from "./program";

/** The texts of all groups, the whole match first; undefined without a match. */
function groupsOf(source: string, text: string): readonly (string | undefined)[] | undefined {
  const pattern = parsePattern(source);
  const match = compilePattern(pattern).exec(text);
  return match && Array.from({ length: pattern.groupCount + 1 }, (_, i) => match.group(i));
}

describe("compilePattern", () => {
  it("searches anywhere and reads groups by name and number", () => {
    const match = compilePattern(parsePattern("from (?P<ip4>[\\d.]+)(?P<port>:\\d+)?")).exec(
      "x from 192.0.2.1 \n",
    );
    expect(match?.start).toBe(2);
    expect(match?.end).toBe(16);
    expect(match?.named("ip4")).toBe("192.0.2.1");
    expect(match?.named("port")).toBeUndefined();
    expect(match?.named("nothing")).toBeUndefined();
    expect({ ...match?.groups() }).toEqual({ ip4: "192.0.2.1", port: undefined });
  });

  it("keeps names apart from JavaScript's own properties", () => {
    const match = compilePattern(parsePattern("(?P<__proto__>a)(?P<constructor>b)")).exec("ab");
    expect(Object.entries(match?.groups() ?? {})).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    expect(match?.named("toString")).toBeUndefined();
  });

  it.each([
    ["`$` before the last newline only", "a$", "a\na\n", ["a"]],
    ["`\\Z` at the very end", "a\\Z", "a\n", undefined],
    ["braces that are no quantifier", "{[^}]+}x{,2}y{", "{a}xxy{", ["{a}xxy{"]],
    ["a bracket first in a class", "[^]]+", "ab]", ["ab"]],
    ["an open bracket in a class", "[^[]*", "ab[", ["ab"]],
    ["separators of ASCII as blanks", "\\s+", "a\x1c\x1f b", ["\x1c\x1f "]],
    ["no byte order mark as blank", "\\s", "\ufeff", undefined],
    ["digits and letters of all scripts", "^\\w+\\d$", "née٣", ["née٣"]],
    ["astral characters as one", "^.$", "😀", ["😀"]],
    ["the Kelvin sign as k", "(?i)^k$", "\u212a", ["\u212a"]],
    ["letters beyond ASCII that fold into it", "(?i)^\u017f\u0131$", "SI", ["SI"]],
    ["no such letters under (?a)", "(?ia)k", "\u212a", undefined],
    ["a group that matched nothing as set", "(a?)?b", "b", ["b", ""]],
    ["groups of earlier rounds", "(?:(a)|(b))*", "ab", ["ab", "a", "b"]],
    ["one empty round", "(a?)*", "aa", ["aa", ""]],
    ["an empty round that ends the loop", "(|a)+", "aa", ["", ""]],
    ["a reference to an unset group as failure", "(?:(a)|b)\\1", "b", undefined],
    ["a conditional", '^(")?x(?(1)"|!)$', '"x"', ['"x"', '"']],
    ["the other branch of a conditional", '^(")?x(?(1)"|!)$', "x!", ["x!", undefined]],
    ["a conditional at an empty group", "(?P<q>)?(?(q)a|b)", "a", ["a", ""]],
    ["atomic groups", "(?>a+)ab", "aaab", undefined],
    ["possessive rounds", "(?:a|ab){2}+", "aba", undefined],
    ["references that ignore case", "(?i)(ab)\\1", "aBAb", ["aBAb", "aB"]],
  ])("takes %s", (_, source, text, groups) => {
    expect(groupsOf(source, text)).toEqual(groups);
  });

  it("gives places as JavaScript indices", () => {
    const match = compilePattern(parsePattern("é(?P<x>.)(y)?")).execSpans("😀é😀");
    expect(match && { start: match.start, end: match.end }).toEqual({ start: 2, end: 5 });
    expect(match?.span(1)).toEqual({ start: 3, end: 5 });
    expect(match?.span(2)).toBeUndefined();
    expect(match?.span(3)).toBeUndefined();
  });

  it("keeps no state between searches", () => {
    const matcher = compilePattern(parsePattern("é|a"));
    expect([
      matcher.test("é"),
      matcher.test("é"),
      matcher.exec("xé")?.start,
      matcher.exec("a")?.start,
    ]).toEqual([true, true, 1, 0]);
  });

  it("takes large counts and long texts without blowing up", () => {
    const start = performance.now();
    const text = `${"a".repeat(20_000)}b\n`;
    expect(groupsOf("((?:a{2,1000}){2,1000}){1,9}b", text)?.[0]).toHaveLength(20_001);
    expect(groupsOf("(?:(x)|a)*b", text)?.[0]).toHaveLength(20_001);
    expect(groupsOf("(?:(a|x)?){1,}b$", text)?.[0]).toHaveLength(20_001);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it("refuses counts that only an endless loop could fulfil", () => {
    expect(() => parsePattern("(?:a?){4000000000}")).toThrow("counted repeats too large");
    expect(() => parsePattern("((a?){90000}){90000}")).toThrow("counted repeats too large");
    expect(groupsOf("(?:ab){4000000000}", "abab")).toBeUndefined();
  });

  it("leaves V8's linear engine a way to take patterns with addresses and a last dollar", () => {
    setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");
    const address =
      "(?:(?P<ip4>(?:\\d{1,3}\\.){3}\\d{1,3})|(?P<ip6>(?:[0-9a-f]{1,4}::?|::){1,7}(?:[0-9a-f]{1,4}|(?<=:):)))";
    const start = performance.now();
    expect(groupsOf(`^(?:a+)+ from ${address}$`, `${"a".repeat(28)}!\n`)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("has one meaning, whichever engine does the work", () => {
    const property = fc.property(
      patternArbitrary,
      fc.array(textArbitrary, { maxLength: 4 }),
      (source, texts) => {
        const pattern = parseIfValid(source)[0];
        fc.pre(pattern !== undefined);
        const machine = new BacktrackEngine(compileProgram(pattern), pattern.groupNames);
        const matcher = compilePattern(pattern);
        for (const text of texts) {
          const [found, expected] = [matcher.execSpans(text), machine.execSpans(text)];
          expect(found?.end).toBe(expected?.end);
          for (let i = 0; i <= pattern.groupCount; i += 1) {
            expect(found?.span(i)).toEqual(expected?.span(i));
          }
        }
      },
    );
    fc.assert(property, { numRuns: 600 });
  });
});

function parseIfValid(source: string) {
  try {
    return [parsePattern(source)];
  } catch (error) {
    expect(error).toBeInstanceOf(RegexError);
    return [];
  }
}
