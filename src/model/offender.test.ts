import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "./ip";
import { familyOf, isAddress, parseOffender } from "./offender";

describe("parseOffender", () => {
  it("knows addresses and networks by their normal form", () => {
    expect(parseOffender("[2001:DB8::1]").id).toBe("2001:db8::1");
    expect(parseOffender("192.0.2.77/24").id).toBe("192.0.2.0/24");
    expect(familyOf(parseOffender("::ffff:192.0.2.1"))).toBe("inet4");
    expect(isAddress(parseOffender("192.0.2.1"))).toBe(true);
    expect(isAddress(parseOffender("192.0.2.0/24"))).toBe(false);
  });

  it("tells addresses apart, whichever was looked at last", () => {
    const offenders = ["192.0.2.1", "2001:db8::1", "192.0.2.0/24", "a user"].map(parseOffender);
    for (const { id, ip } of [...offenders, ...offenders.reverse()]) {
      expect(ip).toEqual(parseIp(id));
    }
  });

  it("keeps anything else as it is", () => {
    for (const id of ["999.1.1.1", "some user", "", "192.0.2.1 "]) {
      expect(parseOffender(id)).toEqual({ id });
      expect(familyOf(parseOffender(id))).toBeUndefined();
      expect(isAddress(parseOffender(id))).toBe(false);
    }
  });

  it("never names the whole internet", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    const zero = fc.constantFrom("/0", "/00", "/0.0.0.0", "/::");
    fc.assert(
      fc.property(address, zero, (text, prefix) => {
        const offender = parseOffender(text + prefix);
        expect(offender.ip === undefined || offender.ip.prefix > 0 || isAddress(offender)).toBe(true);
      }),
    );
  });

  it("gives the same id for the id it gave", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.ipV6(),
          fc.ipV4(),
          fc.ipV4().map((ip) => `${ip}/20`),
        ),
        (text) => {
          const { id } = parseOffender(text);
          expect(parseOffender(id).id).toBe(id);
        },
      ),
    );
  });
});
