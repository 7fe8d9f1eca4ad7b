import fc from "fast-check";
import { expect, it, test } from "vitest";
import type { Failure, GroupValue, MatchedLine } from "../model";
import { decodeFailures, FailurePacker } from "./failure-wire";

const text = fc.string({ unit: "binary" });
const value: fc.Arbitrary<GroupValue> = fc.oneof(
  text,
  fc.array(text).map((items) => new Set(items)),
  fc.array(text),
);
const line: fc.Arbitrary<MatchedLine> = fc.oneof(text, fc.tuple(text, text, text));
const failure: fc.Arbitrary<Failure> = fc
  .record(
    {
      time: fc.double({ noNaN: true, noDefaultInfinity: true }).map((time) => time + 0),
      id: text,
      ip: text,
      host: text,
      groups: fc.array(fc.tuple(text, value)).map((pairs) => new Map(pairs)),
      matches: fc.array(line),
      count: fc.nat(),
      weight: fc.double({ min: 0, max: 1000, noNaN: true }).map((weight) => weight + 0),
      bantime: fc.integer({ min: -1 }),
    },
    { requiredKeys: ["time", "groups", "matches", "count"] },
  )
  .map((one) => one);

it("brings every failure over whole, whatever the log wrote into it", () => {
  fc.assert(
    fc.property(fc.array(failure), (failures) => {
      const packer = new FailurePacker();
      failures.forEach((one) => packer.add(one));
      expect(packer.count).toBe(failures.length);
      const brought = packer.take().flatMap((batch) => decodeFailures(structuredClone(batch)));
      expect(brought.map((one) => ({ ...one, groups: new Map(one.groups) }))).toEqual(failures);
      expect(packer.take()).toEqual([]);
    }),
  );
});

test("many failures go in several batches, in their order", () => {
  const packer = new FailurePacker();
  const times = Array.from({ length: 1234 }, (_, i) => i);
  times.forEach((time) => packer.add({ time, id: "192.0.2.1", groups: new Map(), matches: [], count: 1 }));
  const batches = packer.take();
  expect(batches.length).toBeGreaterThan(1);
  expect(batches.flatMap((batch) => decodeFailures(batch)).map(({ time }) => time)).toEqual(times);
});
