import { roundHalfEven, type Failure, type Groups, type MatchedLine, type Offender } from "../model";

/** How often one offender failed. Groups are those of the first failure, matched lines the last ones. */
export interface Ticket {
  readonly offender: Offender;
  readonly ip: string | undefined;
  readonly groups: Groups;
  /** Seconds since 1970: where counting begins, and the newest failure. */
  first: number;
  last: number;
  /** The count that is compared with maxretry: an estimate for findtime once failures are older. */
  retry: number;
  /** All failures since the ticket began. */
  failures: number;
  matches: readonly MatchedLine[];
}

/** The limits a table counts by. */
export interface CountingLimits {
  readonly findtime: number;
  readonly maxmatches: number;
}

/** Offenders remembered at once unless told otherwise: about 400 MB when all of them are in use. */
export const MAX_TRACKED = 1_000_000;

/**
 * Failures per offender inside findtime. When more offenders come than it may hold, the one that was silent
 * longest is forgotten, so that a flood of made-up ids cannot eat the memory.
 */
export class FailureTable {
  readonly #tickets = new Map<string, Ticket>();
  readonly #capacity: number;
  #limits: CountingLimits;
  #total = 0;
  #evicted = 0;

  constructor(limits: CountingLimits, capacity = MAX_TRACKED) {
    this.#limits = limits;
    this.#capacity = capacity;
  }

  /** Offenders being counted. */
  get size(): number {
    return this.#tickets.size;
  }

  /** Failures counted since the start. */
  get total(): number {
    return this.#total;
  }

  /** Offenders forgotten because there were too many. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Takes other limits; what is counted stays. */
  update(limits: CountingLimits): void {
    this.#limits = limits;
  }

  /** Counts a failure `count` times and gives the offender's ticket. */
  add(failure: Failure, offender: Offender, count = 1): Ticket {
    this.#total++;
    const known = this.#tickets.get(offender.id);
    if (!known) {
      return this.#begin(failure, offender, count);
    }
    this.#adjust(known, failure.time);
    known.retry += count;
    known.failures += Math.max(1, failure.count);
    this.#append(known, failure.matches);
    // Moved to the end: the map stays ordered by who was heard of last.
    this.#tickets.delete(offender.id);
    this.#tickets.set(offender.id, known);
    return known;
  }

  /**
   * Adds the extra count of an offender known to be bad for the failure just counted.
   * As in fail2ban it counts as one failure more, and repeats the matched lines unless it is the ticket's first.
   */
  weigh(ticket: Ticket, failure: Failure, extra: number): void {
    this.#total++;
    const isFirst = ticket.matches === failure.matches;
    ticket.retry += extra;
    ticket.failures += 1;
    if (!isFirst) {
      this.#append(ticket, failure.matches);
    }
  }

  /** Takes an offender out; `undefined` when it is not counted. */
  take(id: string): Ticket | undefined {
    const ticket = this.#tickets.get(id);
    this.#tickets.delete(id);
    return ticket;
  }

  /** Forgets all whose newest failure is not younger than findtime; totals stay. */
  purge(now: number): void {
    const oldest = now - this.#limits.findtime;
    for (const [id, ticket] of this.#tickets) {
      if (ticket.last <= oldest) {
        this.#tickets.delete(id);
      }
    }
  }

  /** The tickets, longest silent first. */
  list(): Iterable<Readonly<Ticket>> {
    return this.#tickets.values();
  }

  #begin(failure: Failure, offender: Offender, count: number): Ticket {
    const attempts = Math.max(1, failure.count);
    const ticket: Ticket = {
      offender,
      ip: failure.ip,
      groups: failure.groups,
      first: failure.time,
      last: failure.time,
      retry: Math.max(count, attempts),
      failures: attempts,
      matches: failure.matches,
    };
    this.#tickets.set(offender.id, ticket);
    this.#evict();
    return ticket;
  }

  /** A rate, not a sliding window: what was counted is scaled down to findtime once it reaches further back. */
  #adjust(ticket: Ticket, time: number): void {
    if (time <= ticket.last) {
      return;
    }
    const { findtime } = this.#limits;
    if (ticket.first < time - findtime) {
      ticket.retry = roundHalfEven((ticket.retry / (time - ticket.first)) * findtime);
      ticket.first = time - findtime;
    }
    ticket.last = time;
  }

  #append(ticket: Ticket, matches: readonly MatchedLine[]): void {
    const { maxmatches } = this.#limits;
    ticket.matches = maxmatches > 0 ? [...ticket.matches, ...matches].slice(-maxmatches) : [];
  }

  #evict(): void {
    if (this.#tickets.size <= this.#capacity) {
      return;
    }
    for (const id of this.#tickets.keys()) {
      this.#tickets.delete(id);
      this.#evicted++;
      return;
    }
  }
}
