import { describe, expect, it } from "vitest";
import { identify } from "./identity";

function of(groups: Record<string, string>, usedns: "names" | "ignore" | "raw" = "names"): unknown {
  return identify(new Map(Object.entries(groups)), usedns);
}

describe("who a match is about", () => {
  it.each([
    [{ ip4: "192.0.2.1" }, { id: "192.0.2.1" }],
    [{ ip6: "2001:DB8:0::1" }, { id: "2001:db8::1" }],
    [{ ip6: "::ffff:c000:201" }, { id: "192.0.2.1" }],
    [{ ip4: "192.0.2.77", cidr: "24" }, { id: "192.0.2.0/24" }],
    [{ ip4: "192.0.2.77", cidr: "33" }, { id: "192.0.2.77" }],
    [{ ip4: "999.1.1.1" }, { id: "999.1.1.1" }],
    [{ ip6: "1::2::3" }, { id: "1::2::3" }],
    [{ fid: "session-1" }, { id: "session-1" }],
    [
      { fid: "session-1", ip4: "192.0.2.1" },
      { id: "session-1", ip: "192.0.2.1" },
    ],
    [{ fid: "192.0.2.1", ip4: "192.0.2.1" }, { id: "192.0.2.1" }],
    [{ ip4: "192.0.2.1", dns: "host.example.com" }, { id: "192.0.2.1" }],
    [{ dns: "host.example.com" }, { host: "host.example.com" }],
    [{ dns: "192.0.2.1" }, { id: "192.0.2.1" }],
    [{ user: "root" }, undefined],
  ])("%j gives %j", (groups, identity) => {
    expect(of(groups as Record<string, string>)).toEqual(identity);
  });

  it("takes or ignores names as usedns says", () => {
    expect(of({ dns: "host.example.com" }, "raw")).toEqual({ id: "host.example.com" });
    expect(of({ dns: "host.example.com" }, "ignore")).toBeUndefined();
  });
});
