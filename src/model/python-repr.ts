import { PyFloat, PyTuple, type CommandValue } from "./command";

/** Everything Python's `str.isprintable` refuses except the blank, and the two characters a repr always escapes. */
const ESCAPED = /(?! )[\p{C}\p{Z}\\]/gu;
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\\", "\\\\"],
]);

/**
 * The text Python's `repr` gives for a value: `['a', 1, 2.0, None, True]`. A whole JavaScript number is an int,
 * any other a float. Source: Python library reference, `repr`, and language reference, string literals.
 */
export function formatPython(value: CommandValue): string {
  if (value === null) {
    return "None";
  }
  if (typeof value === "string") {
    return formatPythonString(value);
  }
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  return typeof value === "object" ? formatContainer(value) : formatNumber(value);
}

/**
 * The text Python's `str` gives: a string as it is, anything else as its repr.
 */
export function formatPythonText(value: CommandValue): string {
  return typeof value === "string" ? value : formatPython(value);
}

/** The repr of a Python float, `2.0`, `1e+16`, `1e-05`, `inf`; a whole number keeps its `.0`. */
export function formatPythonFloat(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  if (Object.is(value, -0)) {
    return "-0.0";
  }
  const exponent = Number(value.toExponential().split("e")[1]);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return formatExponential(value);
  }
  const text = exponent < 0 ? toFixedShort(value, exponent) : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** The repr of a Python string: single quotes unless only those occur in it, unprintable characters escaped. */
export function formatPythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(ESCAPED, escapeCharacter);
  return quote === "'" ? `'${escaped.replaceAll("'", "\\'")}'` : `"${escaped}"`;
}

function formatNumber(value: number | bigint): string {
  if (typeof value === "bigint") {
    return value.toString();
  }
  return Number.isInteger(value) ? BigInt(value).toString() : formatPythonFloat(value);
}

function formatContainer(value: Exclude<CommandValue, null | boolean | number | bigint | string>): string {
  if (value instanceof PyFloat) {
    return formatPythonFloat(value.value);
  }
  if (value instanceof PyTuple) {
    return value.items.length === 1 ? `(${formatItems(value.items)},)` : `(${formatItems(value.items)})`;
  }
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<CommandValue, CommandValue>)];
    const pairs = entries.map(([key, item]) => `${formatPython(key)}: ${formatPython(item)}`);
    return `{${pairs.join(", ")}}`;
  }
  if (value instanceof Set) {
    return value.size === 0 ? "set()" : `{${formatItems([...value])}}`;
  }
  return `[${formatItems([...(value as readonly CommandValue[])])}]`;
}

function formatItems(items: readonly CommandValue[]): string {
  return items.map(formatPython).join(", ");
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) {
    return short;
  }
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) {
    return `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}

function formatExponential(value: number): string {
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${digits}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, "0")}`;
}

/** JavaScript turns to exponents below 1e-6, Python below 1e-4: from there on both write plain digits. */
function toFixedShort(value: number, exponent: number): string {
  const digits = value.toExponential().split("e")[0]?.replace(/[-.]/g, "").length ?? 1;
  return value.toFixed(digits - 1 - exponent);
}
