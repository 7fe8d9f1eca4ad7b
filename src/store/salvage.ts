import { createSchema } from "./schema";
import type { OpenSqlite, SqliteDatabase, SqliteRow, SqliteValue } from "./sqlite";

const DEFAULTS: Readonly<Record<string, Readonly<Record<string, SqliteValue>>>> = {
  jails: { name: null, enabled: 0 },
  logs: { jail: null, path: null, firstlinemd5: "", lastfilepos: 0 },
  bans: { jail: null, ip: null, timeofban: null, bantime: -2, bancount: 1, data: "{}" },
  bips: { ip: null, jail: null, timeofban: null, bantime: -2, bancount: 1, data: "{}" },
};

/**
 * Copies what can still be read of a damaged database into a new one, and gives the number of rows saved.
 * Each table is read from its beginning up to the damage, then from its end back to it.
 */
export function salvage(open: OpenSqlite, damaged: string, target: SqliteDatabase): number {
  createSchema(target);
  let source: SqliteDatabase | undefined;
  try {
    source = new open(damaged, { readOnly: true });
    return copyTables(source, target);
  } catch {
    return 0;
  } finally {
    source?.close();
  }
}

function copyTables(source: SqliteDatabase, target: SqliteDatabase): number {
  // Jails may be lost while their bans are not.
  target.exec("PRAGMA foreign_keys = OFF; BEGIN");
  let saved = 0;
  for (const [table, columns] of Object.entries(DEFAULTS)) {
    saved += copyTable(source, target, { table, columns });
  }
  target.exec(`INSERT OR IGNORE INTO jails(name, enabled)
      SELECT jail, 0 FROM bans UNION SELECT jail, 0 FROM bips UNION SELECT jail, 0 FROM logs;
    COMMIT; PRAGMA foreign_keys = ON`);
  return saved;
}

function copyTable(
  source: SqliteDatabase,
  target: SqliteDatabase,
  { table, columns }: { table: string; columns: Readonly<Record<string, SqliteValue>> },
): number {
  const names = Object.keys(columns);
  const places = names.map(() => "?").join(", ");
  const insert = target.prepare(`INSERT OR IGNORE INTO ${table}(${names.join(", ")}) VALUES(${places})`);
  const save = (row: SqliteRow): number => {
    try {
      return Number(insert.run(...names.map((name) => row[name] ?? columns[name] ?? null)).changes);
    } catch {
      return 0;
    }
  };
  const forward = readRows(source, `SELECT rowid AS row_number, * FROM ${table}`, save);
  if (forward.isWhole) {
    return forward.saved;
  }
  // The rows behind the damage; those before it are known by their number.
  const rest = `SELECT rowid AS row_number, * FROM ${table} WHERE rowid > ${forward.last} ORDER BY rowid DESC`;
  return forward.saved + readRows(source, rest, save).saved;
}

function readRows(
  source: SqliteDatabase,
  sql: string,
  save: (row: SqliteRow) => number,
): { saved: number; last: number; isWhole: boolean } {
  let saved = 0;
  let last = 0;
  try {
    for (const row of source.prepare(sql).iterate()) {
      last = Number(row["row_number"]);
      saved += save(row);
    }
    return { saved, last, isWhole: true };
  } catch {
    return { saved, last, isWhole: false };
  }
}
