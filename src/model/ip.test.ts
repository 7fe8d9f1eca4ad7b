import { isIP } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containsIp, isSingle, makeIp, parseIp, reverseIp } from "./ip";

describe("parseIp", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1/24", "192.0.2.0/24"],
    ["192.0.2.1/255.255.255.0", "192.0.2.0/24"],
    ["192.0.2.1/33", "192.0.2.1"],
    ["192.0.2.1/32", "192.0.2.1"],
    ["192.0.2.1/0", "0.0.0.0/0"],
    ["[2001:DB8::0001]", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:db8::/ffff:ffff::", "2001:db8::/32"],
    ["::", "::"],
    ["::1", "::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:C000:201", "192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("reads %s as %s", (text, normal) => {
    expect(parseIp(text)?.text).toBe(normal);
  });

  it.each([
    "",
    "999.1.1.1",
    "01.2.3.4",
    "1.2.3",
    "1.2.3.4.5",
    "0x7f.1",
    "1.2.3.4 ",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "fe80::1%eth0",
    "12345::",
    ":1",
    "1:",
    ":::",
    "192.0.2.1/255.0.255.0",
    "192.0.2.1/-1",
    "192.0.2.1/",
    "192.0.2.1/24/8",
    "::1.2.3",
    "1.2.3.4::",
  ])("has nothing for %j", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it("agrees with the system's own parser on what an address is", () => {
    const unit = fc.constantFrom(...Array.from("0123456789abcdef:.:.::"));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        expect(parseIp(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads back every address it writes", () => {
    const any = fc.oneof(
      fc.tuple(
        fc.constant("inet4" as const),
        fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }),
        fc.integer({ min: 0, max: 32 }),
      ),
      fc.tuple(
        fc.constant("inet6" as const),
        fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
        fc.integer({ min: 0, max: 128 }),
      ),
    );
    fc.assert(
      fc.property(any, ([family, bits, prefix]) => {
        const ip = makeIp(family, bits, prefix);
        const isMapped = family === "inet6" && ip.bits >> 32n === 0xffffn && isSingle(ip);
        if (!isMapped) {
          expect(parseIp(ip.text)).toEqual(ip);
        }
        expect(containsIp(ip, makeIp(family, bits, prefix + (isSingle(ip) ? 0 : 1)))).toBe(true);
      }),
    );
  });
});

describe("containsIp", () => {
  it("needs the same family and a prefix not longer", () => {
    const inside = (outer: string, inner: string) => containsIp(parseIp(outer)!, parseIp(inner)!);
    expect(inside("192.0.2.0/24", "192.0.2.255")).toBe(true);
    expect(inside("192.0.2.0/24", "192.0.2.0/24")).toBe(true);
    expect(inside("192.0.2.0/24", "192.0.3.0")).toBe(false);
    expect(inside("192.0.2.0/25", "192.0.2.0/24")).toBe(false);
    expect(inside("0.0.0.0/0", "::1")).toBe(false);
  });
});

describe("reverseIp", () => {
  it("turns octets and nibbles round", () => {
    expect(reverseIp(parseIp("192.0.2.1")!)).toBe("1.2.0.192.");
    expect(reverseIp(parseIp("2001:db8::1")!)).toBe(`1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.`);
  });
});
