import { createContext, Script } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  childrenOf,
  compilePattern,
  findExplosion,
  findInjections,
  parsePattern,
  type Node,
  type Pattern,
} from ".";
import { patternArbitrary } from "./arbitraries.testing";
import { listForks, makeSample } from "./sample";

const MATCH_MS = 2000;

/** What work gives; undefined when it takes longer than so many milliseconds. */
function within<T>(milliseconds: number, work: () => T): T | undefined {
  const context = createContext({ work });
  try {
    return new Script("work()").runInContext(context, { timeout: milliseconds }) as T;
  } catch (error) {
    if (typeof error === "object" && error && Reflect.get(error, "code") === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      return undefined;
    }
    throw error;
  }
}

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

describe("what looks for attacks", () => {
  it("takes every pattern, and accuses only whom the pattern itself takes for the offender", () => {
    let done = 0;
    fc.assert(
      fc.property(patternArbitrary, (source) => {
        const pattern = tryParse(
          `${source}.*(?P<ip4>[0-9.]+)${source.replaceAll("(?P<n>", "(").replace(/^\(\?[a-z]+\)/, "")}`,
        );
        fc.pre(pattern !== undefined);
        findExplosion(pattern);
        const search = { offender: "ip4", victim: "192.0.2.77", peer: "203.0.113.9" };
        const answer = within(MATCH_MS, () => {
          const [found] = findInjections(pattern, search);
          return { found, accused: found && compilePattern(pattern).exec(`${found.forged}\n`)?.named("ip4") };
        });
        // Some of these patterns take longer than anybody lives to match a line of thirty characters.
        fc.pre(answer !== undefined);
        expect(answer.accused).toBe(answer.found && search.victim);
        done++;
      }),
      { numRuns: 200 },
    );
    expect(done).toBeGreaterThan(150);
  });
});
