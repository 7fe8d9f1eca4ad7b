import type { Entry } from "../model";
import { formatFields, parseFields, textOf, type JournalFields } from "./journal-fields";
import { cursorMicros, type JournalPoint } from "./journal-place";

/** A journal entry made into a line, with the place in the journal to go on after it. */
export interface JournalEntry {
  readonly entry: Entry;
  readonly fields: JournalFields;
  readonly point: JournalPoint & { readonly cursor: string };
}

/** Fields that make the line; for others journalctl is asked only where somebody wants them. */
export const JOURNAL_FIELDS = [
  "_HOSTNAME",
  "SYSLOG_IDENTIFIER",
  "_COMM",
  "SYSLOG_PID",
  "_PID",
  "MESSAGE",
  "_SOURCE_REALTIME_TIMESTAMP",
  "_SOURCE_MONOTONIC_TIMESTAMP",
] as const;

/** The entry that one line of `journalctl -o json` holds; `undefined` when it is none or has no time. */
export function parseJournalEntry(json: string): JournalEntry | undefined {
  const fields = parseFields(json);
  const cursor = textOf(fields?.["__CURSOR"]);
  if (!fields || cursor === "") {
    return undefined;
  }
  const source = textOf(fields["_SOURCE_REALTIME_TIMESTAMP"]);
  const micros = /^\d{1,16}$/.test(source) ? source : textOf(fields["__REALTIME_TIMESTAMP"]);
  if (!/^\d{1,16}$/.test(micros)) {
    return undefined;
  }
  const time = Number(micros) / 1e6;
  const arrived = textOf(fields["__REALTIME_TIMESTAMP"]);
  return {
    entry: {
      time,
      date: `${formatIso(micros)} `,
      text: composeLine(fields),
      fields: () => formatFields(fields),
    },
    fields,
    point: { cursor, micros: cursorMicros(cursor) ?? Number(arrived || micros) },
  };
}

/** `host ident[pid]: message`, newlines as the two characters `\n`. */
function composeLine(fields: JournalFields): string {
  const host = textOf(fields["_HOSTNAME"]);
  const name = textOf(fields["SYSLOG_IDENTIFIER"]) || textOf(fields["_COMM"]);
  const pid = textOf(fields["SYSLOG_PID"]) || textOf(fields["_PID"]);
  const ident = name === "" ? "" : `${name}${pid === "" ? "" : `[${normalizePid(pid)}]`}:`;
  const uptime = ident === "kernel:" ? formatUptime(fields) : "";
  const head = [host, ident, uptime].filter((part) => part !== "");
  return [...head, textOf(fields["MESSAGE"])].join(" ").replaceAll("\n", String.raw`\n`);
}

/**
 * Numbers in C notation become decimal. DIFFERS: fail2ban shows other text as Python bytes (`[b'abc']`), which no
 * filter could mean; here it stays as it is.
 */
function normalizePid(pid: string): string {
  return /^(\d{1,15}|0x[\da-f]{1,13})$/i.test(pid) ? String(Number(pid)) : pid;
}

function formatUptime(fields: JournalFields): string {
  const micros = textOf(fields["_SOURCE_MONOTONIC_TIMESTAMP"]) || textOf(fields["__MONOTONIC_TIMESTAMP"]);
  return `[${(Number(micros) / 1e6).toFixed(6).padStart(12)}]`;
}

/** Local time, microseconds only when there are any: `2026-11-21T00:46:30.014642+00:00`. */
function formatIso(micros: string): string {
  const whole = Math.floor(Number(micros) / 1e6);
  const date = new Date(whole * 1000);
  const offset = -date.getTimezoneOffset();
  const local = new Date((whole + offset * 60) * 1000).toISOString().slice(0, 19);
  const fraction = micros.slice(-6).padStart(6, "0");
  const size = Math.abs(offset);
  const zone = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return `${local}${fraction === "000000" ? "" : `.${fraction}`}${offset < 0 ? "-" : "+"}${zone}`;
}
