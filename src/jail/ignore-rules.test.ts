import { describe, expect, it } from "vitest";
import { parseIp, parseOffender, type GroupValue } from "../model";
import { IgnoreCache, parseIgnoreCache } from "./ignore-cache";
import { IgnoreRules } from "./ignore-rules";
import { failureAt } from "./jail-state.testing";

const NOW = 1_000_000;
const OWN = parseOffender("192.0.2.5");
const OTHER = parseOffender("192.0.2.6");

function failureWith(groups: readonly (readonly [string, GroupValue])[]) {
  return { ...failureAt(NOW), groups: new Map(groups) };
}

describe("IgnoreRules", () => {
  it("goes from own addresses over the list to the command", () => {
    const rules = new IgnoreRules();
    rules.setOwnAddresses([parseIp("192.0.2.5")!]);
    rules.list.add("192.0.2.5");
    expect(rules.check(OWN, NOW)).toBe("ignoreself rule");
    rules.ignoreself = false;
    expect(rules.check(OWN, NOW)).toBe("ip");
    expect(rules.check(OTHER, NOW)).toBeUndefined();
    rules.ignorecommand = "/usr/bin/true";
    expect(rules.check(OWN, NOW)).toBe("ip");
    expect(rules.check(OTHER, NOW)).toBe("ask");
  });

  it("says why only once while the cache remembers, single addresses always", () => {
    const rules = new IgnoreRules();
    rules.setCache({ key: "<ip>", maxCount: 10, maxTime: 60 });
    rules.list.add("192.0.2.6");
    rules.list.add("198.51.100.0/24");
    const inNetwork = parseOffender("198.51.100.1");
    expect(rules.check(inNetwork, NOW)).toBe("ip");
    expect(rules.check(inNetwork, NOW + 60)).toBe("cached");
    expect(rules.check(inNetwork, NOW + 61)).toBe("ip");
    expect([rules.check(OTHER, NOW), rules.check(OTHER, NOW)]).toEqual(["ip", "ip"]);
  });

  it("remembers also that somebody is not ignored", () => {
    const rules = new IgnoreRules();
    rules.setCache({ key: "<ip>", maxCount: 10, maxTime: 60 });
    expect(rules.check(OTHER, NOW)).toBeUndefined();
    rules.list.add("192.0.2.6");
    expect(rules.check(OTHER, NOW + 10)).toBeUndefined();
    expect(rules.check(OTHER, NOW + 61)).toBe("ip");
  });

  it("keeps apart failures whose key differs", () => {
    const rules = new IgnoreRules();
    rules.ignorecommand = "/usr/bin/true";
    rules.setCache({ key: "<F-USER>@<ip-host>", maxCount: 10, maxTime: 60 });
    rules.remember(OTHER, true, NOW, failureWith([["user", "friend"]]));
    expect(rules.check(OTHER, NOW, failureWith([["user", "friend"]]))).toBe("cached");
    expect(rules.check(OTHER, NOW, failureWith([["user", "foe"]]))).toBe("ask");
    expect(rules.check(OWN, NOW, failureWith([["user", "friend"]]))).toBe("ask");
  });
});

describe("IgnoreCache", () => {
  it("drops the oldest when it is full", () => {
    const cache = new IgnoreCache({ key: "<ip>", maxCount: 2, maxTime: 60 });
    ["a", "b", "a", "c"].forEach((key) => cache.set(key, true, NOW));
    expect(["a", "b", "c"].map((key) => cache.get(key, NOW))).toEqual([true, undefined, true]);
  });

  it("has no two failures under one key because of what a log says", () => {
    const cache = new IgnoreCache({ key: "<F-USER>@<F-REALM>", maxCount: 2, maxTime: 60 });
    const keys = [
      cache.keyOf(
        parseOffender("x"),
        failureWith([
          ["user", "a"],
          ["realm", 'b"@"c'],
        ]),
      ),
      cache.keyOf(
        parseOffender("x"),
        failureWith([
          ["user", 'a"@"b'],
          ["realm", "c"],
        ]),
      ),
      cache.keyOf(parseOffender("x\n"), failureWith([["user", "a"]])),
      cache.keyOf(parseOffender("x"), failureWith([["user", "\na"]])),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("parseIgnoreCache", () => {
  it.each([
    [
      'key="<F-USER>@<ip-host>", max-count=100, max-time=5m',
      { key: "<F-USER>@<ip-host>", maxCount: 100, maxTime: 300 },
    ],
    ["key='<ip>',max-count=5,max-time=60", { key: "<ip>", maxCount: 5, maxTime: 60 }],
    ["key=<ip>", { key: "<ip>", maxCount: 100, maxTime: 300 }],
  ])("reads %s", (text, settings) => {
    expect(parseIgnoreCache(text)).toEqual(settings);
  });

  it.each(["", "max-count=5", 'key="<ip>" max-count=5', "key=<ip>, max-count=x", "key=<ip>, max-time=soon"])(
    "has nothing for %j",
    (text) => {
      expect(parseIgnoreCache(text)).toBeUndefined();
    },
  );
});
