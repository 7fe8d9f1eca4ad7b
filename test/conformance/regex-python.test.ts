import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegexError, childrenOf, compilePattern, parsePattern, type Node } from "../../src/regex";
import { askPython, findPython, type Answer, type Case, type Spans } from "./python-re.testing";
import { patternArbitrary, textArbitrary } from "../../src/regex/arbitraries.testing";

/** About four seconds. */
const RUNS = Number(process.env["REGEX_RUNS"] ?? 3000);
const python = findPython();
if (python === undefined) {
  console.warn("SKIPPED regex-python: no python3 of version 3.11 or later to compare with");
}

function answer(example: Case): Answer {
  try {
    const pattern = parsePattern(example.pattern, { multiline: example.multiline ?? false });
    const matcher = compilePattern(pattern);
    const spans = example.texts.map((text) => {
      const found = matcher.execSpans(text);
      expect(matcher.test(text)).toBe(found !== undefined);
      if (!found) {
        return null;
      }
      return Array.from({ length: pattern.groupCount + 1 }, (_, i) => {
        const span = found.span(i);
        expect(matcher.exec(text)?.group(i)).toBe(span && text.slice(span.start, span.end));
        return [span?.start ?? -1, span?.end ?? -1] as const;
      });
    });
    return { spans, names: Object.fromEntries(pattern.groupNames) };
  } catch (error) {
    if (error instanceof RegexError) {
      return { error: error.reason, position: error.position };
    }
    throw error;
  }
}

/** Python gives no position for errors it finds late. */
function sameAnswer(got: Answer, want: Answer): boolean {
  if ("error" in got && "error" in want && want.position === null) {
    return got.error === want.error;
  }
  return JSON.stringify(got) === JSON.stringify(want);
}

/** The places where the answers differ, as text for the report; what Python is too slow for or gets wrong is left out. */
function differences(cases: readonly Case[]): readonly string[] {
  const wanted = askPython(cases);
  return cases.flatMap((example, i) => {
    const want = wanted[i] as Answer;
    if ("spans" in want && isUnusable(example, want.spans)) {
      return [];
    }
    const got = answer(example);
    return sameAnswer(got, want)
      ? []
      : [`${JSON.stringify(example)}\n  python ${JSON.stringify(want)}\n  ours   ${JSON.stringify(got)}`];
  });
}

/**
 * Python before 3.11.5 goes on at a wrong place when a round of a possessive repeat fails; later ones still keep
 * groups of branches that failed in such a round.
 */
function isUnusable(example: Case, spans: readonly (Spans | "no-answer")[]): boolean {
  const root = () => parsePattern(example.pattern).root;
  return spans.includes("no-answer") || hasPossessive(root(), python?.faultyPossessive === true);
}

function hasPossessive(node: Node, withoutGroups: boolean): boolean {
  const counts = node.type === "repeat" && node.mode === "possessive" && (withoutGroups || hasCapture(node));
  return counts || childrenOf(node).some((child) => hasPossessive(child, withoutGroups));
}

function hasCapture(node: Node): boolean {
  return node.type === "capture" || childrenOf(node).some(hasCapture);
}

describe.skipIf(python === undefined)("regex against python's re", () => {
  it("finds the same places and groups for generated patterns and texts", () => {
    const cases = fc.sample(
      fc.record({
        pattern: patternArbitrary,
        texts: fc.array(textArbitrary, { minLength: 6, maxLength: 6 }),
        multiline: fc.boolean(),
      }),
      { numRuns: RUNS },
    );
    const wrong = differences(cases);
    expect(wrong.slice(0, 20).join("\n")).toBe("");
  });

  it("refuses the same patterns for the same reasons", () => {
    const pieces = [
      "a",
      "b",
      "(",
      ")",
      "[",
      "]",
      "|",
      "*",
      "+",
      "?",
      "{",
      "}",
      ",",
      "1",
      "2",
      "0",
      "8",
      "^",
      "$",
      "-",
      ":",

      "\\",
      "\\x",
      "\\u00",
      "\\d",
      "\\b",
      "\\A",
      "\\q",
      "\\1",
      "\\g",
      "(?",
      "(?P",
      "(?P<n>",
      "(?P=n)",
      "(?:",
      "(?=",

      "(?<!",
      "(?<",
      "(?>",
      "(?#",
      "(?(1)",
      "(?(n)",
      "(?(",
      "(?i",
      "(?i)",
      "(?-i:",
      "(?x)",
      "(?s-",
      "<",
      ">",
      "=",
      "!",
      "é",

      "#",
      " ",
      "\n",
      "😀",
      "L",
      "u",
      "z",
      "{2,1}",
      "{,2}",
      "[a-",
      "[^]",
      "\\400",
      "\\08",
      "[\\d-z]",
      "'",
      '"',
    ];
    const patterns = fc.sample(fc.array(fc.constantFrom(...pieces), { maxLength: 9 }), RUNS);
    const wrong = differences(patterns.map((all) => ({ pattern: all.join(""), texts: ["ab", "a1é\n"] })));
    expect(wrong.slice(0, 20).join("\n")).toBe("");
  });
});
