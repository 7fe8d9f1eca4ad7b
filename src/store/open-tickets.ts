import {
  formatMatch,
  narrowText,
  packGroups,
  packHead,
  packLines,
  unpackGroups,
  unpackLines,
  type Ticket,
  type TicketChanges,
} from "../model";
import type { SqliteRow, SqliteValue } from "./sqlite";

/**
 * Tickets not yet full: a table of our own beside fail2ban's, which fail2ban does not look at. `data` is packed,
 * see `packLines`.
 */
export const TICKET_TABLE = `CREATE TABLE IF NOT EXISTS warder_tickets(jail TEXT NOT NULL, ip TEXT NOT NULL,
  first REAL NOT NULL, last REAL NOT NULL, retry REAL NOT NULL, data BLOB, PRIMARY KEY(jail, ip)) WITHOUT ROWID`;

/** Whoever was banned later than the last failure of the ticket has paid for it, by whatever program. */
const SELECT = `SELECT ip, first, last, retry, data FROM warder_tickets AS ticket WHERE jail = ?
  AND NOT EXISTS (SELECT 1 FROM bips WHERE bips.jail = ticket.jail AND bips.ip = ticket.ip AND timeofban > last)
  ORDER BY last`;

/** The statements a store runs for it. */
export interface TicketStatements {
  run(sql: string, ...values: readonly SqliteValue[]): unknown;
  all(sql: string, ...values: readonly SqliteValue[]): readonly SqliteRow[];
}

/** Brings the kept tickets of a jail up to date. */
export function writeTickets(db: TicketStatements, jail: string, { changed, gone }: TicketChanges): void {
  for (const ticket of changed) {
    const { id, first, last, retry } = ticket;
    const sql =
      "INSERT OR REPLACE INTO warder_tickets(jail, ip, first, last, retry, data) VALUES(?, ?, ?, ?, ?, ?)";
    db.run(sql, jail, id, first, last, retry, encodeTicket(ticket));
  }
  for (const id of gone) {
    db.run("DELETE FROM warder_tickets WHERE jail = ? AND ip = ?", jail, id);
  }
}

/** The kept tickets of a jail, the longest silent first. */
export function readTickets(db: TicketStatements, jail: string): Ticket[] {
  return db.all(SELECT, jail).map((row) => {
    const [first, last, retry] = [Number(row["first"]), Number(row["last"]), Number(row["retry"])];
    return { id: String(row["ip"]), first, last, retry, ...decodeTicket(row["data"]) };
  });
}

/** Number of failures, address or nothing, groups, lines: packed as they are, for thousands are written at once. */
function encodeTicket(ticket: Ticket): Uint8Array {
  const parts = [...[String(ticket.failures), ticket.ip ?? ""].map(toBytes), ...packedOf(ticket)];
  return Buffer.concat([toBytes(packHead(parts.map(({ length }) => length))), ...parts]);
}

/** Groups and lines are asked for only where they are not packed: they would be unpacked for that. */
function packedOf(ticket: Ticket): readonly Uint8Array[] {
  return (
    ticket.packed ??
    [packGroups(ticket.groups), packLines(ticket.matches)].map((text) => toBytes(narrowText(text)))
  );
}

function toBytes(narrow: string): Uint8Array {
  return Buffer.from(narrow, "latin1");
}

function decodeTicket(data: unknown): Pick<Ticket, "ip" | "failures" | "groups" | "matches"> {
  const text = data instanceof Uint8Array ? Buffer.from(data).toString("latin1") : "";
  const [failures, ip, groups = "", ...lines] = unpackLines(text).map(formatMatch);
  return {
    ip: ip === "" ? undefined : ip,
    failures: Number(failures) || 1,
    groups: unpackGroups(groups),
    matches: lines.flatMap(unpackLines),
  };
}
