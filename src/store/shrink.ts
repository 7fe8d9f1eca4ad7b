import type { SqliteDatabase } from "./sqlite";

const INCREMENTAL = 2;
/** Pages given back at one go: 2 MB of the usual 4 kB pages, so that nothing waits long. */
const STEP = 500;
const WORTH_IT = 256;
/** Files above this many pages are never rewritten whole while bans wait. */
const TOO_LARGE = 50_000;

/**
 * Gives some free pages back to the file system; whether there are more. Files made by fail2ban cannot do that bit by
 * bit; they are rewritten once, when a quarter of them is free, and can from then on.
 */
export function shrink(db: SqliteDatabase): boolean {
  const free = readPragma(db, "freelist_count");
  if (readPragma(db, "auto_vacuum") === INCREMENTAL) {
    db.exec(`PRAGMA incremental_vacuum(${STEP})`);
    const rest = readPragma(db, "freelist_count");
    if (rest > 0 && rest < free) {
      return true;
    }
  } else if (isWorthRewriting(free, readPragma(db, "page_count"))) {
    db.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  }
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return false;
}

function isWorthRewriting(free: number, all: number): boolean {
  return free >= WORTH_IT && free * 4 >= all && all <= TOO_LARGE;
}

function readPragma(db: SqliteDatabase, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
