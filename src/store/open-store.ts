import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { salvage } from "./salvage";
import { createSchema, migrateSchema, readVersion, SCHEMA_VERSION } from "./schema";
import { loadSqlite, type OpenSqlite, type SqliteDatabase } from "./sqlite";
import { Store } from "./store";
import { StoreError, toStoreError } from "./store-error";

/**
 * What was found when the database was opened. `upgraded`: it had an older schema, `backup` holds it as it was.
 * `repaired`: it was damaged and is now `setAside`; that many `rows` could be saved, perhaps none.
 */
export type Opening =
  | { readonly kind: "opened" }
  | { readonly kind: "created" }
  | { readonly kind: "upgraded"; readonly from: number; readonly backup: string }
  | {
      readonly kind: "repaired";
      readonly setAside: string;
      readonly rows: number;
      readonly cause: StoreError;
    };

/** An open database and what was found when it was opened. */
export interface OpenedStore {
  readonly store: Store;
  readonly opening: Opening;
}

/** Larger files are not checked whole at start (bytes). */
const MAX_CHECKED = 64 * 1024 * 1024;
const PRIVATE = 0o600;
const MEMORY = ":memory:";

/**
 * Opens fail2ban's database, or creates it (readable by its owner only). Older schemas are brought up to date after
 * a backup; a damaged file is set aside and what can still be read goes into a new one. `now` (seconds since 1970)
 * names those copies.
 * @throws WarderError `store-missing` without SQLite, StoreError when the file cannot be used.
 */
export async function openStore(path: string, now: number): Promise<OpenedStore> {
  const open = await loadSqlite();
  try {
    prepareFile(path);
    return openOrRepair(open, path, formatStamp(now));
  } catch (error) {
    throw toStoreError(error, path);
  }
}

function openOrRepair(open: OpenSqlite, path: string, stamp: string): OpenedStore {
  try {
    return openFile(open, path, stamp);
  } catch (error) {
    const cause = toStoreError(error, path);
    if (cause.problem !== "damaged" || path === MEMORY) {
      throw cause;
    }
    return repair(open, path, { stamp, cause });
  }
}

function openFile(open: OpenSqlite, path: string, stamp: string): OpenedStore {
  const db = new open(path);
  try {
    db.exec("PRAGMA busy_timeout = 2000");
    const version = readVersion(db);
    if (version > SCHEMA_VERSION) {
      const about = `its schema has version ${version}, the newest known is ${SCHEMA_VERSION}. Use another dbfile`;
      throw new StoreError("version", path, { about });
    }
    checkFile(db, path);
    const opening = prepareSchema(db, { path, stamp, version });
    configure(db);
    return { store: new Store(db, path), opening };
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Write-ahead logging: a killed process loses nothing and a commit waits for no disk. DIFFERS: fail2ban keeps its
 * journal in memory, where a kill in the middle of a write damages the file.
 */
function configure(db: SqliteDatabase): void {
  db.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY");
  try {
    db.exec("PRAGMA journal_mode = WAL");
  } catch {
    // Somebody else is reading: the file's own journal is as safe, only slower.
  }
}

function prepareSchema(
  db: SqliteDatabase,
  { path, stamp, version }: { path: string; stamp: string; version: number },
): Opening {
  if (version === 0) {
    // Only an empty file can be told so: it lets the file shrink bit by bit.
    db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    createSchema(db);
    return { kind: "created" };
  }
  if (version === SCHEMA_VERSION) {
    return { kind: "opened" };
  }
  const backup = freeName(`${path}.${stamp}`);
  db.exec(`VACUUM INTO '${backup.replaceAll("'", "''")}'`);
  chmodSync(backup, PRIVATE);
  db.exec("PRAGMA foreign_keys = OFF");
  migrateSchema(db, version);
  return { kind: "upgraded", from: version, backup };
}

function checkFile(db: SqliteDatabase, path: string): void {
  if (path === MEMORY || statSync(path).size > MAX_CHECKED) {
    return;
  }
  const result = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (result !== "ok") {
    throw new StoreError("damaged", path, { about: `it is damaged: ${String(result)}` });
  }
}

function repair(
  open: OpenSqlite,
  path: string,
  { stamp, cause }: { stamp: string; cause: StoreError },
): OpenedStore {
  const setAside = freeName(`${path}.corrupt-${stamp}`);
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    if (existsSync(path + suffix)) {
      renameSync(path + suffix, setAside + suffix);
    }
  }
  prepareFile(path);
  const db = new open(path);
  db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  const rows = salvage(open, setAside, db);
  configure(db);
  return { store: new Store(db, path), opening: { kind: "repaired", setAside, rows, cause } };
}

/** Makes the last folder and an empty file that only its owner can read. */
function prepareFile(path: string): void {
  if (path === MEMORY) {
    return;
  }
  ["", "-wal", "-shm", "-journal"].forEach((suffix) => refuseForeignLink(path, path + suffix));
  if (existsSync(path)) {
    return;
  }
  if (!existsSync(dirname(path))) {
    mkdirSync(dirname(path), { mode: 0o700 });
  }
  closeSync(openSync(path, "a", PRIVATE));
}

/** A link of somebody else could lead to any file of root's. */
function refuseForeignLink(path: string, place: string): void {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() === true && stats.uid !== 0 && stats.uid !== process.geteuid?.()) {
    const about = `${place} is a link made by user ${stats.uid}. Remove it, or choose a folder that only its owner may write to.`;
    throw new StoreError("unwritable", path, { about });
  }
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let i = 1; existsSync(name); i++) {
    name = `${wanted}-${i}`;
  }
  return name;
}

/** `20261121-004630`, in UTC. */
function formatStamp(now: number): string {
  return new Date(now * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
}
