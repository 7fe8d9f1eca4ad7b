import fc from "fast-check";
import { expect, it, test } from "vitest";
import type { Failure, GroupValue, MatchedLine } from "../model";
import { decodeFailures, FailurePacker } from "./failure-wire";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  // What takes more than a short length, and the characters that mark something in a packed text.
  fc.integer({ min: 240, max: 1200 }).map((length) => "x".repeat(length)),
  fc.string({ unit: fc.constantFrom("\xff", "\xfe", "\xfd", "\xfc", ";", "0", "\u{100}", "é") }),
);
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

function pack(failures: readonly Failure[]) {
  const packer = new FailurePacker();
  failures.forEach((one) => packer.add(one));
  expect(packer.count).toBe(failures.length);
  const batches = packer.take();
  expect([packer.count, packer.take()]).toEqual([0, []]);
  return batches;
}

/** Its members, taken out one by one: those of a failure that came over are no members of the object itself. */
function plain({ time, id, ip, host, groups, matches, count, weight, bantime }: Failure) {
  return { time, id, ip, host, groups: new Map(groups), matches, count, weight, bantime };
}

it("brings every failure over whole, whatever the log wrote into it", () => {
  fc.assert(
    fc.property(fc.array(failure, { maxLength: 4 }), (failures) => {
      const brought = pack(failures).flatMap((batch) => decodeFailures(structuredClone(batch)));
      expect(brought.map(plain)).toEqual(failures.map(plain));
    }),
  );
});

test("text beyond Latin-1 in one failure does not double the bytes of the others", () => {
  const plain = { time: 1, groups: new Map([["user", "root"]]), matches: ["x".repeat(1000)], count: 1 };
  const wide = { time: 1, groups: new Map([["user", "名前"]]), matches: ["строка"], count: 1 };
  const sizeOf = (failures: readonly Failure[]) => pack(failures)[0]?.bytes.length ?? 0;
  expect(sizeOf([plain, wide])).toBe(sizeOf([plain]) + sizeOf([wide]));
});

test("many failures go in several batches, in their order", () => {
  const times = Array.from({ length: 1234 }, (_, i) => i);
  const batches = pack(
    times.map((time) => ({ time, id: "192.0.2.1", groups: new Map(), matches: [], count: 1 })),
  );
  expect(batches.length).toBeGreaterThan(1);
  expect(batches.flatMap((batch) => decodeFailures(batch)).map(({ time }) => time)).toEqual(times);
});
