import type { BoundedRegex } from "./bounds";

/** The end of the year 9999: a later time, which a stranger may have made up, is no date. */
const LAST_SECOND = 253_402_300_799;

/** Seconds since 1970 with an optional fraction; long: seconds, milliseconds or microseconds by the number of digits. */
export function epochNumber(long: boolean): string {
  return long ? "[0-9]{10,11}(?:[0-9]{3}(?:\\.[0-9]{1,6}|[0-9]{3})?)?" : "[0-9]{10,11}\\b(?:\\.[0-9]{3,6})?";
}

/** The number where no pattern says the place: first in the line, after a first `[`, or after `audit(`. */
export function freeEpoch(number: string): BoundedRegex {
  return {
    source: `(?:^|(?<=^\\[)|(?<=\\baudit\\())(${number})(?=\\b|\\W|$)`,
    anchored: false,
    bounded: false,
    wrapped: true,
    contained: true,
  };
}

/** Seconds since 1970 of a number found by `epochNumber`; undefined when it is none. */
export function parseEpoch(text: string, long: boolean): number | undefined {
  const value = /^[0-9]/.test(text) ? Number(text) : Number.NaN;
  const digits = text.indexOf(".") < 0 ? text.length : text.indexOf(".");
  if (!Number.isFinite(value)) {
    return undefined;
  }
  return long && digits > 11 ? value / (digits > 14 ? 1e6 : 1e3) : value;
}

/** Seconds since 1970 of a TAI64N label, leap seconds not regarded, as fail2ban does. */
export function parseTai(text: string): number | undefined {
  const seconds = Number.parseInt(text.slice(2, 17), 16);
  return seconds <= LAST_SECOND ? seconds : undefined;
}
