import fc from "fast-check";
import { expect, it, test } from "vitest";
import type { Failure, GroupValue, MatchedLine } from "../model";
import { formatDotted, packFailure } from "../model";
import { decodeFailures, FailurePacker, isSoundBatch } from "./failure-wire";

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
/** As a filter makes them that has packed them by itself. */
const packedFailure: fc.Arbitrary<Failure> = fc
  .tuple(failure, fc.oneof(fc.constantFrom(0, -1, 1 << 31), fc.integer()))
  .map(([one, address]) => {
    const { time, groups, matches, count, weight, bantime } = one;
    const packed = packFailure(one);
    return { time, id: formatDotted(address), address, groups, matches, count, weight, bantime, packed };
  });

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

it("brings addresses over as numbers, among failures of all kinds", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(failure, packedFailure), { maxLength: 6 }), (failures) => {
      const batches = pack(failures).map((batch) => structuredClone(batch));
      const brought = batches.flatMap((batch) => decodeFailures(batch));
      const withAddress = (one: Failure) => ({ ...plain(one), address: one.address });
      expect(brought.map(withAddress)).toEqual(failures.map(withAddress));
    }),
  );
});

it("packs what stands behind each other as it stands there", () => {
  const groups = new Map([["user", "root"]]);
  const parts = ["a", "b", "c", "d"].map((line) => packFailure({ groups, matches: [line] }));
  const bytes = Buffer.concat(parts.map((one) => new Uint8Array(one.bytes.buffer)));
  const view = new DataView(Uint8Array.from(bytes).buffer);
  const size = parts[0]?.end ?? 0;
  // One is left out, and one comes twice.
  const failures = [0, 1, 3, 3, 2].map((i) => {
    const packed = {
      bytes: view,
      start: i * size,
      middle: i * size + (parts[0]?.middle ?? 0),
      end: (i + 1) * size,
    };
    return { time: i, address: i, groups, matches: [], count: 1, packed };
  });
  const brought = pack(failures).flatMap((batch) => decodeFailures(batch));
  expect(brought.map(({ matches }) => matches)).toEqual([["a"], ["b"], ["d"], ["d"], ["c"]]);
  expect(brought.map(({ id }) => id)).toEqual(["0.0.0.0", "0.0.0.1", "0.0.0.3", "0.0.0.3", "0.0.0.2"]);
});

test.each([0.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN, Number.POSITIVE_INFINITY])(
  "an address that is no number of 32 bits is refused: %s",
  (address) => {
    const [batch] = pack([{ time: 1, address: 1, groups: new Map(), matches: ["x"], count: 1 }]);
    expect(batch && isSoundBatch(batch)).toBe(true);
    batch?.numbers.set([address], 5);
    expect(batch && isSoundBatch(batch)).toBe(false);
  },
);

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
