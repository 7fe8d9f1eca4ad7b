import { PyTuple, formatPython, type Groups, type GroupValue } from "../model";
import { textOf } from "./identity";

const ALTERNATIVE = /^alt_(.+?)(?:_\d+)?$/;
const TUPLE = /^tuple_(.+?)(?:_\d+)?$/;

/**
 * The groups of a match with `<F-ALT_NAME>` and `<F-TUPLE_NAME>` worked in: an alternative gives its value to a group
 * that is missing or empty, tuple parts join it in the order of their names. Groups without such parts come back as
 * they are.
 */
export function combineGroups(groups: Groups): Groups {
  const special = specialNames(groups);
  if (special.length === 0) {
    return groups;
  }
  const combined = new Map(groups);
  for (const name of special) {
    const value = textOf(groups.get(name));
    const alternative = ALTERNATIVE.exec(name)?.[1];
    if (alternative !== undefined) {
      fillAlternative(combined, reservedName(alternative), value);
    }
  }
  joinTuples(combined, special);
  return combined;
}

/** Whether the group of that name gives its value to another one. */
export function isCombined(name: string): boolean {
  return name.startsWith("alt_") || name.startsWith("tuple_");
}

function specialNames(groups: Groups): readonly string[] {
  const names: string[] = [];
  for (const name of groups.keys()) {
    if (isCombined(name)) {
      names.push(name);
    }
  }
  return names.sort();
}

function fillAlternative(groups: Map<string, GroupValue>, name: string, value: string | undefined): void {
  if (value && !groups.get(name)) {
    groups.set(name, value);
  }
}

function joinTuples(groups: Map<string, GroupValue>, special: readonly string[]): void {
  const parts = new Map<string, (string | null)[]>();
  for (const name of special) {
    const base = TUPLE.exec(name)?.[1];
    if (base !== undefined) {
      const target = reservedName(base);
      const list = parts.get(target) ?? [textOf(groups.get(target)) ?? null];
      list.push(textOf(groups.get(name)) ?? null);
      parts.set(target, list);
    }
  }
  for (const [name, list] of parts) {
    // The text of a joined id is the one that fail2ban's database and log have for it: ('a', 'b').
    groups.set(name, formatPython(new PyTuple(list)));
  }
}

function reservedName(name: string): string {
  return name === "id" || name === "port" ? `f${name}` : name;
}
