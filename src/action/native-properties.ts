import type { Properties } from "./native-backend";

/** Words of a property, separated by commas or blanks, each once. */
export function listOf(properties: Properties, name: string, usual: string): readonly string[] {
  const items = textOf(properties, name, usual).split(/[\s,]+/);
  return [...new Set(items.filter((item) => item !== ""))];
}

/** A property as text without blanks around it; `usual` when it is absent, empty or left to the action. */
export function textOf(properties: Properties, name: string, usual: string): string {
  const value = properties.get(name);
  const text = value === undefined || value === null ? "" : String(value).trim();
  return text === "" || text === `<known/${name}>` ? usual : text;
}

/** What is said about a value that cannot be used. */
export function complain(name: string, value: string): string {
  return `${name} cannot be ${JSON.stringify(value.slice(0, 100))}`;
}
