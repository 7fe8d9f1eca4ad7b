/** A place in the journal: an entry, or a time when no entry is known. */
export interface JournalPoint {
  /** Of the last entry passed. Absent: all from the time on is still to come. */
  readonly cursor?: string;
  /** When the journal got the entry, in microseconds since 1970. */
  readonly micros: number;
}

interface CursorParts {
  readonly sequence: string;
  readonly number: string;
  readonly boot: string;
  readonly uptime: number;
}

const CURSOR = /^s=([\da-f]+);i=([\da-f]+);b=([\da-f]+);m=([\da-f]+);t=([\da-f]+);x=[\da-f]+$/;

/** The time that a cursor names, in microseconds since 1970; `undefined` for what is no cursor. */
export function cursorMicros(cursor: string): number | undefined {
  const time = CURSOR.exec(cursor)?.[5];
  return time === undefined ? undefined : Number.parseInt(time, 16);
}

/**
 * Which place comes first, as journalctl orders entries: by their number where one writer counted both, by the time
 * since the boot where it is the same, else by the time. 0 only for the same place. A time stands before all entries
 * of that very time.
 */
export function comparePoints(a: JournalPoint, b: JournalPoint): number {
  if (a.cursor === undefined || b.cursor === undefined) {
    return a.micros - b.micros || Number(a.cursor !== undefined) - Number(b.cursor !== undefined);
  }
  if (a.cursor === b.cursor) {
    return 0;
  }
  const one = parseCursor(a.cursor);
  const other = parseCursor(b.cursor);
  const known = one && other ? compareParts(one, other) : 0;
  return known || a.micros - b.micros || (a.cursor < b.cursor ? -1 : 1);
}

function parseCursor(cursor: string): CursorParts | undefined {
  const [, sequence, number, boot, uptime] = CURSOR.exec(cursor) ?? [];
  return sequence !== undefined && number !== undefined && boot !== undefined && uptime !== undefined
    ? { sequence, number, boot, uptime: Number.parseInt(uptime, 16) }
    : undefined;
}

function compareParts(a: CursorParts, b: CursorParts): number {
  if (a.sequence === b.sequence) {
    return compareHex(a.number, b.number);
  }
  return a.boot === b.boot ? a.uptime - b.uptime : 0;
}

/** Numbers of 64 bits; no leading zeros. */
function compareHex(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}
