import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { patternArbitrary, textArbitrary } from "./arbitraries.testing";
import { theWorkspace } from "../wasm";
import { compileByteMatcher, type ByteMatcher } from "./byte-matcher";
import { RegexError } from "./errors";
import { compilePattern, type Matcher } from "./matcher";
import { parsePattern } from "./parse";
import type { Pattern } from "./tree";

/** Bytes before and behind the text, which must not be seen. */
const AROUND = "ab-0 ";
const WINDOW = theWorkspace().allocate(4096);

function exec(matcher: ByteMatcher, text: string): { state: number; groups: (string | undefined)[] } {
  const whole = AROUND + text + AROUND;
  theWorkspace().bytes.set(Buffer.from(whole, "latin1"), WINDOW);
  const start = WINDOW + AROUND.length;
  const state = matcher.exec(start, start + text.length);
  const groups: (string | undefined)[] = [];
  for (let i = 0; i < (state === 1 ? matcher.spans.length : 0); i += 2) {
    const [from = -1, to = -1] = [matcher.spans[i], matcher.spans[i + 1]];
    groups.push(from < 0 ? undefined : `${from - start}:${whole.slice(from - WINDOW, to - WINDOW)}`);
  }
  return { state, groups };
}

/** What the plain engines find, written the same way. */
function expected(matcher: Matcher, text: string): (string | undefined)[] | undefined {
  const found = matcher.execSpans(text);
  const count = matcher.pattern.groupCount + 1;
  return (
    found &&
    Array.from({ length: count }, (_, i) => {
      const span = found.span(i);
      return span && `${span.start}:${text.slice(span.start, span.end)}`;
    })
  );
}

function parse(source: string): Pattern | undefined {
  try {
    return parsePattern(source);
  } catch (error) {
    expect(error).toBeInstanceOf(RegexError);
    return undefined;
  }
}

/** Lines as a log has them: ASCII, and at most one newline, at the end. */
function toLine(text: string, ended: boolean): string {
  return text.replaceAll(/[^\x00-\x7f]|\n/g, "") + (ended ? "\n" : "");
}

describe("matching on bytes", () => {
  test("finds what the plain engines find, groups and all", () => {
    let compared = 0;
    let matched = 0;
    const texts = fc.array(fc.tuple(textArbitrary, fc.boolean()), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(patternArbitrary, texts, (source, lines) => {
        const pattern = parse(source);
        const quick = pattern && compileByteMatcher(pattern);
        if (!pattern || !quick) {
          return;
        }
        const plain = compilePattern(pattern);
        for (const [text, ended] of lines) {
          const line = toLine(text, ended);
          const wanted = expected(plain, line);
          const { state, groups } = exec(quick, line);
          expect({ source, line, groups: state === 1 ? groups : undefined }).toEqual({
            source,
            line,
            groups: wanted,
          });
          compared++;
          matched += state;
        }
      }),
      { numRuns: 2500 },
    );
    expect(compared).toBeGreaterThan(2500);
    expect(matched).toBeGreaterThan(600);
  });

  test.each([
    [String.raw`^(?:a|b)*c$`, "ababc\n"],
    [String.raw`^(?P<u>\S+|.*?) from (?P<h>[\w.:-]+?)(?: port \d+)?$`, "a b from 192.0.2.1 port 22\n"],
    [String.raw`^user (?P<u>.*) from (?P<h>\S+)$`, "user x from y from 192.0.2.1\n"],
    [String.raw`^(?P<c>inv )?(?(c)x|y)z`, "inv xz"],
    [String.raw`(?P<a>a+)(?P=a)`, "xaaaaa"],
    [String.raw`(?<![a-z])b(?=c)`, "abc bc"],
    [String.raw`(?i)failed (?:pass|key)+ for`, "FAILED passKEY for"],
    [String.raw`\bx{2,3}?y{0}\b`, "ax xxx xx"],
    [String.raw`(?>a+)ab|aab`, "aaab"],
    [String.raw`a*+b|\Z`, "aac"],
    [String.raw`(?>(?:a|(?:a)(?<=a))*)()x`, "yaax"],
    [String.raw`(?:baa|c*?ca|ab?){2}\W`, "aa\n"],
    [String.raw`(?>(?:ab|a(?:b|c))*)(d)`, "abacd"],
    [String.raw`(?=(?:ab|a(?:b|c))*d)a(?!(?:b|bc)*e)`, "acd abd"],
    ["", ""],
  ])("%s in %j", (source, text) => {
    const pattern = parsePattern(source);
    const quick = compileByteMatcher(pattern);
    const { state, groups } = exec(quick ?? expect.fail("not compiled"), text);
    expect(state === 1 ? groups : undefined).toEqual(expected(compilePattern(pattern), text));
  });

  test("gives up where a line would take for ever, and is whole again for the next line", () => {
    const matcher = compileByteMatcher(parsePattern(String.raw`^(?:a+)+b$`)) ?? expect.fail("not compiled");
    expect(exec(matcher, `${"a".repeat(200)}\n`).state).toBe(-1);
    expect(exec(matcher, "aaab\n")).toEqual({ state: 1, groups: ["0:aaab"] });
    const negated =
      compileByteMatcher(parsePattern(String.raw`^(?!(?:a+)+b)a`)) ?? expect.fail("not compiled");
    expect(exec(negated, `${"a".repeat(200)}\n`).state).toBe(-1);
  });

  test("says for which patterns it is no way", () => {
    expect(compileByteMatcher(parsePattern("(?i)(k)\\1"))).toBeUndefined();
    expect(compileByteMatcher(parsePattern("(?:a?)*"))).toBeUndefined();
    expect(compileByteMatcher(parsePattern("a+?[^]b]{2147483648}"))).toBeUndefined();
    expect(compileByteMatcher(parsePattern("a{3,4294967294}"))).toBeUndefined();
  });
});
