import type { ActionValue } from "../model";

/** One `<tag>`: anything but blanks and angle brackets between angle brackets. */
export const TAG = /<([^ <>]+)>/g;

const ROUNDS = 25;
/** Properties that name themselves twice double with every round; no real command comes near this. */
const LONGEST_TEXT = 1024 * 1024;

/** What static tags are replaced with. */
export interface StaticTags {
  readonly properties: ReadonlyMap<string, ActionValue>;
  /** Prefers `tag?family=FAMILY` over `tag`; empty for no preference. */
  readonly family: string;
  readonly ownNames: () => { readonly full: string; readonly short: string };
}

/**
 * A command with the properties filled in, again and again until nothing changes (at most 25 rounds), so that
 * `<a<b>>` works. Unknown tags stay: they are filled in per ban, or are redirections of the shell.
 */
export function expandStaticTags(text: string, tags: StaticTags): string {
  let current = text;
  for (let round = 0; round < ROUNDS && current.length < LONGEST_TEXT; round++) {
    const next = current.replace(TAG, (tag, name: string) => staticValue(name, tags) ?? tag);
    if (next === current) {
      return current;
    }
    current = next;
  }
  return current;
}

/** A property as text, the variant for a family if there is one; `undefined` when it is absent or null. */
export function propertyText(
  properties: ReadonlyMap<string, ActionValue>,
  name: string,
  family: string,
): string | undefined {
  const own = family === "" ? undefined : properties.get(`${name}?family=${family}`);
  return formatValue(own ?? properties.get(name) ?? null);
}

function staticValue(name: string, tags: StaticTags): string | undefined {
  return propertyText(tags.properties, name, tags.family) ?? builtinValue(name, tags);
}

function builtinValue(name: string, tags: StaticTags): string | undefined {
  switch (name) {
    case "br":
      return "\n";
    case "sp":
      return " ";
    case "fq-hostname":
      return tags.ownNames().full;
    case "sh-hostname":
      return tags.ownNames().short;
    default:
      return undefined;
  }
}

function formatValue(value: ActionValue): string | undefined {
  if (value === null) {
    return undefined;
  }
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  return String(value);
}
