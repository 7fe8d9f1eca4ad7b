import { setFlagsFromString } from "node:v8";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { planPattern } from "./analysis";
import { textArbitrary } from "./arbitraries.testing";
import { emitPattern } from "./emit";
import { parsePattern } from "./parse";

/** Offers V8's linear engine under a flag of its own; regexes beyond it throw. */
const LINEAR = "l";
setFlagsFromString("--enable-experimental-regexp-engine");

const { pattern } = fc.letrec<{ pattern: string; item: string; atom: string }>((tie) => ({
  pattern: fc
    .array(fc.array(tie("item"), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((branches) => branches.map((items) => items.join("")).join("|")),
  item: fc
    .tuple(tie("atom"), fc.constantFrom("", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}"))
    .map(([atom, count]) => atom + count),
  atom: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom("a", "b", "c", "[ab]", "[^a]", "."),
    fc.tuple(fc.constantFrom("(", "(?:"), tie("pattern")).map(([open, inside]) => `${open}${inside})`),
  ),
}));

test("what we write means the same to the linear engine, which V8 switches to when a line takes too long", () => {
  let compared = 0;
  fc.assert(
    fc.property(pattern, fc.boolean(), fc.array(textArbitrary), (source, whole, texts) => {
      const parsed = parsePattern(whole ? `^${source}$` : source);
      const plan = planPattern(parsed);
      const emitted = plan && emitPattern(parsed, plan, "ascii");
      const linear = emitted && makeLinear(emitted.source);
      if (!emitted || !linear) {
        return;
      }
      const usual = new RegExp(emitted.source, "");
      for (const text of texts) {
        const [expected, found] = [usual.exec(text), linear.exec(text)];
        expect({ groups: found, at: found?.index }).toEqual({ groups: expected, at: expected?.index });
        compared++;
      }
    }),
    { numRuns: 6000 },
  );
  expect(compared).toBeGreaterThan(500);
});

function makeLinear(source: string): RegExp | undefined {
  try {
    return new RegExp(source, LINEAR);
  } catch {
    return undefined;
  }
}
