/** A second of local time taken apart. Walls are seconds that the local clock would show if it were UTC's. */
export class WallClock {
  /** Whole seconds since 1970. */
  second = Number.NaN;
  wall = 0;
  year = 0;
  month = 0;
  day = 0;

  /** Sets the clock to a time in seconds since 1970; a fraction is dropped. */
  set(now: number): void {
    const second = Math.floor(now);
    if (second === this.second) {
      return;
    }
    const date = new Date(second * 1000);
    this.second = second;
    this.year = date.getFullYear();
    this.month = date.getMonth() + 1;
    this.day = date.getDate();
    this.wall =
      wallOf(this.year, this.month, this.day) +
      date.getHours() * 3600 +
      date.getMinutes() * 60 +
      date.getSeconds();
  }
}

/** Midnight of a day as a wall, months counted from 1; days may run over. */
export function wallOf(year: number, month: number, day: number): number {
  if (year >= 100) {
    return Date.UTC(year, month - 1, day) / 1000;
  }
  // Date.UTC takes years below 100 for 1900 and later.
  return new Date(0).setUTCFullYear(year, month - 1, day) / 1000;
}

/** Whether the calendar has the day. */
export function isDay(year: number, month: number, day: number): boolean {
  return (
    year >= 1 &&
    year <= 9999 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= 28 || day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate())
  );
}

/**
 * Seconds since 1970 of a time that the local clock shows.
 * DIFFERS: an hour that exists twice is the first of the two and one that does not exist counts from the offset before
 * it; fail2ban takes the offset of whatever date the process converted last, which gives the same for a log read in order.
 */
export function localTime(wall: number): number {
  const shown = new Date(wall * 1000);
  const local = new Date(
    shown.getUTCFullYear(),
    shown.getUTCMonth(),
    shown.getUTCDate(),
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
  );
  if (shown.getUTCFullYear() < 100) {
    local.setFullYear(shown.getUTCFullYear());
  }
  return local.getTime() / 1000;
}
