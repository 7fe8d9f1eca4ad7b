import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from ".";
import { loadSqlite } from "./sqlite";
import { execute, makeBan, makePath, NOW, query } from "./store.testing";

const STAMP = "20261120-232211";
/** The oldest schema: bans without time and count, logs without the wider uniqueness. */
const VERSION_1 = `CREATE TABLE fail2banDb(version INTEGER); INSERT INTO fail2banDb VALUES(1);
  CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
  CREATE INDEX jails_name ON jails(name);
  CREATE TABLE logs(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT, lastfilepos INTEGER DEFAULT 0,
    FOREIGN KEY(jail) REFERENCES jails(name) ON DELETE CASCADE, UNIQUE(jail, path));
  CREATE INDEX logs_path ON logs(path); CREATE INDEX logs_jail_path ON logs(jail, path);
  CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, data JSON,
    FOREIGN KEY(jail) REFERENCES jails(name));
  CREATE INDEX bans_jail_timeofban_ip ON bans(jail, timeofban);
  CREATE INDEX bans_jail_ip ON bans(jail, ip); CREATE INDEX bans_ip ON bans(ip);
  INSERT INTO jails VALUES('sshd', 1);
  INSERT INTO logs VALUES('sshd', '/var/log/auth.log', 'abc', 77);
  INSERT INTO bans VALUES('sshd', '192.0.2.1', ${NOW - 50}, '{"matches": ["old"], "failures": 1}');
  INSERT INTO bans VALUES('sshd', '192.0.2.1', ${NOW - 10}, '{"matches": ["new"], "failures": 2}');
  INSERT INTO bans VALUES('sshd', '192.0.2.2', ${NOW - 5000}, '{}');`;

async function fill(path: string, count: number): Promise<void> {
  const { store } = await openStore(path, NOW);
  store.addJail("sshd");
  store.addBans(Array.from({ length: count }, (_, i) => makeBan(`user ${i}`)));
  store.close();
}

describe("openStore", () => {
  it("makes folder and file for nobody else to read", async () => {
    const path = join(dirname(makePath()), "new", "fail2ban.sqlite3");
    const { store, opening } = await openStore(path, NOW);
    expect(opening).toEqual({ kind: "created" });
    store.addBan(makeBan("192.0.2.1"));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    store.close();
    expect(readdirSync(dirname(path))).toEqual(["fail2ban.sqlite3"]);
    const again = await openStore(path, NOW);
    expect(again.opening).toEqual({ kind: "opened" });
    again.store.close();
  });

  it("works in memory alone", async () => {
    const { store } = await openStore(":memory:", NOW);
    store.addBan(makeBan("192.0.2.1"));
    expect(store.history("192.0.2.1")?.bancount).toBe(1);
    store.close();
    expect(existsSync(":memory:")).toBe(false);
  });

  it("brings the oldest schema up to date and keeps a copy", async () => {
    const path = makePath();
    await execute(path, VERSION_1);
    const { store, opening } = await openStore(path, NOW);
    expect(opening).toEqual({ kind: "upgraded", from: 1, backup: `${path}.${STAMP}` });
    const bans = store.currentBans("sshd", NOW, { bantime: 600 });
    expect(bans).toMatchObject([
      {
        offender: { id: "192.0.2.1" },
        time: NOW - 10,
        bantime: 600,
        bancount: 1,
        data: { matches: ["new"] },
      },
    ]);
    expect(store.logPosition("sshd", "/var/log/auth.log")).toEqual({ hash: "abc", position: 77 });
    expect(store.mergedBans("192.0.2.1")?.failures).toBe(3);
    store.addBan(makeBan("192.0.2.3"));
    store.close();
    expect(await query(path, "SELECT version FROM fail2banDb")).toEqual([{ version: 4 }]);
    expect(await query(`${path}.${STAMP}`, "SELECT version FROM fail2banDb")).toEqual([{ version: 1 }]);
    expect(statSync(`${path}.${STAMP}`).mode & 0o777).toBe(0o600);
    const fresh = makePath();
    await fill(fresh, 1);
    const schema = "SELECT type, name, tbl_name FROM sqlite_master ORDER BY type, name";
    expect(await query(path, schema)).toEqual(await query(fresh, schema));
  });

  it("leaves a newer schema alone", async () => {
    const path = makePath();
    await execute(path, "CREATE TABLE fail2banDb(version INTEGER); INSERT INTO fail2banDb VALUES(5)");
    const before = readFileSync(path);
    await expect(openStore(path, NOW)).rejects.toMatchObject({ code: "store-version" });
    expect(readFileSync(path)).toEqual(before);
  });

  it("sets a file aside that is no database", async () => {
    const path = makePath();
    writeFileSync(path, "this is no database\n".repeat(100));
    const { store, opening } = await openStore(path, NOW);
    expect(opening).toMatchObject({
      kind: "repaired",
      setAside: `${path}.corrupt-${STAMP}`,
      rows: 0,
      cause: { code: "store-damaged" },
    });
    store.addBan(makeBan("192.0.2.1"));
    store.close();
    expect(readFileSync(`${path}.corrupt-${STAMP}`, "utf8")).toContain("no database");
  });

  it("saves what is left of a damaged file", async () => {
    const path = makePath();
    await fill(path, 3000);
    const bytes = readFileSync(path);
    // Overwrites one page inside the table of bans.
    const at = bytes.indexOf("user 1500", bytes.length >> 3);
    bytes.fill(0x5a, at - (at % 4096), at - (at % 4096) + 4096);
    writeFileSync(path, bytes);
    const { store, opening } = await openStore(path, NOW);
    expect(opening.kind).toBe("repaired");
    expect(opening.kind === "repaired" && opening.rows).toBeGreaterThan(2000);
    expect(store.currentBans("sshd", NOW, { bantime: 600 }).length).toBeGreaterThan(1000);
    expect(store.jailNames()).toEqual(["sshd"]);
    store.close();
  });

  it("never fails on a file cut short", async () => {
    const path = makePath();
    await fill(path, 500);
    truncateSync(path, Math.floor(statSync(path).size / 2));
    const { store, opening } = await openStore(path, NOW);
    expect(opening.kind).toBe("repaired");
    store.addBan(makeBan("192.0.2.1"));
    expect(store.history("192.0.2.1")?.bancount).toBe(1);
    store.close();
  });

  it("opens and writes although somebody else has the file open", async () => {
    const path = makePath();
    await fill(path, 3);
    const open = await loadSqlite();
    const reader = new open(path);
    reader.exec("BEGIN");
    expect(reader.prepare("SELECT * FROM jails").all()).toHaveLength(1);
    const { store, opening } = await openStore(path, NOW);
    expect(opening.kind).toBe("opened");
    reader.exec("COMMIT");
    store.addBan(makeBan("192.0.2.1"));
    store.close();
    expect(reader.prepare("SELECT * FROM bips").all()).toHaveLength(4);
    reader.close();
  });

  it("refuses a file it may not write", async () => {
    await expect(openStore("/proc/version", NOW)).rejects.toMatchObject({ code: "store-unwritable" });
    await expect(openStore("/proc/fail2ban.sqlite3", NOW)).rejects.toMatchObject({
      code: "store-unwritable",
    });
  });
});
