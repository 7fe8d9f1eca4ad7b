import { groupsOf, type Groups, type GroupValue, type PackedRecord } from "../model";

/** Groups that stay packed until somebody asks for one. */
export class PackedGroups implements Groups {
  readonly #record: PackedRecord;
  #unpacked: ReadonlyMap<string, GroupValue> | undefined;

  constructor(record: PackedRecord) {
    this.#record = record;
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
    this.#unpacked ??= groupsOf(this.#record);
    return this.#unpacked;
  }
}
