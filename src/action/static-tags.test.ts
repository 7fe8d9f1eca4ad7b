import { describe, expect, it } from "vitest";
import type { ActionValue } from "../model";
import { expandStaticTags } from "./static-tags";

function expand(text: string, properties: Readonly<Record<string, ActionValue>>, family = ""): string {
  const ownNames = (): { full: string; short: string } => ({ full: "host.example", short: "host" });
  return expandStaticTags(text, { properties: new Map(Object.entries(properties)), family, ownNames });
}

describe("expandStaticTags", () => {
  it("fills in properties until nothing changes", () => {
    expect(
      expand("<cmd>", { cmd: "<tool> -I <chain>", tool: "iptables <lock>", lock: "-w", chain: "INPUT" }),
    ).toBe("iptables -w -I INPUT");
  });

  it("fills in names made of other tags", () => {
    expect(expand("<rule-<type>>", { type: "all", "rule-all": "any" })).toBe("any");
  });

  it("prefers the variant of the family", () => {
    const properties = { tool: "iptables", "tool?family=inet6": "ip6tables" };
    expect(["", "inet4", "inet6", "None"].map((family) => expand("<tool>", properties, family))).toEqual([
      "iptables",
      "iptables",
      "ip6tables",
      "iptables",
    ]);
  });

  it("writes booleans and numbers as Python does and leaves null alone", () => {
    expect(expand("<n> <b> <none>", { n: 5, b: true, none: null })).toBe("5 True <none>");
  });

  it("knows the built-in tags, which properties may replace", () => {
    expect(expand("a<br>b<sp>c <fq-hostname> <sh-hostname>", {})).toBe("a\nb c host.example host");
    expect(expand("<br>", { br: "own" })).toBe("own");
  });

  it("leaves tags of bans, unknown tags and redirections alone", () => {
    const text = "x <ip> <F-USER> <IP> 2>/dev/null <file >out";
    expect(expand(text, { Ip: "no" })).toBe(text);
  });

  it("ends with properties that name themselves", () => {
    expect(expand("<a>", { a: "<b>", b: "<a>" })).toMatch(/^<[ab]>$/);
    expect(expand("<a>", { a: "<a><a>" }).length).toBeLessThan(16 * 1024 * 1024);
  });
});
