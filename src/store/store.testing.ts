import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { parseOffender, type Ban } from "../model";
import { loadSqlite, type SqliteRow } from "./sqlite";

/** Some moment all tests of this folder agree on. */
export const NOW = 1_795_216_931;

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The path of a database in a new folder that is removed after the test. */
export function makePath(): string {
  const folder = mkdtempSync(join(tmpdir(), "warder-store-"));
  folders.push(folder);
  return join(folder, "fail2ban.sqlite3");
}

/** A ban of now, changed as a test wants. */
export function makeBan(id: string, changes: Partial<Ban> = {}): Ban {
  return {
    jail: "sshd",
    offender: parseOffender(id),
    time: NOW,
    bantime: 600,
    bancount: 1,
    restored: false,
    data: {
      matches: [["", "Nov 21 00:46:30", " failure"], "a line"],
      failures: 3,
      groups: new Map([["user", "x"]]),
    },
    ...changes,
  };
}

/** Runs one statement on a file directly. */
export async function query(path: string, sql: string): Promise<SqliteRow[]> {
  const open = await loadSqlite();
  const db = new open(path);
  try {
    // Rows have no prototype, which plain objects of a test are not equal to.
    return db
      .prepare(sql)
      .all()
      .map((row) => Object.fromEntries(Object.entries(row)));
  } finally {
    db.close();
  }
}

/** Runs statements on a file directly. */
export async function execute(path: string, sql: string): Promise<void> {
  const open = await loadSqlite();
  const db = new open(path);
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}
