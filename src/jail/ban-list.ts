import { banEnd, containsIp, type Ban, type Ip } from "../model";

/** A listed ban; `own` says that its time is its own and does not follow the jail's bantime. */
interface Entry {
  ban: Ban;
  own: boolean;
  slot: number;
}

/**
 * The bans of one jail, with a heap over their ends: the next end is known at once, and adding, moving and
 * removing one ban costs the logarithm of their number.
 */
export class BanList {
  readonly #entries = new Map<string, Entry>();
  readonly #heap: Entry[] = [];

  /** Number of bans. */
  get size(): number {
    return this.#entries.size;
  }

  /** The ban of an offender. */
  get(id: string): Ban | undefined {
    return this.#entries.get(id)?.ban;
  }

  /** Adds a ban, or replaces the one of the same offender. */
  put(ban: Ban, own: boolean): void {
    const known = this.#entries.get(ban.offender.id);
    if (known) {
      known.ban = ban;
      known.own = own;
      this.#settle(known);
      return;
    }
    const entry = { ban, own, slot: this.#heap.length };
    this.#entries.set(ban.offender.id, entry);
    this.#heap.push(entry);
    this.#rise(entry);
  }

  /** Takes a ban out; `undefined` when there is none. */
  remove(id: string): Ban | undefined {
    const entry = this.#entries.get(id);
    if (!entry) {
      return undefined;
    }
    this.#entries.delete(id);
    const last = this.#heap.pop();
    if (last && last !== entry) {
      this.#place(last, entry.slot);
      this.#settle(last);
    }
    return entry.ban;
  }

  /** When the next ban ends, in seconds since 1970; infinity when none does. */
  nextEnd(): number {
    const [first] = this.#heap;
    return first ? endOf(first) : Number.POSITIVE_INFINITY;
  }

  /** Takes out at most `limit` bans whose end lies before now, the earliest first. */
  takeExpired(now: number, limit = Number.POSITIVE_INFINITY): Ban[] {
    const expired: Ban[] = [];
    for (
      let next = this.#heap[0];
      next && now > endOf(next) && expired.length < limit;
      next = this.#heap[0]
    ) {
      this.remove(next.ban.offender.id);
      expired.push(next.ban);
    }
    return expired;
  }

  /** Gives another time to all bans that have none of their own. */
  setBantime(bantime: number): void {
    for (const entry of this.#entries.values()) {
      if (!entry.own) {
        entry.ban = { ...entry.ban, bantime };
      }
    }
    for (let slot = (this.#heap.length >> 1) - 1; slot >= 0; slot--) {
      const entry = this.#heap[slot];
      if (entry) {
        this.#sink(entry);
      }
    }
  }

  /** Ids of the bans that lie in a network. */
  idsWithin(network: Ip): string[] {
    const ids: string[] = [];
    for (const [id, { ban }] of this.#entries) {
      if (ban.offender.ip && containsIp(network, ban.offender.ip)) {
        ids.push(id);
      }
    }
    return ids;
  }

  /** All bans, the oldest entry first. */
  list(): Ban[] {
    return Array.from(this.#entries.values(), ({ ban }) => ban);
  }

  /** All bans by their end, entries with equal ends by age. */
  listByEnd(): Ban[] {
    const entries = [...this.#entries.values()];
    return entries.sort((a, b) => compareEnds(endOf(a), endOf(b))).map(({ ban }) => ban);
  }

  #settle(entry: Entry): void {
    this.#rise(entry);
    this.#sink(entry);
  }

  #rise(entry: Entry): void {
    while (entry.slot > 0) {
      const parent = this.#heap[(entry.slot - 1) >> 1];
      if (!parent || endOf(parent) <= endOf(entry)) {
        return;
      }
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[entry.slot * 2 + 1];
      const right = this.#heap[entry.slot * 2 + 2];
      const child = right && left && endOf(right) < endOf(left) ? right : left;
      if (!child || endOf(child) >= endOf(entry)) {
        return;
      }
      this.#swap(child, entry);
    }
  }

  #swap(a: Entry, b: Entry): void {
    const slot = a.slot;
    this.#place(a, b.slot);
    this.#place(b, slot);
  }

  #place(entry: Entry, slot: number): void {
    entry.slot = slot;
    this.#heap[slot] = entry;
  }
}

function endOf({ ban }: Entry): number {
  return banEnd(ban);
}

/** A difference would not do: infinity minus infinity is no number. */
function compareEnds(a: number, b: number): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
