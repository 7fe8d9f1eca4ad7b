import { formatPython, PyFloat, PyTuple, type CommandValue } from "../model";
import { pythonTypeName } from "./command-words";
import { typeError, valueError } from "./remote-error";

/** What Python's `int` reads: digits with single underscores between them. */
const INTEGER = /^\s*[+-]?\d+(?:_\d+)*\s*$/;
const FLOAT = /^\s*[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?\s*$/;
const TRUE_WORDS = new Set(["1", "on", "true", "yes"]);

/**
 * The whole number a command word stands for, as Python's `int` sees it: `" 1_0 "` is 10, `2.7` is 2, `True` is 1.
 * @throws RemoteError `ValueError` or `TypeError` in Python's words
 */
export function toInt(value: CommandValue): number {
  if (typeof value === "string") {
    if (!INTEGER.test(value)) {
      throw valueError(`invalid literal for int() with base 10: ${formatPython(value)}`);
    }
    return Number(value.replaceAll("_", ""));
  }
  const number = numberOf(value);
  if (number === undefined) {
    throw typeError(
      `int() argument must be a string, a bytes-like object or a real number, not '${pythonTypeName(value)}'`,
    );
  }
  if (!Number.isFinite(number)) {
    throw valueError("cannot convert float NaN or infinity to integer");
  }
  return Math.trunc(number);
}

/**
 * The number a command word stands for, as Python's `float` sees it.
 * @throws RemoteError `ValueError` or `TypeError` in Python's words
 */
export function toFloat(value: CommandValue): number {
  if (typeof value === "string") {
    if (!FLOAT.test(value)) {
      throw valueError(`could not convert string to float: ${formatPython(value)}`);
    }
    return Number(value.replaceAll("_", ""));
  }
  const number = numberOf(value);
  if (number === undefined) {
    throw typeError(`float() argument must be a string or a real number, not '${pythonTypeName(value)}'`);
  }
  return number;
}

/** Whether a word says yes: `1`, `on`, `true`, `yes` in any case; of other values whether they are neither empty nor 0. */
export function toBool(value: CommandValue): boolean {
  if (typeof value === "string") {
    return TRUE_WORDS.has(value.toLowerCase());
  }
  const number = numberOf(value);
  return number === undefined ? value !== null && !isEmpty(value) : number !== 0;
}

function numberOf(value: CommandValue): number | undefined {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return Number(value);
  }
  return value instanceof PyFloat ? value.value : undefined;
}

function isEmpty(value: CommandValue): boolean {
  if (value instanceof Map || value instanceof Set) {
    return value.size === 0;
  }
  const items = value instanceof PyTuple ? value.items : value;
  return Array.isArray(items) && items.length === 0;
}
