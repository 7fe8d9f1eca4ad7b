import { WarderError } from "../model";

/** What a column can hold or a statement be given; numbers are read as such, never as bigint. */
export type SqliteValue = null | number | string | Uint8Array;

/** One row, by column name. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** A prepared statement; the part of the API of `node:sqlite` that is used here. */
export interface SqliteStatement {
  run(...values: readonly SqliteValue[]): { readonly changes: number | bigint };
  get(...values: readonly SqliteValue[]): SqliteRow | undefined;
  all(...values: readonly SqliteValue[]): SqliteRow[];
  iterate(...values: readonly SqliteValue[]): Iterable<SqliteRow>;
}

/** An open database file. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** Opens a database file, or `:memory:`. */
export type OpenSqlite = new (path: string, options?: { readonly readOnly?: boolean }) => SqliteDatabase;

/** The runtime's own SQLite first; the package has the same API for runtimes without one. */
const MODULES = ["node:sqlite", "@photostructure/sqlite"];

/**
 * Loads SQLite: the runtime's own, else the optional package.
 * @throws WarderError (code `store-missing`) when there is neither.
 */
export async function loadSqlite(modules: readonly string[] = MODULES): Promise<OpenSqlite> {
  const causes: unknown[] = [];
  for (const name of modules) {
    try {
      return databaseOf(await import(name));
    } catch (cause) {
      causes.push(cause);
    }
  }
  throw new WarderError(
    "store-missing",
    "There is no SQLite for the database. Use Node.js 22.13 or newer, install the package @photostructure/sqlite, " +
      "or set dbfile = None",
    { cause: new AggregateError(causes) },
  );
}

function databaseOf(module: unknown): OpenSqlite {
  const found: unknown = (module as { readonly DatabaseSync?: unknown }).DatabaseSync;
  if (typeof found !== "function") {
    throw new TypeError("the module has no DatabaseSync");
  }
  return found as OpenSqlite;
}
