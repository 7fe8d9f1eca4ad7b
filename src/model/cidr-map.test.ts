import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CidrMap } from "./cidr-map";
import { containsIp, makeIp, parseIp, type Ip } from "./ip";

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed) {
    throw new Error(`not an address: ${text}`);
  }
  return parsed;
}

const anyIp = fc.oneof(
  fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), fc.integer({ min: 0, max: 32 }))
    .map(([bits, prefix]) => makeIp("inet4", bits, prefix)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), fc.integer({ min: 0, max: 128 }))
    .map(([bits, prefix]) => makeIp("inet6", bits, prefix)),
);

describe("CidrMap", () => {
  it("covers addresses and smaller networks, never the other family", () => {
    const map = new CidrMap<string>();
    map.set(ip("192.0.2.0/24"), "documentation");
    map.set(ip("192.0.0.0/16"), "more");
    map.set(ip("2001:db8::/32"), "new");
    expect(map.covering(ip("192.0.2.77")).sort()).toEqual(["documentation", "more"]);
    expect(map.covering(ip("192.0.2.128/25")).sort()).toEqual(["documentation", "more"]);
    expect(map.covering(ip("192.0.0.0/16"))).toEqual(["more"]);
    expect(map.covering(ip("192.0.0.0/15"))).toEqual([]);
    expect(map.covering(ip("2001:db8:1::1"))).toEqual(["new"]);
    expect(map.covering(ip("2001:db9::1"))).toEqual([]);
  });

  it("keeps the last value of an entry and forgets what is removed", () => {
    const map = new CidrMap<number>();
    map.set(ip("198.51.100.9"), 1);
    map.set(ip("198.51.100.9"), 2);
    expect(map.get(ip("198.51.100.9"))).toBe(2);
    expect(map.get(ip("198.51.100.0/24"))).toBeUndefined();
    expect(map.delete(ip("198.51.100.9"))).toBe(true);
    expect(map.delete(ip("198.51.100.9"))).toBe(false);
    map.set(ip("198.51.100.9"), 3);
    map.clear();
    expect(map.covering(ip("198.51.100.9"))).toEqual([]);
  });

  it("answers as a scan over all entries does", () => {
    fc.assert(
      fc.property(fc.array(anyIp, { maxLength: 20 }), fc.array(anyIp, { maxLength: 5 }), (entries, asked) => {
        const map = new CidrMap<string>();
        entries.forEach((entry) => map.set(entry, entry.text));
        entries.slice(0, 5).forEach((entry) => map.delete(entry));
        const gone = new Set(entries.slice(0, 5).map(({ text }) => text));
        const left = entries.filter(({ text }) => !gone.has(text));
        for (const one of [
          ...asked,
          ...entries.map((entry) => makeIp(entry.family, entry.bits + 1n, entry.prefix)),
        ]) {
          const expected = left.filter((entry) => containsIp(entry, one)).map(({ text }) => text);
          expect(new Set(map.covering(one))).toEqual(new Set(expected));
        }
      }),
    );
  });

  it("costs no more with 100,000 networks that share their lower bits", () => {
    const map = new CidrMap<bigint>();
    for (let i = 0n; i < 100_000n; i++) {
      map.set(makeIp("inet6", (0x20010db8n << 96n) | (i << 64n) | 1n, 128), i);
    }
    const start = performance.now();
    for (let i = 0n; i < 10_000n; i++) {
      expect(map.covering(makeIp("inet6", (0x20010db8n << 96n) | (i << 64n) | 2n, 128))).toEqual([]);
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
