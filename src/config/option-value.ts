import { makeText, type OriginText } from "./origin-text";
import { parsePythonBoolean, parsePythonInt } from "./python-text";

/** A value after conversion. `null` stands for a number that is none: fail2ban sends it on as `None`. */
export type OptionValue = OriginText | number | bigint | boolean | null;

/** How fail2ban converts an option. */
export type OptionType = "text" | "int" | "boolean";

/** Converts a text; `null` when an integer was wanted and it is none. */
export function convertOption(value: OriginText, type: OptionType): OptionValue {
  if (type === "boolean") {
    return parsePythonBoolean(value.text);
  }
  return type === "int" ? (parsePythonInt(value.text) ?? null) : value;
}

/** The value as a reference to it sees it: Python's `str`. */
export function toText(value: OptionValue): OriginText | undefined {
  if (value === null) {
    return undefined;
  }
  if (typeof value === "boolean") {
    return makeText(value ? "True" : "False");
  }
  return typeof value === "object" ? value : makeText(String(value));
}

/** The value as a command carries it. */
export function toCommandValue(value: OptionValue): string | number | bigint | boolean | null {
  return value !== null && typeof value === "object" ? value.text : value;
}

/** All values as references see them, by lower-case name. */
export function toVars(values: ReadonlyMap<string, OptionValue>): Map<string, OriginText> {
  const vars = new Map<string, OriginText>();
  for (const [name, value] of values) {
    const text = toText(value);
    if (text !== undefined) {
      vars.set(name.toLowerCase(), text);
    }
  }
  return vars;
}

/** Converted options of a jail by name. */
export type JailOptions = ReadonlyMap<string, OptionValue>;

/** An option that is a text; `undefined` when it is not set or of another type. */
export function textOf(options: JailOptions, name: string): OriginText | undefined {
  const value = options.get(name);
  return value !== null && typeof value === "object" ? value : undefined;
}
