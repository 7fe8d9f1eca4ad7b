import { floorModulo, roundHalfEven, type Numeric } from "./numeric";

type Operator = (left: number, right: number) => number;
type NumericFunction = (...args: readonly Numeric[]) => Numeric | undefined;

const ARITHMETIC: Readonly<Record<string, Operator>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "//": (left, right) => Math.floor(left / right),
  "%": floorModulo,
  "**": (left, right) => left ** right,
  "<<": (left, right) => left * 2 ** right,
  ">>": (left, right) => Math.floor(left / 2 ** right),
};
const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

/** The result of a binary operator; `undefined` or a value that is not finite when Python would raise an error. */
export function applyOperator(sign: string, left: Numeric, right: Numeric): Numeric | undefined {
  const compare = COMPARISONS[sign];
  if (compare) {
    return { value: compare(left.value, right.value) ? 1 : 0, isFloat: false };
  }
  const isShift = sign === "<<" || sign === ">>";
  const operator = ARITHMETIC[sign];
  if (!operator || (isShift && (left.isFloat || right.isFloat || right.value < 0))) {
    return undefined;
  }
  const isFloat =
    left.isFloat || right.isFloat || sign === "/" || (sign === "**" && right.value < 0 && !right.isFloat);
  return { value: operator(left.value, right.value), isFloat };
}

/** Functions every expression may call, and those of Python's `math` that ban time formulas use. */
export const BUILTINS: ReadonlyMap<string, NumericFunction> = new Map<string, NumericFunction>([
  ["int", one((value) => Math.trunc(value), false)],
  ["float", one((value) => value, true)],
  ["abs", (arg) => arg && { ...arg, value: Math.abs(arg.value) }],
  ["round", round],
  ["min", (...args) => pick(args, (value, best) => value < best)],
  ["max", (...args) => pick(args, (value, best) => value > best)],
  ["pow", (left, right) => left && right && applyOperator("**", left, right)],
  ["math.exp", one(Math.exp, true)],
  ["math.log", log],
  ["math.log2", one(Math.log2, true)],
  ["math.log10", one(Math.log10, true)],
  ["math.sqrt", one(Math.sqrt, true)],
  ["math.pow", (left, right) => left && right && { value: left.value ** right.value, isFloat: true }],
  ["math.sin", one(Math.sin, true)],
  ["math.cos", one(Math.cos, true)],
  ["math.tan", one(Math.tan, true)],
  ["math.atan", one(Math.atan, true)],
  ["math.floor", one(Math.floor, false)],
  ["math.ceil", one(Math.ceil, false)],
  ["math.fabs", one(Math.abs, true)],
]);

function one(apply: (value: number) => number, isFloat: boolean): NumericFunction {
  return (arg, ...more) => (arg && more.length === 0 ? { value: apply(arg.value), isFloat } : undefined);
}

function round(arg?: Numeric, digits?: Numeric): Numeric | undefined {
  if (!arg || !digits) {
    return arg && { value: roundHalfEven(arg.value), isFloat: false };
  }
  const scale = 10 ** digits.value;
  return { value: roundHalfEven(arg.value * scale) / scale, isFloat: arg.isFloat };
}

function log(arg?: Numeric, base?: Numeric): Numeric | undefined {
  return arg && { value: Math.log(arg.value) / (base ? Math.log(base.value) : 1), isFloat: true };
}

function pick(
  args: readonly Numeric[],
  isBetter: (value: number, best: number) => boolean,
): Numeric | undefined {
  let best = args[0];
  for (const arg of args) {
    best = best && isBetter(arg.value, best.value) ? arg : best;
  }
  return best;
}
