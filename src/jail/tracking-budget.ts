import { TextPool } from "./text-pool";

/** What a table of counted offenders holds, as its budget sees it. */
export interface Tracked {
  readonly size: number;
  /** About how many bytes the matched lines take. */
  readonly text: number;
  /** Forgets whoever was silent longest, but not the one just counted; false when there is nobody else. */
  forgetOldest(): boolean;
  /** Takes all its texts to another pool; see `TextPool.move`. */
  move(pool: TextPool, moved: Map<number, number>): void;
}

/** How much may be held at once, for all jails that share it. */
export interface TrackingLimits {
  readonly offenders: number;
  /** Bytes of matched lines. */
  readonly text: number;
}

/** Offenders counted at once unless told otherwise; each takes some 200 bytes beside its lines (bench/memory.mjs). */
export const MAX_TRACKED = 1_000_000;
/** Bytes of matched lines kept for all of them together: one line each of usual length. */
export const MAX_TEXT = 256 * 1024 * 1024;
/** With the limits above full. */
const MOST_BYTES = MAX_TRACKED * 200 + MAX_TEXT;
/** The part of the memory that counting may take. */
const SHARE = 0.3;

/**
 * The limits for a process that may use so many bytes of heap: on a small machine fewer are counted at once. Most of it
 * lies outside the heap, whose size tells how large the machine is.
 */
export function limitsFor(heapBytes: number): TrackingLimits {
  const part = Math.min(1, (SHARE * heapBytes) / MOST_BYTES);
  return { offenders: Math.floor(MAX_TRACKED * part), text: Math.floor(MAX_TEXT * part) };
}

/**
 * Bounds what the tables of all jails hold together, so that a flood of made-up offenders cannot eat the memory.
 * When it is too much, the jail that holds most forgets those that were silent longest: a flood in one jail does
 * not blind the others.
 */
export class TrackingBudget {
  readonly limits: TrackingLimits;
  readonly #tables = new Set<Tracked>();
  #pool = new TextPool();
  #offenders = 0;
  #text = 0;

  constructor(limits: Partial<TrackingLimits> = {}) {
    this.limits = { offenders: MAX_TRACKED, text: MAX_TEXT, ...limits };
  }

  /** Where all tables keep what they remember of lines. */
  get pool(): TextPool {
    return this.#pool;
  }

  join(table: Tracked): void {
    this.#tables.add(table);
  }

  /** Gives back all that a table holds. */
  leave(table: Tracked): void {
    if (this.#tables.delete(table)) {
      this.change(-table.size, -table.text);
    }
  }

  /** Tells by how much a table grew or shrank. */
  change(offenders: number, text: number): void {
    this.#offenders += offenders;
    this.#text += text;
  }

  /** Makes room until the limits are kept. */
  enforce(): void {
    while (this.#offenders > this.limits.offenders && this.#largest("size")?.forgetOldest()) {
      // One offender less.
    }
    while (this.#text > this.limits.text && this.#largest("text")?.forgetOldest()) {
      // One offender's lines less.
    }
  }

  /** After a flood most of the pool may be empty: what is left goes to a smaller one. */
  tighten(): void {
    if (this.#pool.isRoomy) {
      const pool = new TextPool();
      const moved = new Map<number, number>();
      this.#tables.forEach((table) => table.move(pool, moved));
      this.#pool = pool;
    }
  }

  #largest(by: "size" | "text"): Tracked | undefined {
    let largest: Tracked | undefined;
    for (const table of this.#tables) {
      if (!largest || table[by] > largest[by]) {
        largest = table;
      }
    }
    return largest;
  }
}
