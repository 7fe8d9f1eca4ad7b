import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern, findExplosion, findInjections, parsePattern, type Pattern } from "../../regex";
import { patternArbitrary } from "../../regex/arbitraries.testing";
import { doWithinWork } from "./time-limit";

const MATCH_MS = 2000;

function tryParse(source: string): Pattern | undefined {
  try {
    return parsePattern(source);
  } catch {
    return undefined;
  }
}

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
        const answer = doWithinWork(MATCH_MS, () => {
          const [found] = findInjections(pattern, search);
          return { found, accused: found && compilePattern(pattern).exec(`${found.forged}\n`)?.named("ip4") };
        });
        // Some of these patterns take longer than anybody lives to match a line of thirty characters.
        fc.pre(typeof answer !== "string");
        expect(answer.value.accused).toBe(answer.value.found && search.victim);
        done++;
      }),
      { numRuns: 200 },
    );
    expect(done).toBeGreaterThan(150);
  });
});
