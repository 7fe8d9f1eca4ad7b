import { describe, expect, it } from "vitest";
import { compilePattern, parsePattern } from "../regex";
import { expandTags, groupOfTag } from "./tags";

function find(pattern: string, text: string, names = true): Record<string, string | undefined> | undefined {
  const matcher = compilePattern(parsePattern(expandTags(pattern, { names })));
  const match = matcher.exec(text);
  return match && Object.fromEntries(matcher.groupNames.map((name) => [name, match.named(name)]));
}

describe("addresses", () => {
  it.each([
    ["<ADDR>", "192.0.2.1", { ip4: "192.0.2.1", ip6: undefined }],
    ["<ADDR>", "[2001:db8::1]", { ip4: undefined, ip6: "2001:db8::1" }],
    ["^<ADDR>$", "::ffff:192.0.2.1", { ip4: "192.0.2.1", ip6: undefined }],
    ["^<ADDR>$", "::", { ip4: undefined, ip6: "::" }],
    ["<SUBNET>", "192.0.2.0/24", { ip4: "192.0.2.0", ip6: undefined, cidr: "24" }],
    ["<IP4>", "a 192.0.2.1", { ip4: "192.0.2.1" }],
    ["<F-IP6/>", "2001:DB8::1", { ip6: "2001:DB8::1" }],
    ["<HOST>", "host-1.example.com", { ip4: undefined, ip6: undefined, dns: "host-1.example.com" }],
    ["<F-ID/>", "a-b c", { fid: "a-b" }],
    ["<F-PORT/>", "22 x", { fport: "22" }],
  ])("%s finds %s", (pattern, text, groups) => {
    expect(find(pattern, text)).toEqual(groups);
  });

  it.each([
    ["^<ADDR>$", "64:ff9b::192.0.2.1"],
    ["^<ADDR>$", "fe80::1%eth0"],
    ["^<ADDR>$", "::FFFF:192.0.2.1"],
    ["^<DNS>$", "host."],
  ])("%s does not find %s", (pattern, text) => {
    expect(find(pattern, text)).toBeUndefined();
  });

  it("leaves names out of <HOST> when names are not wanted", () => {
    expect(find("^<HOST>$", "host.example.com", false)).toBeUndefined();
    expect(find("^<HOST>$", "192.0.2.1", false)).toEqual({ ip4: "192.0.2.1", ip6: undefined });
  });
});

describe("named tags", () => {
  it.each([
    ["<F-USER>a</F-USER>", "(?P<user>a)"],
    ["<F-ID>a</F-ID> <F-PORT>b</F-PORT>", "(?P<fid>a) (?P<fport>b)"],
    ["<F-ALT_USER1>a</F-ALT_USER1>", "(?P<alt_user1>a)"],
    ["</F-USER>a", "</F-USER>a"],
    ["<F-ab>", "<F-ab>"],
    ["<NOSRV> <SECURITY_LOG>", "<NOSRV> <SECURITY_LOG>"],
    [
      String.raw`a<SKIPLINES>b<SKIPLINES>c`,
      String.raw`a\n(?P<skiplines0>(?:.*\n)*?)b\n(?P<skiplines1>(?:.*\n)*?)c`,
    ],
  ])("%s stands for %s", (pattern, expanded) => {
    expect(expandTags(pattern, { names: true })).toBe(expanded);
  });

  it("knows the groups of reserved names", () => {
    expect(["ID", "PORT", "USER", "ALT_ID"].map(groupOfTag)).toEqual(["fid", "fport", "user", "alt_id"]);
  });
});

describe("flags in the middle", () => {
  it.each([
    ["a((?i)b|c)", "a(?i:b|c)"],
    ["(?:(?s)a)", "(?s:a)"],
    [String.raw`\((?i)`, String.raw`\((?i)`],
    ["(?i)a", "(?i)a"],
  ])("%s becomes %s", (pattern, expanded) => {
    expect(expandTags(pattern, { names: true })).toBe(expanded);
  });
});
