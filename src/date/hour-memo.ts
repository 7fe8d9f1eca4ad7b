import type { DateRegex } from "./date-regex";

/** A date in a line of bytes: `spans` tells where its groups stand. */
export interface ByteDate {
  readonly regex: DateRegex;
  readonly bytes: Uint8Array;
  readonly spans: Int32Array;
}

/** Seconds of the last second of an hour. */
const LAST = 3599;
/** Longer dates are not remembered. */
const MOST_BYTES = 96;
const ZERO = 48;
/** Stands behind each group of the key, or for one that took no part. */
const GAP = 0;
const MISSING = 1;

/**
 * Remembers one hour of a log: most dates differ from the one before in their minutes and seconds only. Of such a date
 * only those are read.
 */
export class HourMemo {
  readonly #compute: (date: ByteDate, minutes?: string) => number | undefined;
  readonly #key = new Uint8Array(MOST_BYTES);
  #length = 0;
  #regex: DateRegex | undefined;
  /** When it was read, which has a say in what a date without a year means. */
  #readAt = Number.NaN;
  #hour = 0;

  /** `compute` reads a date; with `minutes`, as if these two digits stood there for the minute and the second. */
  constructor(compute: (date: ByteDate, minutes?: string) => number | undefined) {
    this.#compute = compute;
  }

  /** The time of a date, in seconds since 1970, that is read at a second. */
  timeOf(date: ByteDate, readAt: number): number | undefined {
    const minute = digitsOf(date, date.regex.minuteGroup);
    const second = digitsOf(date, date.regex.secondGroup);
    if (minute < 0 || second < 0) {
      return this.#compute(date);
    }
    if (date.regex === this.#regex && readAt === this.#readAt && this.#isSameHour(date)) {
      return this.#hour + 60 * minute + second;
    }
    const [first, last] = [this.#compute(date, "00"), this.#compute(date, "59")];
    // Not so where the clocks change, or a date so late would be one of last year.
    const isEven = first !== undefined && last === first + LAST && this.#keep(date);
    this.#regex = isEven ? date.regex : undefined;
    this.#readAt = readAt;
    this.#hour = first ?? 0;
    return isEven ? first + 60 * minute + second : this.#compute(date);
  }

  #isSameHour({ regex, bytes, spans }: ByteDate): boolean {
    const key = this.#key;
    const groups = regex.hourGroups;
    let at = 0;
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i] ?? 0;
      const to = spans[group + 1] ?? -1;
      for (let j = spans[group] ?? -1; j < to; j++) {
        if (key[at++] !== bytes[j]) {
          return false;
        }
      }
      if (key[at++] !== (to < 0 ? MISSING : GAP)) {
        return false;
      }
    }
    return at === this.#length;
  }

  /** False when the date is too long. */
  #keep({ regex, bytes, spans }: ByteDate): boolean {
    const key: number[] = [];
    for (const group of regex.hourGroups) {
      const [from = -1, to = -1] = [spans[group], spans[group + 1]];
      key.push(...(to < 0 ? [MISSING] : [...bytes.subarray(from, to), GAP]));
    }
    this.#length = key.length;
    if (key.length > MOST_BYTES) {
      return false;
    }
    this.#key.set(key);
    return true;
  }
}

/** The number in a group, -1 when it is not two digits below 60. */
function digitsOf({ bytes, spans }: ByteDate, group: number): number {
  const from = spans[2 * group] ?? -1;
  if (group === 0 || from < 0 || spans[2 * group + 1] !== from + 2) {
    return -1;
  }
  const tens = (bytes[from] ?? 0) - ZERO;
  const ones = (bytes[from + 1] ?? 0) - ZERO;
  return tens >= 0 && tens < 6 && ones >= 0 && ones < 10 ? tens * 10 + ones : -1;
}
