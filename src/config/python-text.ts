/** What Python's `str.isspace` accepts. JavaScript's `\s` is another set: it has U+FEFF and lacks U+001C–1F, U+0085. */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const NOT_SPACE = new RegExp(`[^${SPACE}]`);
const IS_SPACE = new RegExp(`^[${SPACE}]$`);

/** Whether one character counts as blank in Python. */
export function isPythonSpace(character: string): boolean {
  return IS_SPACE.test(character);
}

/** How many characters of a text come before the first that is not blank; 0 when all are. */
export function indentOf(text: string): number {
  return Math.max(0, text.search(NOT_SPACE));
}

/** Python's `str.strip()`. */
export function stripText(text: string): string {
  const end = stripEnd(text);
  const start = end.search(NOT_SPACE);
  return start > 0 ? end.slice(start) : end;
}

/** Python's `str.rstrip()`; a loop, because a regex anchored at the end is quadratic on long runs of blanks. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isPythonSpace(text.charAt(end - 1))) {
    end--;
  }
  return end === text.length ? text : text.slice(0, end);
}

/** Python's `int(text)`: blanks around, a sign and single underscores allowed; `undefined` when it is no integer. */
export function parsePythonInt(text: string): number | bigint | undefined {
  const digits = stripText(text);
  // 4300 digits is Python's own limit for a text that becomes an int.
  if (digits.length > 4300 || !/^[+-]?\d+(?:_\d+)*$/.test(digits)) {
    return undefined;
  }
  const value = BigInt(digits.replace(/[+_]/g, ""));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** What counts as true in a configuration: `1`, `on`, `true`, `yes` in any case. Everything else is false. */
export function parsePythonBoolean(text: string): boolean {
  return ["1", "on", "true", "yes"].includes(text.toLowerCase());
}
