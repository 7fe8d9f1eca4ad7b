import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childrenOf, compilePattern, parsePattern, type Node, type Pattern } from ".";
import { patternArbitrary } from "./arbitraries.testing";
import { listForks, makeSample } from "./sample";

function tryParse(source: string): Pattern | undefined {
  try {
    return parsePattern(source);
  } catch {
    return undefined;
  }
}

/** Whether a made-up text must match: nothing in the pattern depends on what stands around it. */
function isPlain(node: Node): boolean {
  const isOdd =
    ["look", "assertion", "back-reference", "conditional", "atomic"].includes(node.type) ||
    (node.type === "repeat" && node.mode === "possessive");
  return !isOdd && childrenOf(node).every(isPlain);
}

describe("makeSample", () => {
  it("writes a text that the pattern matches, whichever fork it takes", () => {
    const ascii = patternArbitrary.filter((source) => !/[^ -~]/.test(source));
    fc.assert(
      fc.property(ascii, (source) => {
        const pattern = tryParse(source);
        fc.pre(pattern !== undefined && isPlain(pattern.root));
        const matcher = compilePattern(pattern);
        expect(matcher.test(makeSample(pattern).text)).toBe(true);
        for (const fork of listForks(pattern)) {
          expect(matcher.test(makeSample(pattern, { fork }).text)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("puts given texts into groups, and tells where each part stands", () => {
    const pattern = parsePattern("^(?:x (?P<user>a+) )?from (?P<ip>b)?$");
    const { text, spans } = makeSample(pattern, {
      groups: new Map([
        ["user", "me"],
        ["ip", "192.0.2.1"],
      ]),
    });
    expect(text).toBe("x me from 192.0.2.1");
    const first = [...spans].find(([node]) => node.type === "capture" && node.name === "user");
    expect(first?.[1]).toEqual({ start: 2, end: 4 });
  });

  it("is readable", () => {
    expect(makeSample(parsePattern(String.raw`^\w+\[\d+\]: [A-Z]\S+ "[^"]+"\s.$`)).text).toBe(
      'x[4]: Ax "x" x',
    );
  });
});
