import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { parseIp, parseOffender, type Ip } from "../model";
import { IgnoreList } from "./ignore-list";

function listOf(...texts: string[]): IgnoreList {
  const list = new IgnoreList();
  for (const text of texts) {
    list.add(text);
  }
  return list;
}

function ips(...texts: string[]): Ip[] {
  return texts.flatMap((text) => parseIp(text) ?? []);
}

function reasonFor(list: IgnoreList, id: string): string | undefined {
  return list.match(parseOffender(id));
}

describe("IgnoreList", () => {
  it("covers addresses, networks and raw ids, whatever way they are written", () => {
    const list = listOf(
      "192.0.2.1",
      "198.51.100.0/255.255.255.0",
      "2001:DB8:0::/48",
      "[2001:db8:1::1]",
      "some user",
    );
    expect(reasonFor(list, "192.0.2.1")).toBe("ip");
    expect(reasonFor(list, "::ffff:192.0.2.1")).toBe("ip");
    expect(reasonFor(list, "198.51.100.77")).toBe("ip");
    expect(reasonFor(list, "198.51.100.0/25")).toBe("ip");
    expect(reasonFor(list, "2001:db8::5")).toBe("ip");
    expect(reasonFor(list, "2001:db8:1::1")).toBe("ip");
    expect(reasonFor(list, "some user")).toBe("dns");
    expect(reasonFor(list, "192.0.2.2")).toBeUndefined();
    expect(reasonFor(list, "198.51.0.0/16")).toBeUndefined();
    expect(reasonFor(list, "other user")).toBeUndefined();
  });

  it("covers what a name stands for once somebody told", () => {
    const list = listOf("host.example");
    expect(list.names()).toEqual(["host.example"]);
    expect(reasonFor(list, "192.0.2.9")).toBeUndefined();
    list.setAddresses("host.example", ips("192.0.2.9", "2001:db8::9"));
    expect(reasonFor(list, "192.0.2.9")).toBe("dns");
    expect(reasonFor(list, "2001:db8::9")).toBe("dns");
    list.setAddresses("host.example", ips("192.0.2.10"));
    expect(reasonFor(list, "192.0.2.9")).toBeUndefined();
  });

  it("covers what a file lists once somebody read it", () => {
    const list = listOf("file:/etc/friends");
    expect(list.files()).toEqual(["/etc/friends"]);
    list.setFile(
      "/etc/friends",
      "# friends 192.0.2.50\n192.0.2.1, 198.51.100.0/24 ; not 192.0.2.2\r\n  host.example\nuser#1 file:/etc/passwd\n",
    );
    expect(reasonFor(list, "192.0.2.1")).toBe("file:/etc/friends");
    expect(reasonFor(list, "198.51.100.3")).toBe("file:/etc/friends");
    expect(reasonFor(list, "user#1")).toBe("file:/etc/friends");
    expect(reasonFor(list, "192.0.2.2")).toBeUndefined();
    expect(reasonFor(list, "192.0.2.50")).toBeUndefined();
    expect(list.names()).toEqual(["host.example", "user#1"]);
    expect(list.files()).toEqual(["/etc/friends"]);
    list.setAddresses("host.example", ips("203.0.113.1"));
    expect(reasonFor(list, "203.0.113.1")).toBe("file:/etc/friends");
    list.setFile("/etc/friends", undefined);
    expect(reasonFor(list, "192.0.2.1")).toBeUndefined();
  });

  it.each([
    ["file:rel/path", "rel/path"],
    ["file:/etc/x", "/etc/x"],
    ["file:///etc/x", "/etc/x"],
    ["file://etc/x", "/etc/x"],
    ["file:./x", "./x"],
    ["file://./x", "./x"],
  ])("reads %s as the path %s", (text, path) => {
    expect(listOf(text).files()).toEqual([path]);
  });

  it("gives the reason of the first entry that covers", () => {
    const list = listOf("host.example", "192.0.2.0/24", "other.example", "198.51.100.0/24");
    list.setAddresses("host.example", ips("192.0.2.9"));
    list.setAddresses("other.example", ips("192.0.2.8", "198.51.100.1"));
    expect(["192.0.2.9", "192.0.2.8", "198.51.100.1"].map((id) => reasonFor(list, id))).toEqual([
      "dns",
      "ip",
      "dns",
    ]);
  });

  it("lists networks, names and files as added, then single addresses", () => {
    const list = listOf("192.0.2.200", "10.0.0.0/8", "host.example", "file:/a", "192.168.0.0/16");
    expect(list.list()).toEqual(["10.0.0.0/8", "host.example", "file:/a", "192.168.0.0/16", "192.0.2.200"]);
  });

  it("adds nothing twice and removes exactly what is there", () => {
    const texts = ["192.0.2.200", "10.0.0.0/8", "host.example", "file:/abc/x", "172.16.0.0/12"];
    const list = listOf(...texts);
    expect(texts.map((text) => list.add(text))).toEqual([false, false, false, false, false]);
    expect(list.add("")).toBe(false);
    expect(list.remove("10.0.0.0/9")).toBe(false);
    expect(texts.map((text) => list.remove(text))).toEqual([true, true, true, true, true]);
    expect(list.list()).toEqual([]);
    expect(texts.map((text) => list.remove(text))).toEqual([false, false, false, false, false]);
  });

  it("is empty after clearing", () => {
    const list = listOf("192.0.2.1", "10.0.0.0/8", "host.example");
    list.clear();
    expect(list.list()).toEqual([]);
    expect(reasonFor(list, "192.0.2.1")).toBeUndefined();
  });

  it("takes any text without throwing, and lists and removes it again", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", minLength: 1 }), { maxLength: 8 }), (texts) => {
        const list = new IgnoreList();
        const added = texts.filter((text) => list.add(text));
        expect(list.list()).toHaveLength(added.length);
        for (const text of added) {
          expect(list.remove(text)).toBe(true);
        }
        expect(list.list()).toEqual([]);
      }),
    );
  });

  it("looks at no more for 100,000 entries than for ten", () => {
    const prefixes = [32, 32, 32, 32, 24, 24, 24, 20, 16, 28];
    const few = listOf(...prefixes.map((prefix, i) => `10.${i}.0.0/${prefix}`));
    const many = new IgnoreList();
    for (let i = 0; i < 130_000; i++) {
      many.add(`${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/${prefixes[i % 10] ?? 32}`);
    }
    expect(many.list().length).toBeGreaterThan(100_000);
    for (let i = 0; i < 100_000; i++) {
      // Between networks, as somebody may have written them.
      many.add(`host${i}.example`);
      many.setAddresses(`host${i}.example`, ips(`172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`));
      many.add(`11.${i >> 8}.${i & 255}.0/24`);
    }
    few.add("host.example");
    expect(reasonFor(many, "172.16.7.9")).toBe("dns");
    for (const id of ["10.200.7.1", "192.0.2.1", "2001:db8::1"]) {
      const most = countLookUps(() => reasonFor(few, id));
      expect(countLookUps(() => reasonFor(many, id))).toBeLessThanOrEqual(most);
      expect(most).toBeGreaterThan(0);
    }
  });
});

/** How often maps are asked. */
function countLookUps(work: () => void): number {
  const prototype: Map<unknown, unknown> = Map.prototype;
  const has = vi.spyOn(prototype, "has");
  const get = vi.spyOn(prototype, "get");
  work();
  const asked = has.mock.calls.length + get.mock.calls.length;
  vi.restoreAllMocks();
  return asked;
}
