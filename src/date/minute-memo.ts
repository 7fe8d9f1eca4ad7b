import type { DateRegex } from "./date-regex";

/** A date in a line of bytes: `spans` tells where its groups stand. */
export interface ByteDate {
  readonly regex: DateRegex;
  readonly bytes: Uint8Array;
  readonly spans: Int32Array;
}

/** Longer dates are not remembered. */
const MOST_BYTES = 96;
const ZERO = 48;
/** Stands between the groups of the key, and for those that took no part. */
const GAP = 0;
const MISSING = 1;

/**
 * Remembers one minute of a log: most dates differ from the one before in their seconds only. Of such a date only the
 * seconds are read.
 */
export class MinuteMemo {
  readonly #compute: (date: ByteDate, second: string | undefined) => number | undefined;
  readonly #key = new Uint8Array(MOST_BYTES);
  #length = 0;
  #regex: DateRegex | undefined;
  /** When it was read, which has a say in what a date without a year means. */
  #readAt = Number.NaN;
  #minute = 0;

  /** `compute` reads a date, with another second if one is given. */
  constructor(compute: (date: ByteDate, second: string | undefined) => number | undefined) {
    this.#compute = compute;
  }

  /** The time of a date, in seconds since 1970, that is read at a second. */
  timeOf(date: ByteDate, readAt: number): number | undefined {
    const second = secondOf(date);
    if (second < 0) {
      return this.#compute(date, undefined);
    }
    if (date.regex === this.#regex && readAt === this.#readAt && this.#isSameMinute(date)) {
      return this.#minute + second;
    }
    const [first, last] = [this.#compute(date, "00"), this.#compute(date, "59")];
    const isEven = first !== undefined && last === first + 59 && this.#keep(date);
    this.#regex = isEven ? date.regex : undefined;
    this.#readAt = readAt;
    this.#minute = first ?? 0;
    return isEven ? first + second : this.#compute(date, undefined);
  }

  #isSameMinute({ regex, bytes, spans }: ByteDate): boolean {
    const key = this.#key;
    const { letters, secondGroup } = regex;
    let at = 0;
    for (let i = 0; i < letters.length; i++) {
      const group = letters[i]?.[1] ?? 0;
      if (group === secondGroup) {
        continue;
      }
      const from = spans[2 * group] ?? -1;
      const to = spans[2 * group + 1] ?? -1;
      if (from < 0 && key[at++] !== MISSING) {
        return false;
      }
      for (let j = from; j < to; j++) {
        if (key[at++] !== bytes[j]) {
          return false;
        }
      }
      if (key[at++] !== GAP) {
        return false;
      }
    }
    return at === this.#length;
  }

  /** False when the date is too long. */
  #keep({ regex, bytes, spans }: ByteDate): boolean {
    const key: number[] = [];
    for (const [, group] of regex.letters) {
      if (group !== regex.secondGroup) {
        const [from = -1, to = -1] = [spans[2 * group], spans[2 * group + 1]];
        key.push(...(from < 0 ? [MISSING] : bytes.subarray(from, to)), GAP);
      }
    }
    this.#length = key.length;
    if (key.length > MOST_BYTES) {
      return false;
    }
    this.#key.set(key);
    return true;
  }
}

/** The seconds of a date, -1 when they are not two digits below 60. */
function secondOf({ regex, bytes, spans }: ByteDate): number {
  const group = regex.secondGroup;
  const from = spans[2 * group] ?? -1;
  if (group === 0 || from < 0 || spans[2 * group + 1] !== from + 2) {
    return -1;
  }
  const tens = (bytes[from] ?? 0) - ZERO;
  const ones = (bytes[from + 1] ?? 0) - ZERO;
  return tens >= 0 && tens < 6 && ones >= 0 && ones < 10 ? tens * 10 + ones : -1;
}
