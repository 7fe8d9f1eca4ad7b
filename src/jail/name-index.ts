import type { Ip } from "../model";

interface Named {
  readonly place: number;
  addresses: readonly string[];
}

/** Names with a place in a list each, found by the addresses they stand for. */
export class NameIndex {
  readonly #names = new Map<string, Named>();
  /** The names that stand for an address. */
  readonly #addresses = new Map<string, Set<Named>>();

  /** Adds a name that is not there yet; it stands for no address. */
  add(name: string, place: number): void {
    this.#names.set(name, { place, addresses: [] });
  }

  remove(name: string): void {
    this.setAddresses(name, []);
    this.#names.delete(name);
  }

  clear(): void {
    this.#names.clear();
    this.#addresses.clear();
  }

  /** Says what a name stands for from now on; nothing when it is not there. */
  setAddresses(name: string, addresses: readonly Ip[]): void {
    const named = this.#names.get(name);
    if (!named) {
      return;
    }
    for (const address of named.addresses) {
      const others = this.#addresses.get(address);
      others?.delete(named);
      if (others?.size === 0) {
        this.#addresses.delete(address);
      }
    }
    named.addresses = addresses.map(({ text }) => text);
    for (const address of named.addresses) {
      this.#addresses.set(address, (this.#addresses.get(address) ?? new Set()).add(named));
    }
  }

  /** The smallest place of the names that are this id, or stand for this address; infinity when there is none. */
  placeOf(id: string): number {
    let place = this.#names.get(id)?.place ?? Infinity;
    for (const named of this.#addresses.get(id) ?? []) {
      place = Math.min(place, named.place);
    }
    return place;
  }
}
