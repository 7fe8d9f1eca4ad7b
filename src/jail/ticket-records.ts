/** No place. */
export const NOWHERE = -1;
const FIRST_ROOM = 32;

/** What is true of a ticket; added together. */
export const FLAG = {
  /** Nothing was added to it since it began. */
  isNew: 1,
  /** Heard of again since it took its place in the row of those to be forgotten. */
  isFresh: 2,
  /** Waits among the changes that nobody has taken yet. */
  isChanged: 4,
  /** Whoever takes the changes has it. */
  isKnown: 8,
  /** Its id is a text, not the number of an address. */
  isNamed: 16,
} as const;

/** Whole numbers of a ticket, by where they stand in its record. */
export const FIELD = {
  address: 6,
  flags: 7,
  /** The rules by which its offender is not ignored, see `IgnoreRules.version`; -1 when none were asked. */
  rules: 8,
  failures: 9,
  /** A text of the pool: packed groups. */
  groups: 10,
  /** The first and the last link of the chain of its packed lines, and how many lines they are. */
  head: 11,
  tail: 12,
  lines: 13,
} as const;
const OLDER = 14;
const NEWER = 15;
/** Other numbers, by where they stand in it. */
export const NUMBER = { first: 0, last: 1, retry: 2 } as const;
const FIELDS = 16;
/** So many places are never too many: 64 KiB. */
const ROOMY = 1024;
const NUMBERS = 8;

/**
 * The numbers of all tickets of a jail, in a row from the longest silent on. Thousands of offenders come and go in a
 * storm, most of them after one failure: as objects they would keep the garbage collector busy. All that is known of one
 * stands in 64 bytes, which a processor fetches at once.
 */
export class TicketRecords {
  #fields = new Int32Array(FIRST_ROOM * FIELDS);
  #numbers = new Float64Array(this.#fields.buffer);
  #oldest = NOWHERE;
  #newest = NOWHERE;
  #used = 0;
  #free = NOWHERE;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The first of the row. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The one behind a place in the row. */
  newer(place: number): number {
    return this.field(place, NEWER);
  }

  field(place: number, field: number): number {
    return this.#fields[place * FIELDS + field] ?? 0;
  }

  setField(place: number, field: number, value: number): void {
    this.#fields[place * FIELDS + field] = value;
  }

  number(place: number, number: number): number {
    return this.#numbers[place * NUMBERS + number] ?? 0;
  }

  setNumber(place: number, number: number, value: number): void {
    this.#numbers[place * NUMBERS + number] = value;
  }

  /** Whether it has many times more room than it needs, as after a flood. */
  get isRoomy(): boolean {
    return this.#used > ROOMY && this.#size < this.#used / 8;
  }

  /** A place at the end of the row with what other records have at one; the links of its lines are still theirs. */
  copy(from: TicketRecords, place: number): number {
    const copy = this.add();
    for (let field = 0; field < OLDER; field++) {
      this.setField(copy, field, from.field(place, field));
    }
    return copy;
  }

  /** A place at the end of the row; what stands there is of an earlier ticket. */
  add(): number {
    const place = this.#free === NOWHERE ? this.#grow() : this.#free;
    this.#free = this.#free === NOWHERE ? NOWHERE : this.newer(place);
    this.#append(place);
    this.#size++;
    return place;
  }

  /** Takes a place back. */
  remove(place: number): void {
    this.#unlink(place);
    this.setField(place, NEWER, this.#free);
    this.#free = place;
    this.#size--;
  }

  /** Moves a place to the end of the row. */
  renew(place: number): void {
    this.#unlink(place);
    this.#append(place);
  }

  is(place: number, flag: number): boolean {
    return (this.field(place, FIELD.flags) & flag) !== 0;
  }

  mark(place: number, flag: number): void {
    this.setField(place, FIELD.flags, this.field(place, FIELD.flags) | flag);
  }

  unmark(place: number, flag: number): void {
    this.setField(place, FIELD.flags, this.field(place, FIELD.flags) & ~flag);
  }

  #append(place: number): void {
    this.setField(place, OLDER, this.#newest);
    this.setField(place, NEWER, NOWHERE);
    if (this.#newest === NOWHERE) {
      this.#oldest = place;
    } else {
      this.setField(this.#newest, NEWER, place);
    }
    this.#newest = place;
  }

  #unlink(place: number): void {
    const older = this.field(place, OLDER);
    const newer = this.field(place, NEWER);
    if (older === NOWHERE) {
      this.#oldest = newer;
    } else {
      this.setField(older, NEWER, newer);
    }
    if (newer === NOWHERE) {
      this.#newest = older;
    } else {
      this.setField(newer, OLDER, older);
    }
  }

  #grow(): number {
    if (this.#used * FIELDS === this.#fields.length) {
      const fields = this.#fields;
      this.#fields = new Int32Array(2 * fields.length);
      this.#fields.set(fields);
      this.#numbers = new Float64Array(this.#fields.buffer);
    }
    return this.#used++;
  }
}
