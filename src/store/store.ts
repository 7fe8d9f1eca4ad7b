import {
  PERMANENT,
  roundHalfEven,
  type Ban,
  type BanData,
  type GroupValue,
  type Ticket,
  type TicketChanges,
} from "../model";
import { decodeBanData, encodeBanData } from "./ban-data";
import { rememberLast, toBan, type CurrentBansRule, type StoredBan } from "./stored-ban";
import { readTickets, TICKET_TABLE, writeTickets, type TicketStatements } from "./open-tickets";
import { inTransaction } from "./schema";
import { shrink } from "./shrink";
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from "./sqlite";
import { StoreError, toStoreError } from "./store-error";

/** How far a log has been read: the hash of its first line (or a time for journals) and the position after. */
export interface LogPosition {
  readonly hash: string;
  readonly position: number;
}

/** How often an offender was banned before, and when the last time began (seconds since 1970). */
export interface BanHistory {
  readonly bancount: number;
  readonly timeofban: number;
}

/** The path under which a jail's place in the journal is kept. */
export const JOURNAL_PATH = "systemd-journal";
const DEFAULT_MAX_MATCHES = 10;
/** Rows deleted in one go: a few milliseconds. */
const PURGED_AT_ONCE = 500;
/**
 * Bans of a jail, 500 as one text: as rows with columns a hundred thousand take twice as long and five times the memory.
 * Numbers as floats, which every number of SQLite can be, and texts whatever they are: JSON takes no bytes.
 */
const CURRENT_BANS = `SELECT json_group_array(json_array(ip, timeofban, bantime, bancount, data)) AS bans
  FROM (SELECT CAST(ip AS TEXT) AS ip, CAST(timeofban AS REAL) AS timeofban, CAST(bantime AS REAL) AS bantime,
      CAST(bancount AS REAL) AS bancount, CAST(data AS TEXT) AS data, row_number() OVER (ORDER BY ip) / 500 AS part
    FROM bips WHERE jail = ? AND (timeofban + bantime > ? OR bantime <= ${PERMANENT}) AND timeofban < 1e15)
  GROUP BY part ORDER BY part`;

/**
 * The open database. Every method is one transaction, done or not done when it returns; all throw StoreError.
 */
export class Store {
  readonly path: string;
  /** Matched lines kept with each ban (`dbmaxmatches`). */
  maxMatches = DEFAULT_MAX_MATCHES;
  readonly #statements = new Map<string, SqliteStatement>();
  readonly #jails = new Set<string>();
  #db: SqliteDatabase | undefined;
  #isInTransaction = false;

  constructor(db: SqliteDatabase, path: string) {
    this.#db = db;
    this.path = path;
  }

  /** Does several things as one: what the work throws undoes all of it. Inside another it is part of that one. */
  transaction<Result>(work: () => Result): Result {
    return this.#guard((db) => {
      if (this.#isInTransaction) {
        return work();
      }
      this.#isInTransaction = true;
      try {
        return inTransaction(db, work);
      } catch (error) {
        this.#jails.clear();
        throw error;
      } finally {
        this.#isInTransaction = false;
      }
    });
  }

  /** Marks a jail as in use. */
  addJail(name: string): void {
    this.#run("INSERT INTO jails(name) VALUES(?) ON CONFLICT(name) DO UPDATE SET enabled = 1", text(name));
    this.#jails.add(name);
  }

  /** Marks a jail as stopped; what it banned stays. */
  disableJail(name: string): void {
    this.#run("UPDATE jails SET enabled = 0 WHERE name = ?", text(name));
  }

  /** Marks all jails as stopped, as at the start of a server. */
  disableAllJails(): void {
    this.#run("UPDATE jails SET enabled = 0");
  }

  /** Names of the jails, those in use only or all of them. */
  jailNames(which: "enabled" | "all" = "all"): string[] {
    const where = which === "enabled" ? " WHERE enabled = 1" : "";
    return this.#all(`SELECT name FROM jails${where} ORDER BY name`).map((row) => String(row["name"]));
  }

  /** Paths of the logs kept, of one jail or of all. */
  logPaths(jail?: string): string[] {
    const rows =
      jail === undefined
        ? this.#all("SELECT DISTINCT path FROM logs ORDER BY path")
        : this.#all("SELECT path FROM logs WHERE jail = ? ORDER BY path", text(jail));
    return rows.map((row) => String(row["path"]));
  }

  /** How far a log was read; `undefined` when it was not. For the journal the path is `JOURNAL_PATH`. */
  logPosition(jail: string, path: string): LogPosition | undefined {
    const sql =
      "SELECT firstlinemd5 AS hash, CAST(lastfilepos AS REAL) AS position FROM logs WHERE jail = ? AND path = ?";
    const row = this.#get(sql, text(jail), text(path));
    return row && { hash: String(row["hash"] ?? ""), position: Number(row["position"]) };
  }

  /** Writes down how far a log was read. */
  saveLogPosition(jail: string, path: string, { hash, position }: LogPosition): void {
    this.transaction(() => {
      this.#ensureJail(jail);
      this.#run(
        `INSERT INTO logs(jail, path, firstlinemd5, lastfilepos) VALUES(?, ?, ?, ?)
          ON CONFLICT(jail, path) DO UPDATE SET firstlinemd5 = excluded.firstlinemd5, lastfilepos = excluded.lastfilepos`,
        text(jail),
        text(path),
        text(hash),
        position,
      );
    });
  }

  /**
   * Writes down how far a jail has got: the places in its logs, and who had failed how often when it was there.
   * Together, so that whoever begins again there counts on as if nothing had been.
   */
  saveProgress(jail: string, places: ReadonlyMap<string, LogPosition>, tickets: TicketChanges): void {
    this.transaction(() => {
      places.forEach((place, path) => this.saveLogPosition(jail, path, place));
      if (tickets.changed.length > 0 || tickets.gone.length > 0) {
        writeTickets(this.#ticketStatements(), jail, tickets);
      }
    });
  }

  /** The tickets of a jail as they were written down last. */
  openTickets(jail: string): Ticket[] {
    return readTickets(this.#ticketStatements(), jail);
  }

  /** Forgets the tickets of a jail. */
  deleteTickets(jail: string): void {
    this.#ticketStatements().run("DELETE FROM warder_tickets WHERE jail = ?", jail);
  }

  /** A ban ends later: what is restored after a restart begins and ends as `by` does. */
  prolongBan(jail: string, id: string, by: Pick<Ban, "time" | "bantime">): void {
    const sql = "UPDATE bips SET timeofban = ?, bantime = ? WHERE jail = ? AND ip = ?";
    this.#run(sql, roundHalfEven(by.time), by.bantime, text(jail), text(id));
  }

  /** Writes a ban down: a row of its history, and the one row that says how it stands with this offender. */
  addBan(ban: Ban): void {
    this.addBans([ban]);
  }

  /** Writes several bans down as one. */
  addBans(bans: readonly Ban[]): void {
    this.transaction(() => {
      for (const ban of bans) {
        this.#insertBan(ban);
      }
    });
  }

  /** Forgets an offender's bans in a jail; false when there were none. */
  deleteBan(jail: string, id: string): boolean {
    return this.transaction(() => {
      const current = this.#run("DELETE FROM bips WHERE jail = ? AND ip = ?", text(jail), text(id));
      return this.#run("DELETE FROM bans WHERE jail = ? AND ip = ?", text(jail), text(id)) + current > 0;
    });
  }

  /** Forgets all bans of a jail. */
  deleteJailBans(jail: string): void {
    this.transaction(() => {
      this.#run("DELETE FROM bips WHERE jail = ?", text(jail));
      this.#run("DELETE FROM bans WHERE jail = ?", text(jail));
    });
  }

  /** Bans of a jail that are not over, by id; times are seconds since 1970. One that begins when no clock can be is damage. */
  currentBans(jail: string, now: number, rule: CurrentBansRule): Ban[] {
    const oldest = rule.maxAge === undefined ? Number.NEGATIVE_INFINITY : now - rule.maxAge;
    const reading = { ...rule, decode: rememberLast(decodeBanData) };
    return this.#guard((db) => {
      const bans: Ban[] = [];
      for (const row of this.#prepare(db, CURRENT_BANS).iterate(text(jail), now)) {
        for (const stored of JSON.parse(String(row["bans"])) as StoredBan[]) {
          const ban = toBan(jail, stored, reading);
          const isOver = ban.bantime !== PERMANENT && ban.time + ban.bantime <= now;
          if (!isOver && ban.time > oldest) {
            bans.push(ban);
          }
        }
      }
      return bans;
    });
  }

  /** How many bans of a jail are stored, over or not. */
  countBans(jail: string): number {
    return Number(this.#get("SELECT COUNT(*) AS count FROM bips WHERE jail = ?", text(jail))?.["count"] ?? 0);
  }

  /** Bans an offender had in one jail, or in all of them; `undefined` for a new one. */
  history(id: string, jail?: string): BanHistory | undefined {
    const columns = "CAST(SUM(bancount) AS REAL) AS bancount, CAST(MAX(timeofban) AS REAL) AS timeofban";
    const row =
      jail === undefined
        ? this.#get(`SELECT ${columns} FROM bips WHERE ip = ?`, text(id))
        : this.#get(`SELECT ${columns} FROM bips WHERE ip = ? AND jail = ?`, text(id), text(jail));
    return row && typeof row["bancount"] === "number"
      ? { bancount: row["bancount"], timeofban: Number(row["timeofban"]) }
      : undefined;
  }

  /**
   * All bans of an offender as one, in one jail or in all: the newest matched lines up to `maxMatches`, the sum of
   * failures, groups as the oldest ban had them. `undefined` when there are none.
   */
  mergedBans(id: string, jail?: string): BanData | undefined {
    // With a plain column SQLite would walk the index over time through the whole jail.
    const order = "ORDER BY +timeofban DESC, rowid DESC";
    const rows =
      jail === undefined
        ? this.#all(`SELECT CAST(data AS TEXT) AS data FROM bans WHERE ip = ? ${order}`, text(id))
        : this.#all(
            `SELECT CAST(data AS TEXT) AS data FROM bans WHERE ip = ? AND jail = ? ${order}`,
            text(id),
            text(jail),
          );
    return rows.length === 0 ? undefined : this.#merge(rows);
  }

  /** All of `purgeSome` at once. */
  purge(now: number, purgeAge: number): void {
    while (this.purgeSome(now, purgeAge)) {
      // On to the next part.
    }
  }

  /**
   * Forgets a part of what is older than `purgeAge` seconds, a few milliseconds' worth: bans, offenders not banned for
   * long, stopped jails without bans; then gives room back to the disk. Whether there is more to do.
   */
  purgeSome(now: number, purgeAge: number): boolean {
    const oldest = now - purgeAge;
    const deleted = this.transaction(() => this.#deleteOldBans(oldest) + this.#deleteOldOffenders(oldest));
    if (deleted > 0) {
      return true;
    }
    this.transaction(() => {
      this.#run(TICKET_TABLE);
      this.#run("DELETE FROM warder_tickets WHERE last < ?", oldest);
      this.#run(`DELETE FROM jails WHERE enabled = 0
        AND NOT EXISTS (SELECT 1 FROM bans WHERE bans.jail = jails.name)
        AND NOT EXISTS (SELECT 1 FROM bips WHERE bips.jail = jails.name)`);
      this.#jails.clear();
    });
    return this.#guard(shrink);
  }

  /** Jail by jail, because that is how they are indexed. */
  #deleteOldBans(oldest: number): number {
    const sql =
      "DELETE FROM bans WHERE rowid IN (SELECT rowid FROM bans WHERE jail = ? AND timeofban < ? LIMIT ?)";
    let deleted = 0;
    for (const jail of this.jailNames()) {
      deleted += this.#run(sql, text(jail), oldest, PURGED_AT_ONCE - deleted);
    }
    return deleted;
  }

  #deleteOldOffenders(oldest: number): number {
    return this.#run(
      `DELETE FROM bips WHERE rowid IN (SELECT rowid FROM bips WHERE timeofban < ?
        AND bantime <> ${PERMANENT} AND timeofban + bantime * 3 < ? LIMIT ?)`,
      oldest,
      oldest,
      PURGED_AT_ONCE,
    );
  }

  /** Ends all work; the file is left as fail2ban itself would leave it. Closing twice does nothing. */
  close(): void {
    const db = this.#db;
    this.#db = undefined;
    this.#statements.clear();
    if (!db) {
      return;
    }
    try {
      db.exec("PRAGMA journal_mode = DELETE");
    } catch {
      // Somebody else has it open: the next who opens it finds the journal and all that is in it.
    }
    db.close();
  }

  #insertBan(ban: Ban): void {
    this.#ensureJail(ban.jail);
    const values = [
      text(ban.jail),
      text(ban.offender.id),
      roundHalfEven(ban.time),
      ban.bantime,
      ban.bancount,
      encodeBanData(ban, this.maxMatches),
    ];
    const columns = "(jail, ip, timeofban, bantime, bancount, data) VALUES(?, ?, ?, ?, ?, ?)";
    this.#run(`INSERT INTO bans${columns}`, ...values);
    this.#run(`INSERT OR REPLACE INTO bips${columns}`, ...values);
  }

  #ticketStatements(): TicketStatements {
    this.#run(TICKET_TABLE);
    const clean = (value: SqliteValue): SqliteValue => (typeof value === "string" ? text(value) : value);
    return {
      run: (sql, ...values) => this.#run(sql, ...values.map(clean)),
      all: (sql, ...values) => this.#all(sql, ...values.map(clean)),
    };
  }

  #ensureJail(name: string): void {
    if (!this.#jails.has(name)) {
      this.#run("INSERT OR IGNORE INTO jails(name) VALUES(?)", text(name));
      this.#jails.add(name);
    }
  }

  #merge(rows: readonly SqliteRow[]): BanData {
    let matches: BanData["matches"] = [];
    let failures = 0;
    const groups = new Map<string, GroupValue>();
    for (const row of rows) {
      const data = decodeBanData(row["data"]);
      const room = this.maxMatches - matches.length;
      matches = room > 0 ? [...data.matches.slice(-room), ...matches] : matches;
      failures += data.failures;
      for (const [name, value] of data.groups) {
        groups.set(name, value);
      }
    }
    return { matches, failures, groups };
  }

  #run(sql: string, ...values: readonly SqliteValue[]): number {
    return this.#guard((db) => Number(this.#prepare(db, sql).run(...values).changes));
  }

  #get(sql: string, ...values: readonly SqliteValue[]): SqliteRow | undefined {
    return this.#guard((db) => this.#prepare(db, sql).get(...values));
  }

  #all(sql: string, ...values: readonly SqliteValue[]): SqliteRow[] {
    return this.#guard((db) => this.#prepare(db, sql).all(...values));
  }

  #prepare(db: SqliteDatabase, sql: string): SqliteStatement {
    const statement = this.#statements.get(sql) ?? db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<Result>(work: (db: SqliteDatabase) => Result): Result {
    if (!this.#db) {
      throw new StoreError("closed", this.path, { about: "It is closed." });
    }
    try {
      return work(this.#db);
    } catch (error) {
      throw toStoreError(error, this.path);
    }
  }
}

/**
 * Text as every binding of SQLite stores it whole: NUL would end it and half a surrogate pair cannot be encoded.
 * Ids come from logs, so both may be in there.
 */
function text(value: string): string {
  return value.replace(
    /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    "\uFFFD",
  );
}
