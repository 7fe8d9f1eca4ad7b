import type { SqliteDatabase } from "./sqlite";

/** The version of fail2ban's schema that is written; 1 to 3 are brought up to it. */
export const SCHEMA_VERSION = 4;

const TABLES: Readonly<Record<string, string>> = {
  fail2banDb: "CREATE TABLE IF NOT EXISTS fail2banDb(version INTEGER)",
  jails: `CREATE TABLE IF NOT EXISTS jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
    CREATE INDEX IF NOT EXISTS jails_name ON jails(name)`,
  logs: `CREATE TABLE IF NOT EXISTS logs(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT,
      lastfilepos INTEGER DEFAULT 0, FOREIGN KEY(jail) REFERENCES jails(name) ON DELETE CASCADE,
      UNIQUE(jail, path), UNIQUE(jail, path, firstlinemd5));
    CREATE INDEX IF NOT EXISTS logs_path ON logs(path);
    CREATE INDEX IF NOT EXISTS logs_jail_path ON logs(jail, path)`,
  bans: `CREATE TABLE IF NOT EXISTS bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL,
      bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON,
      FOREIGN KEY(jail) REFERENCES jails(name));
    CREATE INDEX IF NOT EXISTS bans_jail_timeofban_ip ON bans(jail, timeofban);
    CREATE INDEX IF NOT EXISTS bans_jail_ip ON bans(jail, ip);
    CREATE INDEX IF NOT EXISTS bans_ip ON bans(ip)`,
  bips: `CREATE TABLE IF NOT EXISTS bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL,
      bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail),
      FOREIGN KEY(jail) REFERENCES jails(name));
    CREATE INDEX IF NOT EXISTS bips_timeofban ON bips(timeofban);
    CREATE INDEX IF NOT EXISTS bips_ip ON bips(ip)`,
};
/** A ban time nobody wrote down: the jail's own counts. */
const UNKNOWN_BANTIME = -2;

/** The schema version of a database; 0 when it is empty. */
export function readVersion(db: SqliteDatabase): number {
  const table = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'fail2banDb'")
    .get();
  if (!table) {
    return 0;
  }
  const version = db.prepare("SELECT CAST(MAX(version) AS REAL) AS version FROM fail2banDb").get()?.[
    "version"
  ];
  return typeof version === "number" ? version : 0;
}

/** Creates what is missing and writes the version, in one transaction. */
export function createSchema(db: SqliteDatabase): void {
  inTransaction(db, () => {
    createTables(db);
    writeVersion(db);
  });
}

/** Brings a database of version 1 to 3 up to date, in one transaction. */
export function migrateSchema(db: SqliteDatabase, from: number): void {
  inTransaction(db, () => {
    if (from < 2) {
      rebuild(db, "logs", "jail, path, firstlinemd5, lastfilepos");
    }
    if (from < 3) {
      rebuild(db, "bans", "jail, ip, timeofban, bantime, bancount, data", {
        bantime: `${UNKNOWN_BANTIME}`,
        bancount: "1",
      });
    }
    createTables(db);
    // The newest ban of an offender replaces the older ones.
    db.exec(`INSERT OR REPLACE INTO bips(ip, jail, timeofban, bantime, bancount, data)
      SELECT ip, jail, timeofban, bantime, bancount, data FROM bans WHERE ip IS NOT NULL ORDER BY timeofban`);
    writeVersion(db);
  });
}

/** Runs the work in one transaction; what it throws undoes all of it. */
export function inTransaction<Result>(db: SqliteDatabase, work: () => Result): Result {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      db.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    throw error;
  }
}

function createTables(db: SqliteDatabase): void {
  for (const sql of Object.values(TABLES)) {
    db.exec(sql);
  }
}

function writeVersion(db: SqliteDatabase): void {
  db.exec(`DELETE FROM fail2banDb; INSERT INTO fail2banDb(version) VALUES(${SCHEMA_VERSION})`);
}

/** Moves a table's rows into a new table of the same name; `added` are columns the old one lacks. */
function rebuild(
  db: SqliteDatabase,
  table: string,
  columns: string,
  added: Readonly<Record<string, string>> = {},
): void {
  const values = columns.split(", ").map((column) => added[column] ?? column);
  db.exec(`ALTER TABLE ${table} RENAME TO ${table}_old`);
  const indexes = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL")
    .all(`${table}_old`);
  for (const { name } of indexes) {
    db.exec(`DROP INDEX "${String(name)}"`);
  }
  db.exec(TABLES[table] ?? "");
  db.exec(`INSERT OR IGNORE INTO ${table}(${columns}) SELECT ${values.join(", ")} FROM ${table}_old`);
  db.exec(`DROP TABLE ${table}_old`);
}
