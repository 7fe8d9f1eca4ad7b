import { MONTHS, WEEKDAYS } from "./tokens";
import { isDay, localTime, wallOf, type WallClock } from "./wall-clock";
import { parseTimezone } from "./zone";

const DAY = 86_400;
const MONTH_BY_NAME = numbered(MONTHS);
const WEEKDAY_BY_NAME = numbered(WEEKDAYS);
const UNSAID = -1;
const SPACE = 32;
const ZERO = 48;

/** The letters of tokens that have a say in the time. */
export const READ_LETTERS: ReadonlySet<string> = new Set("YymdHIMSpzZbBaAwjUW");

/** Puts together the time that the tokens of one date say; reused from date to date. */
export class CalendarDate {
  /** Whether the last time given does not depend on when it was read. */
  isLasting = false;
  #year = UNSAID;
  #month = UNSAID;
  #day = UNSAID;
  #hour = 0;
  #hour12 = UNSAID;
  #minute = 0;
  #second = 0;
  #half = "";
  /** Monday is 0. */
  #weekday = UNSAID;
  #yearday: number | undefined;
  #week = UNSAID;
  #weekStartsSunday = false;
  /** Seconds east of UTC. */
  #zone: number | undefined;
  #isUsable = true;
  #zoneText = "";
  #zoneOfText: number | undefined = 0;

  /** Forgets the last date; `zone` holds unless the date says another. */
  reset(zone: number | undefined): void {
    this.#year = this.#month = this.#day = this.#hour12 = this.#weekday = this.#week = UNSAID;
    this.#hour = this.#minute = this.#second = 0;
    this.#half = "";
    this.#yearday = undefined;
    this.#zone = zone;
    this.#isUsable = true;
  }

  /** Takes one token's text; letters are strptime's. Other letters than `READ_LETTERS` are passed over. */
  set(letter: string, text: string): void {
    switch (letter) {
      case "Y":
        this.#year = this.#number(text);
        break;
      case "y":
        this.#year = this.#number(text);
        this.#year += this.#year <= 2000 ? 2000 : 0;
        break;
      case "m":
        this.#month = this.#number(text);
        break;
      case "d":
        this.#day = this.#number(text);
        break;
      case "M":
        this.#minute = this.#number(text);
        break;
      case "S":
        this.#second = this.#number(text);
        break;
      default:
        this.#setHour(letter, text);
    }
  }

  /** Seconds since 1970, or undefined when no such moment exists or the tokens leave it open. */
  time(clock: WallClock): number | undefined {
    const isYearAssumed = this.#year === UNSAID;
    const isDayAssumed = this.#month === UNSAID && this.#day === UNSAID && !this.#hasYearday;
    this.isLasting = !isYearAssumed && !isDayAssumed;
    this.#complete(clock, isYearAssumed, isDayAssumed);
    if (!this.#isUsable || !isDay(this.#year, this.#month, this.#day) || !this.#isTimeOfDay) {
      return undefined;
    }
    const wall = wallOf(this.#year, this.#month, this.#day) + this.#timeOfDay - (this.#zone ?? 0);
    const fitting = this.#beforeNow(wall, clock.wall, isDayAssumed ? "day" : isYearAssumed ? "year" : "none");
    return fitting === undefined || this.#zone !== undefined ? fitting : localTime(fitting);
  }

  #setHour(letter: string, text: string): void {
    switch (letter) {
      case "H":
        this.#hour = this.#number(text);
        this.#hour12 = UNSAID;
        break;
      case "I":
        this.#hour12 = this.#number(text);
        break;
      case "p":
        this.#half = text.toLowerCase();
        break;
      case "z":
      case "Z":
        this.#zone = this.#parseZone(text);
        this.#isUsable &&= this.#zone !== undefined;
        break;
      default:
        this.#setDay(letter, text);
    }
  }

  #setDay(letter: string, text: string): void {
    switch (letter) {
      case "b":
      case "B":
        this.#month = this.#named(MONTH_BY_NAME, text) + 1;
        break;
      case "a":
      case "A":
        this.#weekday = this.#named(WEEKDAY_BY_NAME, text);
        break;
      case "w":
        this.#weekday = (this.#number(text) + 6) % 7;
        break;
      case "j":
        this.#yearday = this.#number(text);
        break;
      case "U":
      case "W":
        this.#week = this.#number(text);
        this.#weekStartsSunday = letter === "U";
        break;
      default:
    }
  }

  get #hasYearday(): boolean {
    return this.#yearday !== undefined || (this.#week !== UNSAID && this.#weekday !== UNSAID);
  }

  get #isTimeOfDay(): boolean {
    return this.#timeOfDay >= 0 && this.#hour < 24 && this.#minute < 60 && this.#second < 60;
  }

  get #timeOfDay(): number {
    return this.#hour * 3600 + this.#minute * 60 + this.#second;
  }

  #complete(clock: WallClock, isYearAssumed: boolean, isDayAssumed: boolean): void {
    if (isYearAssumed) {
      this.#year = clock.year;
    }
    if (isDayAssumed) {
      this.#month = clock.month;
      this.#day = clock.day;
    }
    if (this.#hour12 !== UNSAID) {
      this.#hour = (this.#hour12 === 12 ? 0 : this.#hour12) + (this.#half === "pm" ? 12 : 0);
    }
    if (this.#hasYearday) {
      this.#takeYearday(this.#yearday ?? this.#yeardayOfWeek());
    }
  }

  #takeYearday(yearday: number): void {
    const date = new Date(wallOf(this.#year, 1, yearday) * 1000);
    this.#year = date.getUTCFullYear();
    this.#month = date.getUTCMonth() + 1;
    this.#day = date.getUTCDate();
  }

  /** Week 1 begins with the year's first Monday (%W) or Sunday (%U); days before it are week 0. */
  #yeardayOfWeek(): number {
    const shift = this.#weekStartsSunday ? 1 : 0;
    const newYear = (new Date(wallOf(this.#year, 1, 1) * 1000).getUTCDay() + 6 + shift) % 7;
    const weekOneStart = 1 + ((7 - newYear) % 7);
    const start = this.#week === 0 ? 1 - newYear : weekOneStart + (this.#week - 1) * 7;
    return start + ((this.#weekday + shift) % 7);
  }

  /** Logs tell of the past: what was assumed gives way when the date would lie ahead. */
  #beforeNow(wall: number, now: number, assumed: "day" | "year" | "none"): number | undefined {
    if (assumed === "day") {
      return wall > now ? wall - DAY : wall;
    }
    if (assumed === "none" || wall <= now + DAY) {
      return wall;
    }
    // The time of day is that of the zone, the day that of the text: fail2ban's reading of dates around midnight.
    const timeOfDay = ((wall % DAY) + DAY) % DAY;
    const year = this.#year - 1;
    return isDay(year, this.#month, this.#day) ? wallOf(year, this.#month, this.#day) + timeOfDay : undefined;
  }

  /**
   * All dates of a log carry the same zone or two.
   * DIFFERS: an unknown abbreviation makes the date unusable; in fail2ban the whole line fails, and costs two seconds.
   * So do a month without a day and a day without a month.
   */
  #parseZone(text: string): number | undefined {
    if (text !== this.#zoneText) {
      this.#zoneText = text;
      this.#zoneOfText = text === "" ? 0 : parseTimezone(text);
    }
    return this.#zoneOfText;
  }

  #number(text: string): number {
    const value = parseDigits(text);
    this.#isUsable &&= value >= 0;
    return value;
  }

  #named(numbers: ReadonlyMap<string, number>, text: string): number {
    const value = numbers.get(text.toLowerCase());
    this.#isUsable &&= value !== undefined;
    return value ?? UNSAID;
  }
}

/** The number that decimal digits write, blanks before them allowed; NaN for any other text. */
function parseDigits(text: string): number {
  let value = 0;
  let i = 0;
  while (text.charCodeAt(i) === SPACE) {
    i++;
  }
  if (i === text.length) {
    return Number.NaN;
  }
  for (; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

function numbered(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.flatMap((name, i) => [[name, i] as const, [name.slice(0, 3), i] as const]));
}
