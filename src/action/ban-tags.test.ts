import { describe, expect, it } from "vitest";
import { parseOffender } from "../model";
import { createBanTarget, createJailTags } from "./ban-tags";
import { createBan, createWorld } from "./fakes.testing";

const LINE = ["", "2026-11-21 00:40:13", " failure from 198.51.100.9"] as const;
const NEXT = "2026-11-21 00:40:13 failure from 198.51.100.9";
const BAN = createBan("198.51.100.9", {
  data: {
    matches: [LINE, NEXT],
    failures: 2,
    groups: new Map<string, string | ReadonlySet<string>>([
      ["ip4", "198.51.100.9"],
      ["user", "o'neil"],
      ["users", new Set(["a b"])],
      ["fport", "22"],
    ]),
  },
});

async function valuesOf(ban: typeof BAN, tags: readonly string[]): Promise<readonly (string | undefined)[]> {
  const target = createBanTarget(ban, createWorld());
  return Promise.all(tags.map(async (tag) => target.tags(tag)));
}

describe("createBanTarget", () => {
  it.each([
    ["ip", "198.51.100.9"],
    ["fid", "198.51.100.9"],
    ["family", "inet4"],
    ["ip-rev", "9.100.51.198."],
    ["ip-host", "None"],
    ["failures", "2"],
    ["time", "1795221613.0"],
    ["bantime", "600"],
    ["bancount", "1"],
    ["restored", "0"],
    ["matches", `${LINE.join("")}\n${NEXT}`],
    ["ipmatches", `${LINE.join("")}\n${NEXT}`],
    ["ipjailfailures", "2"],
    ["jail.name", "demo"],
    ["jail.banned", "1"],
    ["jail.banned_total", "2"],
    ["jail.found", "0"],
    ["jail.found_total", "3"],
    ["F-ID", ""],
    ["F-PORT", "22"],
    ["F-IP4", "198.51.100.9"],
    ["F-USER", "o'neil"],
    ["F-USERS", "{'a b'}"],
    ["F-FAILURES", "2"],
    ["F-MATCHES", `[('', '2026-11-21 00:40:13', ' failure from 198.51.100.9'), '${NEXT}']`],
    [
      "raw-ticket",
      "BanTicket: ip=198.51.100.9 time=1795221613.0 bantime=None bancount=1 #attempts=2 matches=" +
        `[('', '2026-11-21 00:40:13', ' failure from 198.51.100.9'), '${NEXT}']`,
    ],
    ["IP", undefined],
    ["unknown", undefined],
  ])("%s is %j", async (tag, expected) => {
    expect(await valuesOf(BAN, [tag])).toEqual([expected]);
  });

  it("shows all data of a ticket as Python does", async () => {
    const [data] = await valuesOf(BAN, ["F-*"]);
    expect(data).toMatch(/^\{'matches': \[.*\], 'failures': 2, 'ip4': '198.51.100.9', 'user': "o'neil", /);
  });

  it("tells the address of an id that is none", async () => {
    const ban = createBan("session 7", { ip: "2001:db8::9" });
    expect(await valuesOf(ban, ["fid", "ip", "family"])).toEqual(["session 7", "2001:db8::9", "inet6"]);
    const reversed = (await valuesOf(ban, ["ip-rev"]))[0] ?? "";
    expect(reversed).toMatch(/^9\.0\.0\..*\.8\.b\.d\.0\.1\.0\.0\.2\.$/);
    expect(reversed.split(".")).toHaveLength(33);
  });

  it("has no address for other ids", async () => {
    expect(await valuesOf(createBan("raw id'x"), ["ip", "family", "ip-rev", "ip-host"])).toEqual([
      "raw id'x",
      "None",
      "",
      "None",
    ]);
  });

  it("writes times of the database whole, times of commands with their fraction", async () => {
    const restored = createBan("198.51.100.9", { restored: true, bancount: 3 });
    expect(await valuesOf(restored, ["time", "restored", "bancount"])).toEqual(["1795221613", "1", "3"]);
    expect(await valuesOf(createBan("x", { time: 1795221616.3538287 }), ["time"])).toEqual([
      "1795221616.3538287",
    ]);
  });

  it("writes a permanent ban as -1 and cuts fractions of a ban time", async () => {
    expect(await valuesOf(createBan("x", { bantime: -1 }), ["bantime"])).toEqual(["-1"]);
    expect(await valuesOf(createBan("x", { bantime: 1630.97 }), ["bantime"])).toEqual(["1630"]);
  });

  it("asks the database and the name service only when a tag wants them, and once", async () => {
    const asked: string[] = [];
    const world = createWorld({
      lookups: {
        merged: (id, scope) => {
          asked.push(`${id} ${scope}`);
          return { matches: ["old", "new"], failures: scope === "all" ? 13 : 6 };
        },
        hostNameOf: (ip) => {
          asked.push(ip);
          return Promise.resolve("host.example");
        },
        ownNames: () => ({ full: "", short: "" }),
      },
    });
    const { tags } = createBanTarget(BAN, world);
    await tags("matches");
    expect(asked).toEqual([]);
    expect([await tags("ipmatches"), await tags("ipfailures"), await tags("ipjailfailures")]).toEqual([
      "old\nnew",
      "13",
      "6",
    ]);
    expect([await tags("ip-host"), await tags("ip-host")]).toEqual(["host.example", "host.example"]);
    expect(asked.filter((entry) => entry === "198.51.100.9")).toHaveLength(1);
  });

  it("takes no id for a name to look up", async () => {
    const world = createWorld();
    const asked: string[] = [];
    const lookups = { ...world.lookups, hostNameOf: (ip: string) => Promise.resolve(String(asked.push(ip))) };
    const ban = createBan("x", { offender: parseOffender("evil.example") });
    expect(await createBanTarget(ban, { ...world, lookups }).tags("ip-host")).toBe("None");
    expect(asked).toEqual([]);
  });
});

describe("createJailTags", () => {
  it("has empty ban tags and live jail tags", async () => {
    const tags = createJailTags(createWorld());
    const names = [
      "ip",
      "fid",
      "ip-host",
      "matches",
      "time",
      "bancount",
      "bantime",
      "jail.banned",
      "F-USER",
      "x",
    ];
    expect(await Promise.all(names.map(async (tag) => tags(tag)))).toEqual([
      "",
      "",
      "None",
      "",
      "1795221616.3538287",
      "0",
      "600",
      "1",
      "",
      undefined,
    ]);
    expect(await tags("raw-ticket")).toBe(
      "BanTicket: ip= time=1795221616.3538287 bantime=None bancount=0 #attempts=0 matches=[]",
    );
  });
});
