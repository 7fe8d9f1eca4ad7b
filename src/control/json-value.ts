import { formatPythonText, PyFloat, PyTuple, type CommandValue } from "../model";
import { valueError } from "./remote-error";

/** What JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Commands are flat; the stream of a reload is nested four deep. */
const DEEPEST = 32;

/**
 * A command value as JSON: tuples and sets become lists, maps objects (keys as Python prints them), integers too large
 * for a JavaScript number texts.
 */
export function toJson(value: CommandValue): JsonValue {
  if (value instanceof PyFloat) {
    return value.value;
  }
  if (typeof value === "bigint") {
    return String(value);
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<CommandValue, CommandValue>)];
    return Object.fromEntries(entries.map(([key, item]) => [formatPythonText(key), toJson(item)]));
  }
  return [...(value instanceof PyTuple ? value.items : (value as Iterable<CommandValue>))].map(toJson);
}

/**
 * Parsed JSON as a command value.
 * @throws RemoteError `ValueError` when it is nested too deep, or holds a number such as 1e999
 */
export function fromJson(value: unknown, depth = 0): CommandValue {
  if (depth > DEEPEST) {
    throw valueError(`A command may be nested ${DEEPEST} deep`);
  }
  if (Array.isArray(value)) {
    return value.map((item) => fromJson(item, depth + 1));
  }
  if (typeof value === "object" && value !== null) {
    return new Map(Object.entries(value).map(([key, item]) => [key, fromJson(item, depth + 1)]));
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw valueError("A number is too large");
  }
  return value as CommandValue;
}
