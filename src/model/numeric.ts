/** A number that remembers whether Python would hold it as a float: `5400.0` and `5400` are written differently. */
export interface Numeric {
  readonly value: number;
  readonly isFloat: boolean;
}

/** A whole number, or a float when the value is not whole. */
export function toNumeric(value: number): Numeric {
  return { value, isFloat: !Number.isInteger(value) };
}

/** Rounds to the nearest whole number, halves to the even one, as Python's `round` does. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) {
    return rest < 0.5 ? floor : floor + 1;
  }
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A remainder with the sign of the divisor, as Python's `%` gives it. */
export function floorModulo(dividend: number, divisor: number): number {
  const rest = dividend % divisor;
  return rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest;
}
