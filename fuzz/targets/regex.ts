import * as fc from "fast-check";
import { doWithin } from "../../src/cli/check/time-limit";
import {
  compileByteMatcher,
  compilePattern,
  findExplosion,
  isAscii,
  parsePattern,
  RegexError,
  requiredLiterals,
  type Pattern,
  type SpanMatch,
} from "../../src/regex";
import { patternArbitrary, textArbitrary } from "../../src/regex/arbitraries.testing";
import { BacktrackEngine } from "../../src/regex/backtrack-engine";
import { compileProgram } from "../../src/regex/program";
import { theWorkspace } from "../../src/wasm";
import { askPython, findPython, type Answer } from "../../test/conformance/python-re.testing";
import { demand, demandSame, tolerate, type FuzzTarget, type Random } from "../target";

/** A search that takes longer tells nothing: any pattern may be one that explodes. */
const SEARCH_MS = 100;
const LONGEST_PATTERN = 400;
const LONGEST_TEXT = 2000;
type Spans = readonly (readonly [number, number])[] | null;
interface Asked {
  readonly input: Buffer;
  readonly pattern: string;
  readonly texts: readonly [string];
  /** Undefined when it took too long, an error when the pattern was refused. */
  readonly found: Spans | undefined | Error;
}
/** Looked for once: that starts programs. */
let python: { readonly found: ReturnType<typeof findPython> } | undefined;
let asked: Asked[] = [];
let made: readonly (readonly [string, string])[] = [];

/** Where texts lie for the byte engine. */
let window: number | undefined;

/** A pattern and a text, divided by NUL: all engines agree with the slow and plain one, and with Python itself. */
export const regex: FuzzTarget = {
  name: "regex",
  seeds: () =>
    [
      ["^ failure from (?P<ip4>(?:\\d{1,3}\\.){3}\\d{1,3})$", " failure from 192.0.2.1"],
      ["(?i)[a-f0-9:]{2,40}(?<!::)\\b", "2001:DB8::1"],
      ['^(?P<q>")?[^"\\\\]*(?:\\\\.[^"\\\\]*)*(?(q)"|$)', '"a\\"b"'],
      ["(?x) a b # c\n (?>d+)e*+ \\Z", "abddde"],
      ["(?s-m:.)\\s\\W\\D\\S[^]a-]{,3}|x", "\n\u00a0é٣"],
      ["(?:(a)|b)*?\\1(?=c)(?!d)(?<=a)", "abaac"],
    ].map(([pattern, text]) => Buffer.from(`${pattern}\0${text}`)),
  words: [
    "(?:",
    "(?P<n>",
    "(?P=n)",
    "(?(n)",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "(?>",
    "(?i)",
    "(?s-i:",
    "(?#",
    ")",
    "|",
    "*",
    "+",
    "?",
    "{2,3}",
    "{,2}",
    "*?",
    "*+",
    "[^",
    "]",
    "[\\w-]",
    "\\1",
    "\\b",
    "\\B",
    "\\A",
    "\\Z",
    "$",
    "^",
    "\\d",
    "\\W",
    "\\x41",
    "\\u00e9",
    "\\N{DIGIT ONE}",
    "\\N",
    "\\0",
    "\\141",
    "é",
    "K",
    "😀",
    "ß",
    "İ",
  ],
  generate: (random) => {
    const [pattern, text] = takeMade(random);
    return Buffer.from(`${pattern}\0${text}`);
  },
  check: (input) => {
    const [source = "", text = ""] = input.toString("utf8").split("\0");
    if (source.length > LONGEST_PATTERN || text.length > LONGEST_TEXT) {
      return;
    }
    let error: Error | undefined;
    const pattern = tolerate(
      () => parsePattern(source),
      (thrown) => {
        error = thrown instanceof RegexError ? thrown : undefined;
        return error !== undefined;
      },
    );
    const found = pattern ? search(pattern, text) : error;
    asked.push({ input, pattern: source, texts: [text], found });
    if (pattern) {
      findExplosion(pattern);
    }
  },
  settle: () => {
    const cases = asked;
    asked = [];
    python ??= { found: findPython() };
    if (python.found) {
      compareWithPython(cases);
    }
  },
};

function takeMade(random: Random): readonly [string, string] {
  if (made.length === 0) {
    const seed = random.below(2 ** 31);
    made = fc.sample(fc.tuple(patternArbitrary, textArbitrary), { seed, numRuns: 200 });
  }
  const [first = ["", ""] as const] = made;
  made = made.slice(1);
  return first;
}

/** What is found, by all engines alike; undefined when one of them takes too long. */
function search(pattern: Pattern, text: string): Spans | undefined {
  const machine = new BacktrackEngine(compileProgram(pattern), pattern.groupNames);
  const plain = doWithin(SEARCH_MS, () => machine.execSpans(text));
  const quick = doWithin(SEARCH_MS, () => compilePattern(pattern).execSpans(text));
  const tested = doWithin(SEARCH_MS, () => compilePattern(pattern).test(text));
  if (!plain || !quick || !tested) {
    return undefined;
  }
  const expected = spansOf(pattern, plain.value);
  demandSame(spansOf(pattern, quick.value), expected, "the quick engine differs");
  demandSame(tested.value, expected !== null, "test differs from exec");
  checkBytes(pattern, text, expected);
  if (expected) {
    for (const { texts, ignoreCase } of requiredLiterals(pattern)) {
      const where = ignoreCase ? text.toLowerCase() : text;
      const has = texts.some((literal) => where.includes(ignoreCase ? literal.toLowerCase() : literal));
      demand(has || !isAscii(text), `a match without its literal ${texts.join(" or ")}`);
    }
  }
  return expected;
}

function checkBytes(pattern: Pattern, text: string, expected: Spans): void {
  if (!isAscii(text) || text.slice(0, -1).includes("\n") || !text.endsWith("\n")) {
    return;
  }
  const matcher = compileByteMatcher(pattern);
  window ??= theWorkspace().allocate(LONGEST_TEXT);
  const start = window;
  theWorkspace().bytes.set(Buffer.from(text, "latin1"), start);
  const found = doWithin(SEARCH_MS, () => matcher?.exec(start, start + text.length));
  if (!matcher || !found || found.value === -1) {
    return;
  }
  demandSame(found.value === 1, expected !== null, "the byte engine differs");
  if (expected) {
    const spans = expected.flat().map((place) => (place < 0 ? place : start + place));
    demandSame([...matcher.spans], spans, "the byte engine differs in groups");
  }
}

function spansOf(pattern: Pattern, match: SpanMatch | undefined): Spans {
  return match
    ? Array.from({ length: pattern.groupCount + 1 }, (_, i) => {
        const span = match.span(i);
        return span ? ([span.start, span.end] as const) : ([-1, -1] as const);
      })
    : null;
}

function compareWithPython(cases: readonly Asked[]): void {
  const answers = askPython(cases);
  cases.forEach((one, i) => {
    const problem = differenceTo(one, answers[i]);
    if (problem !== undefined) {
      throw Object.assign(new Error(`${problem}: ${JSON.stringify([one.pattern, one.texts[0]])}`), {
        input: one.input,
      });
    }
  });
}

function differenceTo({ pattern, found }: Asked, answer: Answer | undefined): string | undefined {
  if (!answer || found === undefined) {
    return undefined;
  }
  if (found instanceof Error) {
    // Deliberate differences, told in those words.
    return "error" in answer || /not supported|counted repeats too large/.test(found.message)
      ? undefined
      : `Python takes a pattern that is refused with "${found.message}"`;
  }
  if ("error" in answer) {
    return `Python refuses a pattern that is taken ("${answer.error}")`;
  }
  const [expected] = answer.spans;
  const isFaulty = python?.found?.faultyPossessive === true && /[*+?}]\+/.test(pattern);
  if (expected === "no-answer" || isFaulty || JSON.stringify(expected) === JSON.stringify(found)) {
    return undefined;
  }
  return `Python finds ${JSON.stringify(expected)} instead of ${JSON.stringify(found)}`;
}
