import { evaluateDuration, PERMANENT, WarderError, type JailSpec } from "../model";
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
  return {
    name: spec.name,
    maxretry: spec.maxretry,
    maxmatches: spec.maxmatches,
    findtime: resolveTime("findtime", spec.findtime),
    bantime: resolveTime("bantime", spec.bantime),
    ...(increment ? { increment } : {}),
  };
}

/** How stored bans of this jail come back: no older and no longer than a ban can be by its settings. */
export function restoreRule(settings: JailSettings): RestoreRule {
  const { bantime, increment } = settings;
  if (increment) {
    return { bantime, ...(increment.maxtime === undefined ? {} : { cap: increment.maxtime }) };
  }
  return bantime === PERMANENT ? { bantime } : { bantime, maxAge: bantime, cap: bantime };
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
