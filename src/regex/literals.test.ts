import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegexError, compilePattern, parsePattern, requiredLiterals, type LiteralClause } from ".";
import { patternArbitrary, textArbitrary } from "./arbitraries.testing";

function literalsOf(source: string): readonly LiteralClause[] {
  return requiredLiterals(parsePattern(source));
}

function holds(clause: LiteralClause, text: string): boolean {
  const seen = clause.ignoreCase ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
  return clause.texts.some((wanted) => seen.includes(wanted));
}

describe("requiredLiterals", () => {
  it.each<[string, readonly LiteralClause[]]>([
    ["Failed password for", [{ texts: ["Failed password for"], ignoreCase: false }]],
    [
      "Failed passwords? for",
      [{ texts: ["Failed passwords for", "Failed password for"], ignoreCase: false }],
    ],
    ["(?:Failed|Invalid) user", [{ texts: ["Failed user", "Invalid user"], ignoreCase: false }]],
    ["x*(?P<a>long )text\\d+", [{ texts: ["long text"], ignoreCase: false }]],
    ["\\d(?:foo.*|bar\\d)\\d", [{ texts: ["foo", "bar"], ignoreCase: false }]],
    ["(?:foo|\\d)", []],
    ["(?:foo)*.", []],
    [
      "foo\\nbar.",
      [
        { texts: ["foo"], ignoreCase: false },
        { texts: ["bar"], ignoreCase: false },
      ],
    ],
    ["[aA]uth", [{ texts: ["auth"], ignoreCase: true }]],
    [
      "(?i)login",
      [
        { texts: ["log"], ignoreCase: true },
        { texts: ["n"], ignoreCase: true },
      ],
    ],
    ["(?ia)login", [{ texts: ["login"], ignoreCase: true }]],
    [
      "foo+bar",
      [
        { texts: ["obar"], ignoreCase: false },
        { texts: ["foo"], ignoreCase: false },
      ],
    ],
    ["(?=.*needle)\\w", [{ texts: ["needle"], ignoreCase: false }]],
    ["(?!never)\\w", []],
    ["(x)?(?(1)yes|no)\\d", [{ texts: ["yes", "no"], ignoreCase: false }]],
    ["(?:ab){2}c", [{ texts: ["ababc"], ignoreCase: false }]],
    ["aé", [{ texts: ["a"], ignoreCase: false }]],
    ["", []],
  ])("of %s", (source, clauses) => {
    expect(literalsOf(source)).toEqual(clauses);
  });

  it("stays small for patterns that multiply", () => {
    const clauses = literalsOf("(?:a|b|c)".repeat(5000));
    expect(clauses.length).toBeLessThanOrEqual(16);
    expect(clauses.every((clause) => clause.texts.length <= 24)).toBe(true);
  });

  it("holds for every text that matches", () => {
    const property = fc.property(
      patternArbitrary,
      fc.array(textArbitrary, { maxLength: 6 }),
      (source, texts) => {
        const pattern = parseIfValid(source);
        fc.pre(pattern !== undefined);
        const clauses = requiredLiterals(pattern);
        const matcher = compilePattern(pattern);
        for (const text of texts.filter((one) => matcher.test(one))) {
          for (const clause of clauses) {
            expect(holds(clause, text), `${JSON.stringify(clause)} in ${JSON.stringify(text)}`).toBe(true);
          }
        }
      },
    );
    fc.assert(property, { numRuns: 1500 });
  });
});

function parseIfValid(source: string) {
  try {
    return parsePattern(source);
  } catch (error) {
    expect(error).toBeInstanceOf(RegexError);
    return undefined;
  }
}
