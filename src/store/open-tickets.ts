import type { Ticket, TicketChanges } from "../model";
import { decodeBanData, encodeBanData } from "./ban-data";
import type { SqliteRow, SqliteValue } from "./sqlite";

/**
 * Tickets not yet full: a table of our own beside fail2ban's, which fail2ban does not look at. `failures` and matched
 * lines stand in `data`, as with bans.
 */
export const TICKET_TABLE = `CREATE TABLE IF NOT EXISTS warder_tickets(jail TEXT NOT NULL, ip TEXT NOT NULL,
  first REAL NOT NULL, last REAL NOT NULL, retry REAL NOT NULL, data JSON, PRIMARY KEY(jail, ip)) WITHOUT ROWID`;

/** Whoever was banned later than the last failure of the ticket has paid for it, by whatever program. */
const SELECT = `SELECT ip, first, last, retry, CAST(data AS TEXT) AS data FROM warder_tickets AS ticket WHERE jail = ?
  AND NOT EXISTS (SELECT 1 FROM bips WHERE bips.jail = ticket.jail AND bips.ip = ticket.ip AND timeofban > last)
  ORDER BY last`;

/** The statements a store runs for it. */
export interface TicketStatements {
  run(sql: string, ...values: readonly SqliteValue[]): unknown;
  all(sql: string, ...values: readonly SqliteValue[]): readonly SqliteRow[];
}

/** Brings the kept tickets of a jail up to date. */
export function writeTickets(db: TicketStatements, jail: string, { changed, gone }: TicketChanges): void {
  for (const { id, ip, first, last, retry, failures, matches, groups } of changed) {
    const data = encodeBanData({ data: { matches, failures, groups }, ...(ip && { ip }) }, matches.length);
    const sql =
      "INSERT OR REPLACE INTO warder_tickets(jail, ip, first, last, retry, data) VALUES(?, ?, ?, ?, ?, ?)";
    db.run(sql, jail, id, first, last, retry, data);
  }
  for (const id of gone) {
    db.run("DELETE FROM warder_tickets WHERE jail = ? AND ip = ?", jail, id);
  }
}

/** The kept tickets of a jail, the longest silent first. */
export function readTickets(db: TicketStatements, jail: string): Ticket[] {
  return db.all(SELECT, jail).map((row) => {
    const { ip, failures, matches, groups } = decodeBanData(row["data"]);
    const [first, last, retry] = [Number(row["first"]), Number(row["last"]), Number(row["retry"])];
    return { id: String(row["ip"]), ip, first, last, retry, failures, matches, groups };
  });
}
