/** The way to a field: names of members from outside in; a number may also be an index, counted from the end below 0. */
export type FieldPath = readonly string[];

const INDEX = /^-?\d{1,6}$/;

/**
 * What is at a path, without `null`s: nothing, one value, or several where the path leads through or to an array.
 * Only what the line itself has is seen, never what objects inherit.
 */
export function valuesAt(root: unknown, path: FieldPath): readonly unknown[] {
  let values: readonly unknown[] = [root];
  for (const name of path) {
    values = values.flatMap((value) => step(value, name));
  }
  return values.flatMap((value) => value).filter((value) => value !== null && value !== undefined);
}

/** Text of a value that is one: a string as it is, numbers and truth values as JSON has them. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") {
    return value;
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Arrays within arrays are not looked through: their depth is the attacker's choice. */
function step(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) {
    return member(value, name);
  }
  return INDEX.test(name) ? [value.at(Number(name))] : value.flatMap((item) => member(item, name));
}

/** Wrapped, so that an array which is the member's value stays one value. */
function member(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
    return [];
  }
  return [(value as Readonly<Record<string, unknown>>)[name]];
}
