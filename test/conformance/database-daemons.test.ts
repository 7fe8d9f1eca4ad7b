/** One database, two programs in turn: fail2ban's own server and our daemon go on where the other one stopped. */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { stamp, until } from "../e2e/local-daemon.testing";
import { makeServerFolder, REAL_CLIENT, runCall, startServer } from "./control-server.testing";

const hasOracle = existsSync(REAL_CLIENT[0] ?? "") && spawnSync("python3", ["-V"]).status === 0;
if (!hasOracle) {
  console.warn("SKIPPED: taking a database over from fail2ban and back needs fail2ban and python3");
}

describe.skipIf(!hasOracle)("a database", () => {
  let programs: Programs;
  let folder: string;

  beforeAll(() => {
    programs = buildPrograms();
  });
  afterAll(() => programs.remove());
  beforeEach(() => {
    folder = makeServerFolder();
    writeFileSync(join(folder, "conf/jail.local"), "[DEFAULT]\nbantime = 1h\nmaxretry = 3\n");
  });
  afterEach(() => {
    call("stop");
    rmSync(folder, { recursive: true, force: true });
  });

  const call = (...args: readonly string[]): string => runCall(REAL_CLIENT, folder, { args }).stdout;
  const start = (who: "theirs" | "ours"): void =>
    startServer(folder, who === "theirs" ? REAL_CLIENT : [programs.client]);
  const stop = async (): Promise<void> => {
    call("stop");
    await until("the end", () => !existsSync(join(folder, "run/f.pid")));
  };
  const bans = (jail: string): readonly string[] =>
    call("get", jail, "banip", "--with-time").trim().split("\n").sort();
  const fail = (...hosts: readonly string[]): void =>
    appendFileSync(
      join(folder, "test.log"),
      hosts.map((host) => `${stamp()} failure from ${host}\n`).join(""),
    );
  const banned = async (jail: string, id: string): Promise<void> =>
    until(`${jail} bans ${id}`, () => bans(jail).some((line) => line.startsWith(id)));

  test("goes from fail2ban to us and back, with bans, times, counts and places in logs", async () => {
    start("theirs");
    fail("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2");
    await banned("t1", "192.0.2.1");
    await banned("t2", "192.0.2.1");
    call("set", "t1", "banip", "198.51.100.1", "2001:db8::1", "203.0.113.0/24");
    await banned("t1", "203.0.113.0/24");
    call("set", "t1", "unbanip", "198.51.100.1");
    const before = [bans("t1"), bans("t2")];
    await stop();

    fail("192.0.2.9", "192.0.2.9", "192.0.2.9");
    start("ours");
    await banned("t1", "192.0.2.9");
    await banned("t2", "192.0.2.9");
    const without = (list: readonly string[]): readonly string[] =>
      list.filter((line) => !line.startsWith("192.0.2.9"));
    expect([without(bans("t1")), without(bans("t2"))]).toEqual(before);
    // Lines that fail2ban had read already are not counted again: of three new ones all are of the new offender.
    expect(call("status", "t1", "short")).toMatch(/Total failed:\t3\n/);
    call("set", "t2", "banip", "2001:db8::2");
    const after = [bans("t1"), bans("t2")];
    await stop();

    start("theirs");
    await banned("t2", "2001:db8::2");
    expect([bans("t1"), bans("t2")]).toEqual(after);
    expect(call("status", "t1", "short")).toMatch(/Total failed:\t0\n/);
    expect(sqlite("PRAGMA integrity_check")).toBe("ok");
  });

  test("can be read by others while we write", async () => {
    start("ours");
    const seen: number[] = [];
    for (let i = 0; i < 40; i++) {
      fail(...[1, 2, 3].map(() => `198.51.100.${i}`));
      seen.push(Number(sqlite("SELECT COUNT(*) FROM bips")));
    }
    await banned("t2", "198.51.100.39");
    expect(seen.every((count) => Number.isInteger(count))).toBe(true);
    expect(sqlite("SELECT COUNT(*) FROM bips WHERE jail = 't2'")).toBe("40");
    expect(readFileLog()).not.toMatch(/database.*(?:ERROR|tried again)/);
  });

  test("gives room back when old bans are cleared away", async () => {
    start("ours");
    await stop();
    const path = join(folder, "f.sqlite3");
    sqlite(
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) " +
        "INSERT INTO bans SELECT 't1', '10.' || (i / 65536) || '.' || (i / 256 % 256) || '.' || (i % 256), 1000, 600, 1, " +
        '\'{"matches": ["some line or other of a log"], "failures": 5}\' FROM n',
    );
    const full = statSync(path).size;
    start("ours");
    call("set", "dbpurgeage", "1h");
    await until("old bans are gone", () => sqlite("SELECT COUNT(*) FROM bans") === "0", 30_000);
    await stop();
    expect(statSync(path).size).toBeLessThan(full / 2);
  });

  function readFileLog(): string {
    return spawnSync("cat", [join(folder, "f2b.log")], { encoding: "utf8" }).stdout;
  }

  /** Asks with Python's SQLite, as any other program would. */
  function sqlite(sql: string): string {
    const script =
      "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=5)\n" +
      "for r in c.execute(sys.argv[2]): print(*r)\nc.commit()";
    const { stdout, stderr } = spawnSync("python3", ["-c", script, join(folder, "f.sqlite3"), sql], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    return stdout.trim();
  }
});
