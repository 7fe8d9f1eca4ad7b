import type { Groups, GroupValue } from "../model";

/** A group's value as JSON has it; lists begin with the word that tells them from sets. */
type PackedValue = string | readonly string[];

/** Groups as one text. Most are never looked at: only those of an offender's first failure are kept, for its ban. */
export function packGroups(groups: Groups): string {
  const parts: PackedValue[] = [];
  for (const [name, value] of groups) {
    parts.push(name, packValue(value));
  }
  return JSON.stringify(parts);
}

/** Groups that stay packed until somebody asks for one. */
export class PackedGroups implements Groups {
  readonly #packed: string;
  #unpacked: ReadonlyMap<string, GroupValue> | undefined;

  /** Takes what `packGroups` gave. */
  constructor(packed: string) {
    this.#packed = packed;
  }

  get size(): number {
    return this.#groups.size;
  }

  get(name: string): GroupValue | undefined {
    return this.#groups.get(name);
  }

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  keys(): MapIterator<string> {
    return this.#groups.keys();
  }

  values(): MapIterator<GroupValue> {
    return this.#groups.values();
  }

  entries(): MapIterator<[string, GroupValue]> {
    return this.#groups.entries();
  }

  [Symbol.iterator](): MapIterator<[string, GroupValue]> {
    return this.#groups.entries();
  }

  forEach(callback: (value: GroupValue, name: string, groups: Groups) => void): void {
    this.#groups.forEach((value, name) => callback(value, name, this));
  }

  get #groups(): ReadonlyMap<string, GroupValue> {
    this.#unpacked ??= unpackGroups(this.#packed);
    return this.#unpacked;
  }
}

function packValue(value: GroupValue): PackedValue {
  if (typeof value === "string") {
    return value;
  }
  return value instanceof Set ? ["set", ...(value as ReadonlySet<string>)] : ["list", ...value];
}

function unpackGroups(packed: string): ReadonlyMap<string, GroupValue> {
  const parts = JSON.parse(packed) as readonly PackedValue[];
  const groups = new Map<string, GroupValue>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    groups.set(String(parts[at]), unpackValue(parts[at + 1] ?? ""));
  }
  return groups;
}

function unpackValue(value: PackedValue): GroupValue {
  if (typeof value === "string") {
    return value;
  }
  const [kind, ...items] = value;
  return kind === "set" ? new Set(items) : items;
}
