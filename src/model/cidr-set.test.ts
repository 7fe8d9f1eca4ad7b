import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CidrSet } from "./cidr-set";
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

describe("CidrSet", () => {
  it("covers addresses and smaller networks, never the other family", () => {
    const set = new CidrSet();
    set.add(ip("192.0.2.0/24"));
    set.add(ip("2001:db8::/32"));
    expect(set.contains(ip("192.0.2.77"))).toBe(true);
    expect(set.contains(ip("192.0.2.128/25"))).toBe(true);
    expect(set.contains(ip("192.0.0.0/16"))).toBe(false);
    expect(set.contains(ip("2001:db8:1::1"))).toBe(true);
    expect(set.contains(ip("2001:db9::1"))).toBe(false);
  });

  it("tells whether an entry was new or there, and keeps the order", () => {
    const set = new CidrSet();
    expect(set.add(ip("198.51.100.9"))).toBe(true);
    expect(set.add(ip("192.0.2.0/24"))).toBe(true);
    expect(set.add(ip("198.51.100.9"))).toBe(false);
    expect(set.list().map(({ text }) => text)).toEqual(["198.51.100.9", "192.0.2.0/24"]);
    expect(set.remove(ip("198.51.100.9"))).toBe(true);
    expect(set.remove(ip("198.51.100.9"))).toBe(false);
    expect(set.has(ip("192.0.2.0/24"))).toBe(true);
    expect(set.size).toBe(1);
  });

  it("answers as a scan over all entries does", () => {
    fc.assert(
      fc.property(fc.array(anyIp, { maxLength: 20 }), fc.array(anyIp, { maxLength: 5 }), (entries, asked) => {
        const set = new CidrSet();
        for (const entry of entries) {
          set.add(entry);
        }
        for (const entry of entries.slice(0, 5)) {
          set.remove(entry);
        }
        const left = set.list();
        for (const one of [
          ...asked,
          ...entries.map((entry) => makeIp(entry.family, entry.bits + 1n, entry.prefix)),
        ]) {
          expect(set.contains(one)).toBe(left.some((entry) => containsIp(entry, one)));
        }
      }),
    );
  });

  it("costs no more with 100,000 networks that share their lower bits", () => {
    const set = new CidrSet();
    for (let i = 0n; i < 100_000n; i++) {
      set.add(makeIp("inet6", (0x20010db8n << 96n) | (i << 64n) | 1n, 128));
    }
    const start = performance.now();
    for (let i = 0n; i < 10_000n; i++) {
      expect(set.contains(makeIp("inet6", (0x20010db8n << 96n) | (i << 64n) | 2n, 128))).toBe(false);
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
