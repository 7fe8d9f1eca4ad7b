import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOffender, type Ban } from "../model";
import { hashFirstLine, JOURNAL_PATH, openStore, StoreError, type Store } from ".";
import { loadSqlite } from "./sqlite";
import { makeBan, makePath, NOW, query } from "./store.testing";

const NO_RULE = { bantime: 600 };

async function makeStore(path = makePath()): Promise<Store> {
  const { store } = await openStore(path, NOW);
  store.addJail("sshd");
  return store;
}

function idsOf(bans: readonly Ban[]): string[] {
  return bans.map(({ offender }) => offender.id);
}

describe("bans", () => {
  it("come back as they were written", async () => {
    const path = makePath();
    const first = await makeStore(path);
    const ban = makeBan("some user", {
      ip: "192.0.2.1",
      bancount: 4,
      bantime: 1200.5,
      data: {
        matches: [["", "Nov 21 00:46:30", " näh \u0000"], "line 2"],
        failures: 7,
        groups: new Map<string, string | string[]>([
          ["user", "x"],
          ["users", ["a", "b"]],
        ]),
      },
    });
    first.addBan(ban);
    first.close();
    const again = await makeStore(path);
    expect(again.currentBans("sshd", NOW, NO_RULE)).toEqual([{ ...ban, restored: true }]);
    again.close();
  });

  it("lie in the tables as fail2ban writes them", async () => {
    const path = makePath();
    const store = await makeStore(path);
    store.maxMatches = 1;
    store.addBan(makeBan("192.0.2.1", { time: NOW + 0.5 }));
    store.addBan(makeBan("192.0.2.1", { time: NOW + 1.5, bancount: 2 }));
    store.close();
    const columns =
      "jail, ip, timeofban, bantime, bancount, typeof(data) AS type, CAST(data AS TEXT) AS data";
    const data = '{"matches":["a line"],"failures":3,"user":"x"}';
    const row = { jail: "sshd", ip: "192.0.2.1", bantime: 600, type: "blob", data };
    expect(await query(path, `SELECT ${columns} FROM bans ORDER BY rowid`)).toEqual([
      { ...row, timeofban: NOW + 1, bancount: 1 },
      { ...row, timeofban: NOW + 1, bancount: 2 },
    ]);
    expect(await query(path, `SELECT ${columns} FROM bips`)).toEqual([
      { ...row, timeofban: NOW + 1, bancount: 2 },
    ]);
  });

  it("follow the restore rule", async () => {
    const store = await makeStore();
    const rows: [string, number, number][] = [
      ["192.0.2.1", 100, -1],
      ["192.0.2.2", 100, 99_999],
      ["192.0.2.3", 100, 10],
      ["192.0.2.4", 100, -2],
      ["192.0.2.5", 2000, 2500],
      ["192.0.2.6", 4000, 99_999],
      ["192.0.2.7", 4000, -1],
    ];
    store.addBans(rows.map(([id, age, bantime]) => makeBan(id, { time: NOW - age, bantime })));
    const restored = (rule: Parameters<Store["currentBans"]>[2]) =>
      store
        .currentBans("sshd", NOW, rule)
        .map(({ offender, bantime }) => `${offender.id.slice(8)}:${bantime}`);
    expect(restored({ bantime: 3000, cap: 3000, maxAge: 3000 })).toEqual([
      "1:3000",
      "2:3000",
      "4:3000",
      "5:2500",
    ]);
    expect(restored({ bantime: 3000, cap: 3600 })).toEqual(["1:3600", "2:3600", "4:3000", "5:2500"]);
    expect(restored({ bantime: -1 })).toEqual(["1:-1", "2:99999", "4:-1", "5:2500", "6:99999", "7:-1"]);
    store.close();
  });

  it("are forgotten by id and by jail", async () => {
    const store = await makeStore();
    store.addBans([makeBan("192.0.2.1"), makeBan("192.0.2.2"), makeBan("192.0.2.1", { jail: "nginx" })]);
    expect(store.deleteBan("sshd", "192.0.2.1")).toBe(true);
    expect(store.deleteBan("sshd", "192.0.2.1")).toBe(false);
    expect(idsOf(store.currentBans("sshd", NOW, NO_RULE))).toEqual(["192.0.2.2"]);
    store.deleteJailBans("sshd");
    expect(store.currentBans("sshd", NOW, NO_RULE)).toEqual([]);
    expect(idsOf(store.currentBans("nginx", NOW, NO_RULE))).toEqual(["192.0.2.1"]);
    store.close();
  });

  it("survive whatever text a log put into them", async () => {
    const store = await makeStore();
    const nasty = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(nasty, fc.string({ maxLength: 3 }), fc.boolean(), (id, name, isHalf) => {
        const text = isHalf ? `${id}\uD800'"; DROP TABLE bans` : `${id}\0z`;
        store.deleteJailBans("sshd");
        const groups = new Map([
          [name, text],
          ["__proto__", text],
        ]);
        store.addBan(makeBan("192.0.2.9", { data: { matches: [text], failures: 1, groups } }));
        store.addBan({ ...makeBan(""), offender: { id: text } });
        expect(store.history(text, "sshd")).toEqual({ bancount: 1, timeofban: NOW });
        const bans = store.currentBans("sshd", NOW, NO_RULE);
        const data = bans.find(({ offender }) => offender.id === "192.0.2.9")?.data;
        expect(data?.matches).toEqual([text]);
        expect(data?.groups.get("__proto__")).toBe(text);
        expect(store.deleteBan("sshd", text)).toBe(true);
      }),
      { numRuns: 50 },
    );
    store.close();
  });

  it("are read although their data is nonsense", async () => {
    const path = makePath();
    const store = await makeStore(path);
    store.close();
    await query(
      path,
      `INSERT INTO bips(ip, jail, timeofban, bantime, data) VALUES
        ('192.0.2.1', 'sshd', ${NOW}, 600, 'no json'), ('192.0.2.2', 'sshd', ${NOW}, 600, '[1]'),
        ('192.0.2.3', 'sshd', ${NOW}, 600, '{"matches": [1, ["a"], "b"], "failures": "x", "n": 5, "o": {}}'),
        ('192.0.2.4', 'sshd', ${NOW}, 9223372036854775807, NULL) RETURNING 1`,
    );
    const again = await makeStore(path);
    const bans = again.currentBans("sshd", NOW, NO_RULE);
    expect(bans.map(({ data }) => data.matches)).toEqual([[], [], ["b"], []]);
    expect(bans[2]?.data).toMatchObject({ failures: 1, groups: new Map([["n", "5"]]) });
    again.close();
  });
});

describe("history", () => {
  it("counts the bans of one jail or of all", async () => {
    const store = await makeStore();
    store.addBans([
      makeBan("192.0.2.1", { bancount: 2 }),
      makeBan("192.0.2.1", { jail: "nginx", bancount: 3, time: NOW + 5 }),
    ]);
    expect(store.history("192.0.2.1", "sshd")).toEqual({ bancount: 2, timeofban: NOW });
    expect(store.history("192.0.2.1")).toEqual({ bancount: 5, timeofban: NOW + 5 });
    expect(store.history("192.0.2.2")).toBeUndefined();
    expect(store.history("192.0.2.2", "sshd")).toBeUndefined();
    store.close();
  });

  it("merges all bans of an offender, the newest lines last", async () => {
    const store = await makeStore();
    const add = (jail: string, age: number, data: { matches: string[]; failures: number; user: string }) =>
      store.addBan(
        makeBan("192.0.2.1", {
          jail,
          time: NOW - age,
          data: { ...data, groups: new Map([["user", data.user]]) },
        }),
      );
    store.maxMatches = 3;
    add("sshd", 200, { matches: ["p1", "p2", "p3"], failures: 4, user: "old" });
    add("nginx", 100, { matches: ["o1", "o2", "o3"], failures: 7, user: "other" });
    add("sshd", 0, { matches: ["line1", "line2"], failures: 2, user: "new" });
    expect(store.mergedBans("192.0.2.1")).toEqual({
      matches: ["o3", "line1", "line2"],
      failures: 13,
      groups: new Map([["user", "old"]]),
    });
    expect(store.mergedBans("192.0.2.1", "sshd")).toMatchObject({
      matches: ["p3", "line1", "line2"],
      failures: 6,
    });
    expect(store.mergedBans("192.0.2.2")).toBeUndefined();
    store.close();
  });
});

describe("jails and logs", () => {
  it("keep what is in use and how far it was read", async () => {
    const path = makePath();
    const store = await makeStore(path);
    store.addJail("nginx");
    store.disableJail("nginx");
    expect(store.jailNames("enabled")).toEqual(["sshd"]);
    expect(store.jailNames()).toEqual(["nginx", "sshd"]);
    const hash = hashFirstLine(Buffer.from("first line\n"));
    expect(hash).toHaveLength(40);
    store.saveLogPosition("sshd", "/var/log/auth.log", { hash, position: 10 });
    store.saveLogPosition("sshd", "/var/log/auth.log", { hash, position: 5_000_000_000 });
    store.saveLogPosition("sshd", JOURNAL_PATH, {
      hash: "2026-11-21T00:47:40.014642+00:00 ",
      position: NOW + 0.25,
    });
    store.close();
    const again = await makeStore(path);
    again.disableAllJails();
    expect(again.jailNames("enabled")).toEqual([]);
    expect(again.logPosition("sshd", "/var/log/auth.log")).toEqual({ hash, position: 5_000_000_000 });
    expect(again.logPosition("sshd", JOURNAL_PATH)?.position).toBe(NOW + 0.25);
    expect(again.logPosition("nginx", "/var/log/auth.log")).toBeUndefined();
    expect(again.logPaths()).toEqual(["/var/log/auth.log", JOURNAL_PATH]);
    again.close();
  });
});

describe("purge", () => {
  it("forgets by age what fail2ban forgets", async () => {
    const store = await makeStore();
    store.addBans([
      makeBan("192.0.2.1", { time: NOW - 90_000 }),
      makeBan("192.0.2.2", { time: NOW - 90_000, bantime: -1 }),
      makeBan("192.0.2.3", { time: NOW - 90_000, bantime: 80_000 }),
      makeBan("192.0.2.4", { time: NOW - 80_000 }),
      makeBan("192.0.2.5", { time: NOW - 90_000, jail: "gone" }),
    ]);
    store.disableJail("gone");
    store.purge(NOW, 86_400);
    expect(store.history("192.0.2.1")).toBeUndefined();
    expect(store.mergedBans("192.0.2.2")).toBeUndefined();
    expect(["192.0.2.2", "192.0.2.3", "192.0.2.4"].map((id) => store.history(id)?.bancount)).toEqual([
      1, 1, 1,
    ]);
    expect(store.jailNames()).toEqual(["sshd"]);
    store.addBan(makeBan("192.0.2.6", { jail: "gone" }));
    expect(store.jailNames()).toEqual(["gone", "sshd"]);
    store.close();
  });

  it("makes the file smaller", async () => {
    const path = makePath();
    const store = await makeStore(path);
    store.addBans(manyBans(20_000, NOW - 90_000));
    store.purge(NOW - 90_000, 86_400);
    const before = statSync(path).size;
    store.purge(NOW, 86_400);
    expect(statSync(path).size).toBeLessThan(before / 4);
    store.close();
  });
});

describe("transactions", () => {
  it("are done as a whole or not at all", async () => {
    const store = await makeStore();
    expect(() =>
      store.transaction(() => {
        store.addBan(makeBan("192.0.2.1", { jail: "new" }));
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(store.history("192.0.2.1")).toBeUndefined();
    store.addBan(makeBan("192.0.2.1", { jail: "new" }));
    expect(store.jailNames()).toEqual(["new", "sshd"]);
    store.close();
  });

  // A ratio, since machines differ and are busy: ten times as many must not take much more than ten times as long.
  it("write and read 50,000 bans as quickly as 5,000", async () => {
    const run = async (count: number): Promise<number> => {
      const store = await makeStore();
      const bans = manyBans(count, NOW);
      const start = process.cpuUsage().user;
      store.addBans(bans);
      expect(store.currentBans("sshd", NOW, NO_RULE)).toHaveLength(count);
      store.close();
      return process.cpuUsage().user - start;
    };
    await run(500);
    const few = await run(5000);
    expect((await run(50_000)) / few).toBeLessThan(40);
  });

  it("lose nothing that was reported when the process is killed", async () => {
    const path = makePath();
    const script = join(dirname(path), "writer.mjs");
    const entry = join(import.meta.dirname, "kill-writer.testing.ts");
    await build({ entryPoints: [entry], bundle: true, platform: "node", format: "esm", outfile: script });
    symlinkSync(join(process.cwd(), "node_modules"), join(dirname(path), "node_modules"));
    const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("\n300\n")) {
        child.kill("SIGKILL");
      }
    });
    await once(child, "close");
    const reported = output.split("\n").length - 1;
    expect(reported).toBeGreaterThan(300);
    const { store, opening } = await openStore(path, NOW);
    expect(opening.kind).toBe("opened");
    expect(store.currentBans("sshd", NOW, NO_RULE).length).toBeGreaterThanOrEqual(reported);
    store.close();
  });
});

describe("failures", () => {
  it("says that it is closed", async () => {
    const store = await makeStore();
    store.close();
    store.close();
    expect(() => store.addBan(makeBan("192.0.2.1"))).toThrow(StoreError);
    expect(() => store.history("192.0.2.1")).toThrow("closed");
  });

  it("says when somebody else writes, and works again after", async () => {
    const path = makePath();
    const store = await makeStore(path);
    const open = await loadSqlite();
    const other = new open(path);
    other.exec("BEGIN IMMEDIATE");
    expect(codeOf(() => store.addBan(makeBan("192.0.2.1")))).toBe("store-busy");
    other.exec("ROLLBACK");
    other.close();
    store.addBan(makeBan("192.0.2.1"));
    expect(store.history("192.0.2.1")?.bancount).toBe(1);
    store.close();
  });

  it("says when there is no room, and works again after", async () => {
    const path = makePath();
    const store = await makeStore(path);
    const other = await query(path, "PRAGMA page_count");
    expect(other).toHaveLength(1);
    store.close();
    const open = await loadSqlite();
    const db = new open(path);
    const { Store } = await import("./store");
    const small = new Store(db, path);
    db.exec("PRAGMA max_page_count = 30");
    expect(codeOf(() => small.addBans(manyBans(10_000, NOW)))).toBe("store-full");
    expect(small.currentBans("sshd", NOW, NO_RULE)).toEqual([]);
    db.exec("PRAGMA max_page_count = 100000");
    small.addBans(manyBans(1000, NOW));
    expect(small.currentBans("sshd", NOW, NO_RULE)).toHaveLength(1000);
    small.close();
  });

  it("says when the folder is missing or the path is a folder", async () => {
    const path = makePath();
    await expect(openStore(join(path, "a", "b"), NOW)).rejects.toMatchObject({ code: "store-unwritable" });
    await expect(openStore(dirname(path), NOW)).rejects.toMatchObject({ code: "store-unwritable" });
    writeFileSync(path, "");
    await expect(openStore(join(path, "b"), NOW)).rejects.toMatchObject({ code: "store-unwritable" });
  });

  it("says when there is no SQLite", async () => {
    await expect(loadSqlite(["node:nothing", "node:fs"])).rejects.toMatchObject({ code: "store-missing" });
  });
});

function manyBans(count: number, time: number): Ban[] {
  return Array.from({ length: count }, (_, i) => ({
    ...makeBan("", { time }),
    offender: parseOffender(`2001:db8::${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}`),
  }));
}

function codeOf(work: () => void): string {
  try {
    work();
    return "none";
  } catch (error) {
    return error instanceof StoreError ? error.code : String(error);
  }
}
