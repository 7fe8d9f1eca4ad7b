import * as fc from "fast-check";
import { expect, test } from "vitest";
import { AddressIndex } from "./address-index";

test("finds what a map would find", () => {
  const key = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer());
  const step = fc.tuple(fc.constantFrom("add", "add", "delete", "get"), key);
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 400 }), (seed, steps) => {
      const index = new AddressIndex(seed);
      const plain = new Map<number, number>();
      for (const [i, [what, one]] of steps.entries()) {
        if (what === "add" && !plain.has(one)) {
          index.add(one, i);
          plain.set(one, i);
        } else if (what === "delete" && plain.delete(one)) {
          index.delete(one);
        }
        expect(index.get(one)).toBe(plain.get(one) ?? -1);
      }
      plain.forEach((value, one) => expect(index.get(one)).toBe(value));
    }),
  );
});

test("grows to a hundred thousand and shrinks again", () => {
  const index = new AddressIndex(7);
  const keys = Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 0x01_00_00_01));
  keys.forEach((key, i) => index.add(key, i));
  expect(keys.every((key, i) => index.get(key) === i)).toBe(true);
  keys.slice(10).forEach((key) => index.delete(key));
  expect(keys.slice(0, 10).map((key) => index.get(key))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(keys.slice(10).some((key) => index.get(key) >= 0)).toBe(false);
});
