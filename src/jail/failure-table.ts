import { parseDotted, roundHalfEven, type Failure, type Ticket, type TicketChanges } from "../model";
import { OpenTicket } from "./open-ticket";
import type { TextPool } from "./text-pool";
import { TrackingBudget, type Tracked } from "./tracking-budget";

/** The limits a table counts by. */
export interface CountingLimits {
  readonly findtime: number;
  readonly maxmatches: number;
}

/**
 * Failures per offender inside findtime. When more offenders or longer lines come than the budget allows, those that
 * were silent longest are forgotten.
 */
export class FailureTable implements Tracked {
  /** Under their keys, see `keyOf`. */
  readonly #tickets = new Map<string | number, OpenTicket>();
  readonly #budget: TrackingBudget;
  #limits: CountingLimits;
  #text = 0;
  #total = 0;
  #evicted = 0;
  #current: OpenTicket | undefined;
  #changed: OpenTicket[] = [];
  #gone: string[] = [];
  #known = 0;

  constructor(limits: CountingLimits, budget = new TrackingBudget()) {
    this.#limits = limits;
    this.#budget = budget;
    budget.join(this);
  }

  /** Offenders being counted. */
  get size(): number {
    return this.#tickets.size;
  }

  /** About how many bytes the matched lines take. */
  get text(): number {
    return this.#text;
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

  /**
   * Counts a failure `count` times, each with its weight, and gives the offender's ticket. One that would have been
   * purged by `now` does not count, whether or not somebody has purged since. `who`: the ticket, for who has it at hand.
   */
  add(failure: Failure, who: string | OpenTicket, count = 1, now = Number.NEGATIVE_INFINITY): OpenTicket {
    const known = typeof who === "string" ? this.#tickets.get(failure.address ?? keyOf(who)) : who;
    if (!known || known.last <= now - this.#limits.findtime) {
      if (known) {
        this.#drop(known);
      }
      return this.#begin(failure, typeof who === "string" ? who : who.id, count);
    }
    this.#total++;
    this.#adjust(known, failure.time);
    known.retry = tidy(known.retry + count * weightOf(failure));
    known.failures += Math.max(1, failure.count);
    this.#append(known, failure);
    known.isFresh = true;
    this.#change(known);
    this.#current = known;
    this.#budget.enforce();
    return known;
  }

  /**
   * Adds the extra count of an offender known to be bad for the failure just counted.
   * As in fail2ban it counts as one failure more, and repeats the matched lines unless it is the ticket's first.
   */
  weigh(ticket: OpenTicket, failure: Failure, extra: number): void {
    this.#total++;
    ticket.retry = tidy(ticket.retry + extra * weightOf(failure));
    ticket.failures += 1;
    if (!ticket.isNew) {
      this.#append(ticket, failure);
    }
  }

  /** The ticket of the offender counted last. */
  get current(): OpenTicket | undefined {
    return this.#current;
  }

  /** The ticket of whoever failed. */
  find(failure: Failure): OpenTicket | undefined {
    const { address } = failure;
    return address === undefined ? this.get(failure.id ?? "") : this.#tickets.get(address);
  }

  /** The ticket of an offender. */
  get(id: string): OpenTicket | undefined {
    return this.#tickets.get(keyOf(id));
  }

  /** Takes an offender out. Its ticket remembers no lines any more. */
  take(id: string): void {
    const ticket = this.get(id);
    if (ticket) {
      this.#drop(ticket);
    }
  }

  /** Forgets all whose newest failure is not younger than findtime; totals stay. */
  purge(now: number): void {
    const oldest = now - this.#limits.findtime;
    for (const ticket of this.#tickets.values()) {
      if (ticket.last <= oldest) {
        this.#drop(ticket);
      }
    }
    this.#budget.tighten();
  }

  /**
   * Forgets the longest silent, but never the one just counted. Who was heard of since the last look goes to the end
   * of the row instead: moving everybody at every failure would cost more than counting.
   */
  forgetOldest(): boolean {
    if (this.#tickets.size <= 1) {
      return false;
    }
    for (const [key, ticket] of this.#tickets) {
      if (!ticket.isFresh && ticket !== this.#current) {
        this.#drop(ticket);
        this.#evicted++;
        break;
      }
      ticket.isFresh = false;
      this.#tickets.delete(key);
      this.#tickets.set(key, ticket);
    }
    return true;
  }

  /**
   * What has changed since this was asked last, for whoever keeps a copy. The copy has at most `most` offenders;
   * further ones are left out until there is room and they fail again.
   */
  takeChanges(most: number): TicketChanges {
    const changed: OpenTicket[] = [];
    for (const ticket of this.#changed) {
      ticket.isChanged = false;
      const isIn = ticket.isKnown || this.#known < most;
      if (isIn && this.get(ticket.id) === ticket) {
        this.#known += ticket.isKnown ? 0 : 1;
        ticket.isKnown = true;
        changed.push(ticket);
      }
    }
    const gone = this.#gone.filter((id) => !this.get(id)?.isKnown);
    this.#changed = [];
    this.#gone = [];
    return { changed, gone };
  }

  /** Goes on from a copy. Offenders already counted stay as they are. */
  restore(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) {
      if (!this.get(ticket.id)) {
        this.#known++;
        this.#put(this.#reopen(ticket));
      }
    }
  }

  move(pool: TextPool, moved: Map<number, number>): void {
    this.#tickets.forEach((ticket) => ticket.move(pool, moved));
  }

  /** Gives its share of the budget back; the table is not used any more. */
  close(): void {
    this.#tickets.forEach((ticket) => ticket.release());
    this.#budget.leave(this);
  }

  /** The tickets, roughly the longest silent first. */
  list(): Iterable<Ticket> {
    return this.#tickets.values();
  }

  #begin(failure: Failure, id: string, count: number): OpenTicket {
    const attempts = Math.max(1, failure.count);
    const retry = tidy(Math.max(count, attempts) * weightOf(failure));
    this.#total++;
    const ticket = new OpenTicket(id, failure, { retry, pool: this.#budget.pool });
    this.#put(ticket, failure.address);
    this.#change(ticket);
    return ticket;
  }

  /** A ticket of an earlier run, as whoever kept it has it. */
  #reopen({ id, ip, groups, first, last, retry, failures, matches }: Ticket): OpenTicket {
    const failure = { time: last, ip, groups, matches, count: failures };
    const ticket = new OpenTicket(id, failure, { retry, pool: this.#budget.pool });
    ticket.first = first;
    ticket.isNew = false;
    ticket.isKnown = true;
    return ticket;
  }

  #put(ticket: OpenTicket, address?: number): void {
    this.#tickets.set(address ?? keyOf(ticket.id), ticket);
    this.#hold(1, ticket.text);
    this.#current = ticket;
    this.#budget.enforce();
  }

  #change(ticket: OpenTicket): void {
    if (!ticket.isChanged) {
      ticket.isChanged = true;
      this.#changed.push(ticket);
    }
  }

  #drop(ticket: OpenTicket): void {
    this.#tickets.delete(keyOf(ticket.id));
    this.#hold(-1, -ticket.text);
    this.#forget(ticket);
    ticket.release();
  }

  #forget(ticket: OpenTicket): void {
    if (ticket.isKnown) {
      this.#known--;
      this.#gone.push(ticket.id);
    }
  }

  /** A rate, not a sliding window: what was counted is scaled down to findtime once it reaches further back. */
  #adjust(ticket: OpenTicket, time: number): void {
    if (time <= ticket.last) {
      return;
    }
    const { findtime } = this.#limits;
    if (ticket.first < time - findtime) {
      const rate = (ticket.retry / (time - ticket.first)) * findtime;
      // Rounded, several light failures far apart would count nothing or a whole one.
      ticket.retry = Number.isInteger(ticket.retry) ? roundHalfEven(rate) : tidy(rate);
      ticket.first = time - findtime;
    }
    ticket.last = time;
  }

  #append(ticket: OpenTicket, failure: Failure): void {
    const before = ticket.text;
    ticket.append(failure, this.#limits.maxmatches);
    ticket.isNew = false;
    this.#hold(0, ticket.text - before);
  }

  #hold(offenders: number, text: number): void {
    this.#text += text;
    this.#budget.change(offenders, text);
  }
}

function weightOf(failure: Failure): number {
  return failure.weight ?? 1;
}

/** Ten times 0.1 is one, not a little less. */
function tidy(count: number): number {
  return Number.isInteger(count) ? count : Math.round(count * 1e6) / 1e6;
}

/** The address of a `Failure` or the id. A number is found sooner than a text: it lies in the map itself. */
function keyOf(id: string): string | number {
  const value = parseDotted(id);
  return value === undefined ? id : value | 0;
}
