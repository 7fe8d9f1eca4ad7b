import {
  compileExpression,
  evaluateDuration,
  evaluateExpression,
  messageOf,
  toNumeric,
  WarderError,
  type Expression,
  type IncrementSpec,
  type Numeric,
} from "../model";

/** Bans an offender had before: how many, and when the last of them began (seconds since 1970). */
export interface PastBans {
  readonly bancount: number;
  readonly timeofban: number;
}

/** Looks up the bans an offender had before, in this jail or summed over all jails; `undefined` for a new one. */
export type History = (id: string, scope: "jail" | "all") => PastBans | undefined;

/** A number of [0, 1), new at each call. */
export type Random = () => number;

/** How the bans of an offender grow. */
export interface Increment {
  readonly overalljails: boolean;
  readonly factor: Numeric;
  /** What the base is multiplied by, by the number of bans before; the first is never used, the last for all above. */
  readonly multipliers?: readonly number[];
  /** Python expression over `ban.Time`, `ban.Count` and `banFactor`. */
  readonly formula?: Expression;
  /** Seconds no ban exceeds. */
  readonly maxtime?: number;
  /** Seconds of which a random part is added to each ban. */
  readonly rndtime?: number;
}

const MAX_DOUBLINGS = 20;

/**
 * Reads the `bantime.*` options; `undefined` when bans do not grow.
 * @throws WarderError (code `setting`) that names the option whose value cannot be read.
 */
export function compileIncrement(spec: IncrementSpec): Increment | undefined {
  if (!spec.increment) {
    return undefined;
  }
  const { factor, multipliers, formula, maxtime, rndtime } = spec;
  return {
    overalljails: spec.overalljails ?? false,
    factor: isSet(factor) ? read("factor", factor, evaluateExpression) : toNumeric(1),
    ...(isSet(multipliers) ? { multipliers: read("multipliers", multipliers, parseMultipliers) } : {}),
    ...(isSet(formula) ? { formula: read("formula", formula, compileFormula) } : {}),
    ...(isSet(maxtime) ? { maxtime: read("maxtime", maxtime, evaluateDuration).value } : {}),
    ...(isSet(rndtime) ? { rndtime: read("rndtime", rndtime, evaluateDuration).value } : {}),
  };
}

/** The seconds of the next ban of an offender with `bancount` (1 or more) bans before. */
export function increaseBantime(
  increment: Increment,
  bantime: number,
  bancount: number,
  random: Random,
): Numeric {
  const base = toNumeric(bantime);
  const grown = increment.multipliers
    ? multiply(increment, base, bancount)
    : larger(base, applyFormula(increment, base, bancount, random));
  const { maxtime, rndtime } = increment;
  const capped = maxtime !== undefined && maxtime < grown.value ? toNumeric(maxtime) : grown;
  return rndtime === undefined ? capped : { value: capped.value + random() * rndtime, isFloat: true };
}

function multiply(increment: Increment, base: Numeric, bancount: number): Numeric {
  const multipliers = increment.multipliers ?? [];
  const multiplier = multipliers[Math.min(bancount, multipliers.length - 1)] ?? 1;
  return {
    value: base.value * increment.factor.value * multiplier,
    isFloat: base.isFloat || increment.factor.isFloat,
  };
}

function applyFormula(increment: Increment, base: Numeric, bancount: number, random: Random): Numeric {
  const { formula, factor } = increment;
  if (!formula) {
    const value = base.value * 2 ** Math.min(bancount, MAX_DOUBLINGS) * factor.value;
    return { value, isFloat: base.isFloat || factor.isFloat };
  }
  try {
    return formula.evaluate(formulaScope(base, toNumeric(bancount), factor, random));
  } catch {
    // A formula may fail for one number of bans only (too large, division by zero): then the base counts.
    return base;
  }
}

function formulaScope(time: Numeric, count: Numeric, factor: Numeric, random: Random) {
  const between = (low: Numeric | undefined, high: Numeric | undefined) => {
    const from = low?.value ?? 0;
    return from + random() * ((high?.value ?? 1) - from);
  };
  return {
    values: new Map([
      ["ban.Time", time],
      ["ban.Count", count],
      ["banFactor", factor],
    ]),
    functions: new Map([
      ["random.random", () => ({ value: random(), isFloat: true })],
      [
        "random.uniform",
        (...args: readonly Numeric[]) => ({ value: between(args[0], args[1]), isFloat: true }),
      ],
      [
        "random.randint",
        (low?: Numeric, high?: Numeric) => ({
          value: Math.floor(between(low, high && { ...high, value: high.value + 1 })),
          isFloat: false,
        }),
      ],
    ]),
  };
}

/** The formula, tried once so that a misspelt name is found when it is set and not at the first ban. */
function compileFormula(text: string): Expression {
  const formula = compileExpression(text);
  formula.evaluate(formulaScope(toNumeric(600), toNumeric(1), { value: 1, isFloat: true }, () => 0.5));
  return formula;
}

/** As Python's `max`: the first of two equal ones. */
function larger(first: Numeric, second: Numeric): Numeric {
  return second.value > first.value ? second : first;
}

/** Whole numbers with exactly one blank between them. */
function parseMultipliers(text: string): readonly number[] {
  const words = text.trim().split(" ");
  if (!words.every((word) => /^[+-]?\d+$/.test(word))) {
    throw new Error("multipliers are whole numbers with one blank between them");
  }
  return words.map(Number);
}

function isSet<Value extends string | number>(value: Value | undefined): value is Value {
  return value !== undefined && value !== "";
}

function read<Text extends string | number, Value>(
  option: string,
  text: Text,
  parse: (text: Text) => Value,
): Value {
  try {
    return parse(text);
  } catch (cause) {
    throw new WarderError("setting", `bantime.${option} = ${text}: ${messageOf(cause)}`, { cause });
  }
}
