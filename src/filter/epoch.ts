const EPOCH = /^\d{9,19}(?:\.\d{1,9})?$/;
/** Largest numbers that are seconds, milliseconds, microseconds since 1970; beyond are nanoseconds. */
const UNITS = [
  [1e11, 1],
  [1e14, 1e3],
  [1e17, 1e6],
] as const;

/** Seconds since 1970 that a number in some unit stands for; the unit shows in its size. `undefined` for other text. */
export function parseEpoch(text: string): number | undefined {
  if (!EPOCH.test(text)) {
    return undefined;
  }
  const number = Number(text);
  const [, divisor] = UNITS.find(([limit]) => number < limit) ?? [0, 1e9];
  return number / divisor;
}
