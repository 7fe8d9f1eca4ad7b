import { formatPythonText, PyTuple, type CommandValue } from "../model";

/** Members of a list or tuple. */
export type Items = readonly CommandValue[];

/** A value that is not what the command's text is made for; it is then printed as Python would print it. */
export class UnexpectedShape extends Error {}

/** Goes on only if the value is as expected. @throws UnexpectedShape */
export function expectShape(condition: boolean): asserts condition {
  if (!condition) {
    throw new UnexpectedShape("unexpected form of a reply");
  }
}

/** Members of a list or tuple. @throws UnexpectedShape for anything else */
export function itemsOf(value: CommandValue): Items {
  if (value instanceof PyTuple) {
    return value.items;
  }
  expectShape(Array.isArray(value));
  return value as Items;
}

/** Members of a list of texts. @throws UnexpectedShape */
export function textsOf(value: CommandValue): readonly string[] {
  return itemsOf(value).map(textOf);
}

/** A text. @throws UnexpectedShape for anything else */
export function textOf(value: CommandValue): string {
  expectShape(typeof value === "string");
  return value;
}

/** A word of the command, as text. */
export function wordOf(command: Items, index: number): string {
  return formatPythonText(command[index] ?? "");
}
