import fc from "fast-check";
import { expect, it } from "vitest";
import { RowGroups } from "./row-groups";

it("is a map like any other", () => {
  const entries = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 2 }), fc.string()), {
    selector: ([name]) => name,
    maxLength: 8,
  });
  fc.assert(
    fc.property(entries, fc.string({ maxLength: 2 }), (pairs, other) => {
      const map = new Map(pairs);
      const groups = new RowGroups(
        pairs.map(([name]) => name),
        pairs.map(([, value]) => value),
      );
      for (const name of [other, ...map.keys()]) {
        expect(groups.get(name)).toBe(map.get(name));
        expect(groups.has(name)).toBe(map.has(name));
      }
      const told: unknown[] = [];
      groups.forEach((value, name) => told.push([name, value]));
      expect(told).toEqual(pairs);
      expect([...groups]).toEqual(pairs);
      expect([...groups.keys(), ...groups.values(), ...groups.entries()]).toEqual([
        ...map.keys(),
        ...map.values(),
        ...map.entries(),
      ]);
      expect(groups.size).toBe(map.size);
    }),
  );
});
