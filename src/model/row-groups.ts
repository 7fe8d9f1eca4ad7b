import type { GroupValue } from "./failure";

/**
 * Groups of one match: the names, which all matches of a regex share, and their values. Much lighter than a map, and
 * quicker with as few groups as matches have.
 */
export class RowGroups implements ReadonlyMap<string, GroupValue> {
  readonly names: readonly string[];
  readonly row: readonly GroupValue[];

  /** Takes as many names as values, none of them twice. */
  constructor(names: readonly string[], row: readonly GroupValue[]) {
    this.names = names;
    this.row = row;
  }

  get size(): number {
    return this.names.length;
  }

  get(name: string): GroupValue | undefined {
    const { names } = this;
    for (let i = 0; i < names.length; i++) {
      if (names[i] === name) {
        return this.row[i];
      }
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  forEach(take: (value: GroupValue, name: string, map: ReadonlyMap<string, GroupValue>) => void): void {
    this.names.forEach((name, i) => take(this.row[i] ?? "", name, this));
  }

  keys(): MapIterator<string> {
    return this.#toMap().keys();
  }

  values(): MapIterator<GroupValue> {
    return this.#toMap().values();
  }

  entries(): MapIterator<[string, GroupValue]> {
    return this.#toMap().entries();
  }

  [Symbol.iterator](): MapIterator<[string, GroupValue]> {
    return this.entries();
  }

  #toMap(): ReadonlyMap<string, GroupValue> {
    return new Map(this.names.map((name, i) => [name, this.row[i] ?? ""]));
  }
}
