import fc from "fast-check";
import { expect, it } from "vitest";
import { KeptBytes, SessionTable, type ByteSpan, type Keyed } from "./session-table";

class Thing implements Keyed<Thing> {
  readonly key = new KeptBytes();
  hash = 0;
  next: Thing | undefined;
  older: Thing | undefined;
  newer: Thing | undefined;
  value = 0;
}

const SIZE = 4;

function spanOf(text: string): ByteSpan {
  const bytes = Buffer.from(`..${text}..`);
  return { bytes, from: 2, to: bytes.length - 2 };
}

it("keeps what a map keeps from which the oldest is taken when it is full", () => {
  const keys = fc.constantFrom("", "a", "b", "ab", "ba", "x".repeat(40), "y".repeat(70), "y".repeat(71));
  const steps = fc.array(fc.tuple(fc.constantFrom("put", "put", "remove"), keys), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const table = new SessionTable(Array.from({ length: SIZE }, () => new Thing()));
      const map = new Map<string, number>();
      all.forEach(([what, key], i) => {
        const thing = table.find(spanOf(key));
        expect(thing?.value).toBe(map.get(key));
        if (what === "remove" && thing) {
          table.remove(thing);
          map.delete(key);
        } else if (what === "put" && !thing) {
          const [oldest] = map.keys();
          if (map.size === SIZE && oldest !== undefined) {
            map.delete(oldest);
          }
          map.set(key, i);
          const added = table.add(spanOf(key)) ?? expect.fail("no room");
          added.value = i;
        }
      });
    }),
  );
});
