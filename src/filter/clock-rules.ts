import type { Phase } from "../model";

/** In operation a line's date is believed within this many seconds of the clock. */
const TRUSTED_SECONDS = 60;
/** A difference up to here is called a latency, a longer one a wrong time zone. */
const LATENCY_SECONDS = 55 * 60;
/** For how long a line without a date may borrow the date of the line before it. */
const BORROW_SECONDS = 60;

/** What the times of lines are measured against; all in seconds. */
export interface ClockContext {
  readonly now: number;
  readonly findtime: number;
  readonly phase: Phase;
  /** False for the regex tool, which takes every date as it is. */
  readonly checkTimes: boolean;
}

/** A line's time that is off: who reads the log should know, once a day. */
export type TimeNotice =
  | { readonly type: "too-old"; readonly findtime: number }
  | { readonly type: "shifted"; readonly seconds: number; readonly guess: "latency" | "timezone" }
  | { readonly type: "undated" };

/** The time to count with: `undefined` drops the line. */
export interface Reckoning {
  readonly time: number | undefined;
  readonly notice?: TimeNotice;
}

/** Judges the date that a line carries. */
export function reckonDated(date: number, clock: ClockContext): Reckoning {
  if (!clock.checkTimes) {
    return { time: date };
  }
  if (clock.phase === "initial") {
    const tooOld = date < clock.now - clock.findtime;
    return tooOld
      ? { time: undefined, notice: { type: "too-old", findtime: clock.findtime } }
      : { time: date };
  }
  const difference = Math.trunc(date - clock.now);
  if (Math.abs(difference) <= TRUSTED_SECONDS) {
    return { time: date };
  }
  const guess = difference < 0 && -difference <= LATENCY_SECONDS ? "latency" : "timezone";
  return { time: clock.now, notice: { type: "shifted", seconds: difference, guess } };
}

/** The time of a line without a usable date: borrowed from the last dated line, or now, or none at all. */
export function reckonUndated(lastDate: number | undefined, clock: ClockContext): number | undefined {
  if (lastDate !== undefined && lastDate > clock.now - BORROW_SECONDS) {
    return lastDate;
  }
  return clock.checkTimes && clock.phase === "operation" ? clock.now : undefined;
}
