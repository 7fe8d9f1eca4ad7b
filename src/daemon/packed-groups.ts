import type { Groups, GroupValue } from "../model";

/**
 * Groups as one text. Most are never looked at: only those of an offender's first failure are kept, for its ban.
 * The lengths of names and values, then all of them without anything between; the length of a value that is not just
 * text is negative, and the value JSON.
 */
export function packGroups(groups: Groups): string {
  let lengths = "";
  let texts = "";
  for (const [name, value] of groups) {
    if (typeof value === "string") {
      lengths += `${name.length},${value.length},`;
      texts += name + value;
    } else {
      const packed = JSON.stringify(packList(value));
      lengths += `${name.length},${-packed.length},`;
      texts += name + packed;
    }
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

/** A list begins with the word that tells it from a set. */
function packList(value: Exclude<GroupValue, string>): readonly string[] {
  return value instanceof Set ? ["set", ...(value as ReadonlySet<string>)] : ["list", ...value];
}

function unpackGroups(packed: string): ReadonlyMap<string, GroupValue> {
  const groups = new Map<string, GroupValue>();
  const head = packed.indexOf(";");
  const lengths = packed.slice(0, head).split(",").map(Number);
  let at = head + 1;
  for (let i = 0; i + 2 < lengths.length; i += 2) {
    const middle = at + (lengths[i] ?? 0);
    const length = lengths[i + 1] ?? 0;
    const end = middle + Math.abs(length);
    const value = packed.slice(middle, end);
    groups.set(packed.slice(at, middle), length < 0 ? unpackList(value) : value);
    at = end;
  }
  return groups;
}

function unpackList(packed: string): GroupValue {
  const [kind, ...items] = JSON.parse(packed) as readonly string[];
  return kind === "set" ? new Set(items) : items;
}
