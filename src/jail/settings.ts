import {
  evaluateDuration,
  parseWorth,
  PERMANENT,
  WarderError,
  type FilterSpec,
  type JailSpec,
} from "../model";
import { compileIncrement, type Increment } from "./increment";

/** The numbers a jail decides by; all times in seconds. */
export interface JailSettings {
  readonly name: string;
  /** Failures that lead to a ban. */
  readonly maxretry: number;
  /** How far back failures count. */
  readonly findtime: number;
  /** Length of a ban; `PERMANENT` never ends. */
  readonly bantime: number;
  /** The longest ban any failregex asks for by itself; absent when none does. */
  readonly ownBantime?: number;
  /** How many matched lines are kept of each offender. */
  readonly maxmatches: number;
  /** How bans of those who come back grow; absent when they do not. */
  readonly increment?: Increment;
}

/** The rule by which stored bans come back at start; see `restoreRule`. */
export interface RestoreRule {
  /** Bans that began longer ago than this many seconds stay away. */
  readonly maxAge?: number;
  /** Seconds for bans stored without a time of their own. */
  readonly bantime: number;
  /** No ban is longer than this many seconds. */
  readonly cap?: number;
}

/**
 * The numbers of a configured jail.
 * @throws WarderError (code `setting`) that names the option whose value cannot be read.
 */
export function resolveSettings(spec: JailSpec): JailSettings {
  const increment = compileIncrement(spec.increment);
  const ownBantime = longestOwnBantime(spec.filter);
  return {
    name: spec.name,
    maxretry: spec.maxretry,
    maxmatches: spec.maxmatches,
    findtime: resolveTime("findtime", spec.findtime),
    bantime: resolveTime("bantime", spec.bantime),
    ...(increment ? { increment } : {}),
    ...(ownBantime === undefined ? {} : { ownBantime }),
  };
}

/** How stored bans of this jail come back: no older and no longer than a ban can be by its settings. */
export function restoreRule(settings: JailSettings): RestoreRule {
  const { bantime, increment, ownBantime = 0 } = settings;
  const limit = increment ? increment.maxtime : bantime;
  if (limit === undefined || limit === PERMANENT || ownBantime === PERMANENT) {
    return { bantime };
  }
  const cap = Math.max(limit, ownBantime);
  return increment ? { bantime, cap } : { bantime, maxAge: cap, cap };
}

function longestOwnBantime({ failregex }: FilterSpec): number | undefined {
  const own = failregex.flatMap(({ text }) => parseWorth(text)?.bantime ?? []);
  if (own.length === 0) {
    return undefined;
  }
  return own.includes(PERMANENT) ? PERMANENT : Math.max(...own);
}

function resolveTime(option: string, text: string | number): number {
  try {
    return evaluateDuration(text).value;
  } catch (cause) {
    throw new WarderError("setting", `${option} = ${text} is no time; write seconds or 10m, 1h, 1d`, {
      cause,
    });
  }
}
