import type { Groups, GroupValue } from "../model";

/** A group's value as JSON has it; lists begin with the word that tells them from sets. */
type PackedValue = string | readonly string[];

/**
 * Groups as one text. Most are never looked at: only those of an offender's first failure are kept, for its ban.
 * The lengths of names and values, then all of them without anything between; JSON where a value is not just text.
 */
export function packGroups(groups: Groups): string {
  let lengths = "";
  let texts = "";
  for (const [name, value] of groups) {
    if (typeof value !== "string") {
      return JSON.stringify(Array.from(groups, ([key, one]) => [key, packValue(one)]));
    }
    lengths += `${name.length},${value.length},`;
    texts += name + value;
  }
  return `${lengths};${texts}`;
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
  if (packed.startsWith("[")) {
    const pairs = JSON.parse(packed) as readonly (readonly [string, PackedValue])[];
    return new Map(pairs.map(([name, value]) => [name, unpackValue(value)]));
  }
  const groups = new Map<string, GroupValue>();
  const lengths = packed.slice(0, packed.indexOf(";")).split(",");
  let at = packed.indexOf(";") + 1;
  for (let i = 0; i + 2 < lengths.length; i += 2) {
    const middle = at + Number(lengths[i]);
    const end = middle + Number(lengths[i + 1]);
    groups.set(packed.slice(at, middle), packed.slice(middle, end));
    at = end;
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
