import { RowGroups, type Groups, type GroupValue } from "../model";
import type { ByteLine } from "./byte-line";
import type { ByteRegex } from "./program-layout";

/** Where a group is told of. */
interface Slot {
  readonly name: string;
  readonly spans: Int32Array;
  readonly at: number;
}

/** Which groups took part is a number of so many bits. */
const MOST_SLOTS = 30;

/** Reads the groups of a match of one failregex, and of the prefregex before it, off their spans. */
export class ByteGroups {
  readonly #slots: readonly Slot[];
  /** Whether a group of the failregex may take the place of one of the prefregex. */
  readonly #isPlain: boolean;
  /** The names of the groups that took part, the same list for all matches in which they are the same. */
  readonly #shapes = new Map<number, readonly string[]>();

  constructor(regex: ByteRegex | undefined, prefix: ByteRegex | undefined) {
    this.#slots = [...slotsOf(prefix), ...slotsOf(regex)];
    const names = new Set(this.#slots.map(({ name }) => name));
    this.#isPlain = names.size === this.#slots.length && names.size <= MOST_SLOTS;
  }

  /** The groups that took part in the last match. */
  read(line: ByteLine): Groups {
    if (!this.#isPlain) {
      return this.#readMap(line);
    }
    const row: GroupValue[] = [];
    let shape = 0;
    for (let i = 0; i < this.#slots.length; i++) {
      const value = textOf(line, this.#slots[i]);
      if (value !== undefined) {
        shape |= 1 << i;
        row.push(value);
      }
    }
    return new RowGroups(this.#namesOf(shape), row);
  }

  /** All names, null for groups that took no part. */
  readAll(line: ByteLine): ReadonlyMap<string, string | null> {
    return new Map(this.#slots.map((slot) => [slot.name, textOf(line, slot) ?? null]));
  }

  #readMap(line: ByteLine): Groups {
    const groups = new Map<string, string>();
    for (const slot of this.#slots) {
      const value = textOf(line, slot);
      if (value !== undefined) {
        groups.set(slot.name, value);
      }
    }
    return groups;
  }

  #namesOf(shape: number): readonly string[] {
    let names = this.#shapes.get(shape);
    if (!names) {
      names = this.#slots.flatMap(({ name }, i) => ((shape & (1 << i)) === 0 ? [] : [name]));
      this.#shapes.set(shape, names);
    }
    return names;
  }
}

function slotsOf(regex: ByteRegex | undefined): Slot[] {
  return regex ? regex.names.map(([name, at]) => ({ name, at, spans: regex.matcher.spans })) : [];
}

function textOf(line: ByteLine, slot: Slot | undefined): string | undefined {
  const from = slot ? (slot.spans[slot.at] ?? -1) : -1;
  return slot === undefined || from < 0 ? undefined : line.part(from, slot.spans[slot.at + 1] ?? from);
}
