import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, packFailure } from "../model";
import { TextPool } from "./text-pool";

const latin1 = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
  fc.integer({ min: 0, max: 400 }).map((length) => "0123456789abc".repeat(40).slice(0, length)),
  // One that shares its segment with no other.
  fc.integer({ min: 2000, max: 70_000 }).map((length) => "x".repeat(length)),
);

function put(pool: TextPool, text: string, offset = 0): number {
  const bytes = bytesOf(`${"\xff".repeat(offset)}${text}\xee`);
  return pool.put(new DataView(bytes.buffer), offset, offset + text.length);
}

test("gives back every text that was put in and not freed, whatever came and went", () => {
  const step = fc.record({ text: latin1, offset: fc.nat(5), freed: fc.option(fc.nat()) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const pool = new TextPool();
      const kept = new Map<number, string>();
      for (const { text, offset, freed } of steps) {
        kept.set(put(pool, text, offset), text);
        const gone = freed === null ? undefined : [...kept.keys()][freed % kept.size];
        if (gone !== undefined) {
          pool.free(gone);
          kept.delete(gone);
        }
        for (const [number, expected] of kept) {
          expect(pool.read(number)).toBe(expected);
          expect(pool.length(number)).toBe(expected.length);
          expect(expected === "" || pool.first(number) === expected.charCodeAt(0)).toBe(true);
        }
      }
    }),
  );
});

test("keeps the texts of a failure once for all who keep them, and moves them so", () => {
  fc.assert(
    fc.property(fc.array(fc.array(latin1, { maxLength: 3 }), { maxLength: 5 }), (failures) => {
      const packed = failures.map((matches) => packFailure({ groups: new Map([["user", "x"]]), matches }));
      const keep = (pool: TextPool) => packed.flatMap((one) => [pool.putGroups(one), pool.putLines(one)]);
      const [alone, pool, other] = [new TextPool(), new TextPool(), new TextPool()];
      const plain = keep(alone).map((text) => alone.read(text));
      const sets: number[][] = [];
      const shared = packed.map((one) => ({ packed: one }));
      pool.share(shared, () => sets.push(keep(pool), keep(pool), keep(pool)));
      expect(sets[1]).toEqual(sets[0]);
      sets[0]?.forEach((text) => pool.free(text));
      const moved = new Map<number, number>();
      const places = sets.slice(1).map((set) => set.map((text) => pool.move(text, other, moved)));
      expect(places[1]).toEqual(places[0]);
      places[0]?.forEach((text) => other.free(text));
      expect(sets[1]?.map((text) => pool.read(text))).toEqual(plain);
      expect(places[1]?.map((text) => other.read(text))).toEqual(plain);
    }),
  );
});

test("is roomy when little is left of much, and takes no more room for texts that come and go", () => {
  const pool = new TextPool();
  const texts = Array.from({ length: 10_000 }, () => put(pool, "x".repeat(100)));
  expect(pool.isRoomy).toBe(false);
  texts.splice(100).forEach((text) => pool.free(text));
  expect(pool.isRoomy).toBe(true);
  for (let i = 0; i < 9900; i++) {
    texts.push(put(pool, "y".repeat(100)));
  }
  texts.splice(5000).forEach((text) => pool.free(text));
  expect(pool.isRoomy).toBe(false);
});
