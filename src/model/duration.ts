import { evaluateExpression, type Scope } from "./expression";
import { ExpressionError } from "./expression-tokens";
import { roundHalfEven, toNumeric, type Numeric } from "./numeric";

const UNITS: readonly (readonly [unit: RegExp, seconds: string])[] = [
  [unit("seconds?|sec?|ss?"), "1"],
  [unit("minutes?|min?|mm?"), "60"],
  [unit("hours?|hou?|hh?"), "3600"],
  [unit("days?|da|dd?"), "86400"],
  [unit("weeks?|wee?|ww?"), "604800"],
  [unit("months?|mon?"), "2629800.0"],
  [unit("years?|yea?|yy?"), "31557600.0"],
];
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const WEEK = 604_800;
const YEAR = 31_536_000;
/** From here on hours and minutes are shown, rounded to ten seconds. */
const NEARLY_AN_HOUR = 3595;

/**
 * Seconds of a duration such as `10m`, `1d12h`, `1.5h`, `(1+2)*60` or `-1`; numbers pass through.
 * `undefined` when the text is none.
 */
export function parseDuration(text: string | number): Numeric | undefined {
  try {
    return evaluateDuration(text);
  } catch (error) {
    if (error instanceof ExpressionError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Like `parseDuration`, with the reason when it does not work.
 * @throws ExpressionError that says what is wrong with the text.
 */
export function evaluateDuration(text: string | number): Numeric {
  return typeof text === "number" ? toNumeric(text) : evaluateExpression(expandUnits(text), NOTHING);
}

/** Seconds of a duration as a plain number; `undefined` when the text is none. */
export function secondsOf(text: string | number): number | undefined {
  return parseDuration(text)?.value;
}

/**
 * A duration for people: `2d 7h 15m`, `59m 54s`, `0`. The longer it is the coarser; negative ones stay in seconds.
 * Floats below an hour keep their point, as fail2ban's log lines do: `1.0m 30.0s`.
 */
export function formatDuration(seconds: number | Numeric): string {
  const { value, isFloat } = typeof seconds === "number" ? toNumeric(seconds) : seconds;
  if (value >= YEAR) {
    return formatParts(roundTo(value, DAY), { y: YEAR, w: WEEK, d: DAY });
  }
  if (value >= WEEK) {
    return formatParts(roundTo(value, HOUR), { w: WEEK, d: DAY, h: HOUR });
  }
  if (value >= DAY) {
    return formatParts(roundTo(value, MINUTE), { d: DAY, h: HOUR, m: MINUTE });
  }
  if (value >= NEARLY_AN_HOUR) {
    return formatParts(roundTo(value, 10), { h: HOUR, m: MINUTE });
  }
  return formatShort(value, isFloat);
}

const NOTHING: Scope = {};

function unit(names: string): RegExp {
  return new RegExp(`(?<=[\\d\\s])(?:${names})\\b`, "gi");
}

function expandUnits(text: string): string {
  let result = text.replace(/([a-z])(\d)/gi, "$1 $2");
  for (const [pattern, seconds] of UNITS) {
    result = result.replace(pattern, `*${seconds}`);
  }
  return result.replace(/(\d)\s+(\d)/g, "$1+$2");
}

function roundTo(value: number, step: number): number {
  return roundHalfEven(value / step) * step;
}

function formatParts(value: number, units: Readonly<Record<string, number>>): string {
  let rest = value;
  const parts: string[] = [];
  for (const [name, size] of Object.entries(units)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) {
      parts.push(`${count}${name}`);
    }
  }
  return parts.join(" ");
}

function formatShort(value: number, isFloat: boolean): string {
  const minutes = value >= MINUTE ? Math.floor(value / MINUTE) : 0;
  const rest = value - minutes * MINUTE;
  const parts: string[] = [];
  if (minutes > 0) {
    parts.push(`${formatFloat(minutes, isFloat)}m`);
  }
  if (rest !== 0) {
    parts.push(`${formatFloat(rest, isFloat)}s`);
  }
  return parts.length > 0 ? parts.join(" ") : "0";
}

function formatFloat(value: number, isFloat: boolean): string {
  return isFloat && Number.isInteger(value) ? value.toFixed(1) : String(value);
}
