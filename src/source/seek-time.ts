import { indexOfAligned, type LogFile } from "./log-file";
import type { Encoding } from "./encoding";

/** Tells how to leave out lines that are too old to matter. */
export interface SeekTime {
  /** Seconds since 1970 of a line, `undefined` when it has no date. */
  timeOf(line: string): number | undefined;
  /** Lines before this time need not be read. */
  readonly from: number;
}

/** Below this many bytes reading is quicker than searching; it is also how far back from the find reading begins. */
const NEAR = 1 << 20;
const WINDOW = 1 << 16;
/** Lines without a date looked at for one probe. */
const MOST_PROBES = 6;

/**
 * A line start at or before the first line of `from` or later, found by halving: everything before it is older,
 * as far as the log is in order of time. Reading begins about 1 MiB before the find, so that lines slightly out of
 * order are not lost. Gives `start` when the log is short or has no dates.
 */
export function findStart(
  file: LogFile,
  encoding: Encoding,
  seek: SeekTime,
  range: { readonly start: number; readonly end: number },
): number {
  let low = range.start;
  let high = range.end;
  while (high - low > NEAR) {
    const middle = range.start + Math.floor((low + high) / 2 - range.start);
    const probe = probeTime(file, encoding, seek, alignTo(middle, encoding.unit));
    if (probe !== undefined && probe < seek.from) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low === range.start ? low : firstLineFrom(file, encoding, Math.max(range.start, low - NEAR));
}

/** The time of the first dated line after a place; lines a few further on are tried. */
function probeTime(file: LogFile, encoding: Encoding, seek: SeekTime, at: number): number | undefined {
  const bytes = file.slice(at, at + WINDOW);
  const { newline } = encoding;
  let start = indexOfAligned(bytes, newline, 0) + newline.length;
  for (let probe = 0; probe < MOST_PROBES && start >= newline.length; probe++) {
    const end = indexOfAligned(bytes, newline, start);
    if (end < 0) {
      return undefined;
    }
    const time = seek.timeOf(encoding.decode(encoding.view(bytes.subarray(start, end))));
    if (time !== undefined) {
      return time;
    }
    start = end + newline.length;
  }
  return undefined;
}

function firstLineFrom(file: LogFile, encoding: Encoding, place: number): number {
  const at = alignTo(place, encoding.unit);
  const end = indexOfAligned(file.slice(at, at + WINDOW), encoding.newline, 0);
  return end < 0 ? at : at + end + encoding.newline.length;
}

function alignTo(place: number, unit: number): number {
  return place - (place % unit);
}
