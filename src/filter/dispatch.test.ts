import fc from "fast-check";
import { expect, it } from "vitest";
import type { Needle } from "./candidates";
import { Dispatch } from "./dispatch";

const text = fc.string({ unit: fc.constantFrom("a", "A", "b", "B", "."), minLength: 1, maxLength: 4 });
const needle: fc.Arbitrary<Needle> = fc.record({ text, ignoreCase: fc.boolean() });
const searcher = fc.option(fc.array(needle, { maxLength: 3 }), { nil: undefined });

/** What has to be found, needle by needle. */
function mayMatch(needles: readonly Needle[] | undefined, searched: string): boolean {
  return (
    !needles ||
    needles.some((one) =>
      one.ignoreCase ? searched.toLowerCase().includes(one.text.toLowerCase()) : searched.includes(one.text),
    )
  );
}

it("passes over no searcher that may find something, and does not call everybody for every text", () => {
  let spared = 0;
  fc.assert(
    fc.property(fc.array(searcher, { maxLength: 6 }), fc.array(text), (searchers, texts) => {
      const dispatch = new Dispatch(searchers);
      for (const searched of [...texts, texts.join("")]) {
        const marks = dispatch.select(searched);
        searchers.forEach((needles, index) => {
          expect(marks[index] === 1 || !mayMatch(needles, searched)).toBe(true);
          spared += marks[index] === 0 ? 1 : 0;
        });
      }
    }),
  );
  expect(spared).toBeGreaterThan(100);
});
