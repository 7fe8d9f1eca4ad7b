import {
  roundHalfEven,
  type Failure,
  type MatchedLine,
  type Offender,
  type Ticket,
  type TicketChanges,
} from "../model";
import { TrackingBudget, type Tracked } from "./tracking-budget";

/** A ticket at work. */
export interface OpenTicket extends Ticket {
  first: number;
  last: number;
  retry: number;
  failures: number;
  matches: readonly MatchedLine[];
  /** Heard of again since it took its place in the row of those to be forgotten. */
  isFresh: boolean;
  /** Waits among the changes that nobody has taken yet. */
  isChanged: boolean;
  /** Whoever takes the changes has it. */
  isKnown: boolean;
}

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
  readonly #tickets = new Map<string, OpenTicket>();
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

  /** Counts a failure `count` times, each with its weight, and gives the offender's ticket. */
  add(failure: Failure, offender: Offender, count = 1): OpenTicket {
    this.#total++;
    const known = this.#tickets.get(offender.id);
    if (!known) {
      return this.#begin(failure, offender, count);
    }
    this.#adjust(known, failure.time);
    known.retry = tidy(known.retry + count * weightOf(failure));
    known.failures += Math.max(1, failure.count);
    this.#append(known, failure.matches);
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
    const isFirst = ticket.matches === failure.matches;
    ticket.retry = tidy(ticket.retry + extra * weightOf(failure));
    ticket.failures += 1;
    if (!isFirst) {
      this.#append(ticket, failure.matches);
    }
  }

  /** Takes an offender out; `undefined` when it is not counted. */
  take(id: string): OpenTicket | undefined {
    const ticket = this.#tickets.get(id);
    if (ticket) {
      this.#tickets.delete(id);
      this.#hold(-1, -lengthOf(ticket.matches));
      this.#forget(ticket);
    }
    return ticket;
  }

  /** Forgets all whose newest failure is not younger than findtime; totals stay. */
  purge(now: number): void {
    const oldest = now - this.#limits.findtime;
    for (const [id, ticket] of this.#tickets) {
      if (ticket.last <= oldest) {
        this.take(id);
      }
    }
  }

  /**
   * Forgets the longest silent, but never the one just counted. Who was heard of since the last look goes to the end
   * of the row instead: moving everybody at every failure would cost more than counting.
   */
  forgetOldest(): boolean {
    if (this.#tickets.size <= 1) {
      return false;
    }
    for (const [id, ticket] of this.#tickets) {
      if (!ticket.isFresh && ticket !== this.#current) {
        this.take(id);
        this.#evicted++;
        break;
      }
      ticket.isFresh = false;
      this.#tickets.delete(id);
      this.#tickets.set(id, ticket);
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
      if (isIn && this.#tickets.get(ticket.id) === ticket) {
        this.#known += ticket.isKnown ? 0 : 1;
        ticket.isKnown = true;
        changed.push(ticket);
      }
    }
    const gone = this.#gone.filter((id) => !this.#tickets.get(id)?.isKnown);
    this.#changed = [];
    this.#gone = [];
    return { changed, gone };
  }

  /** Goes on from a copy. Offenders already counted stay as they are. */
  restore(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) {
      if (!this.#tickets.has(ticket.id)) {
        this.#known++;
        this.#put({ ...ticket, isFresh: false, isChanged: false, isKnown: true });
      }
    }
  }

  /** Gives its share of the budget back; the table is not used any more. */
  close(): void {
    this.#budget.leave(this);
  }

  /** The tickets, roughly the longest silent first. */
  list(): Iterable<Ticket> {
    return this.#tickets.values();
  }

  #begin(failure: Failure, offender: Offender, count: number): OpenTicket {
    const attempts = Math.max(1, failure.count);
    const ticket: OpenTicket = {
      id: offender.id,
      ip: failure.ip,
      groups: failure.groups,
      first: failure.time,
      last: failure.time,
      retry: tidy(Math.max(count, attempts) * weightOf(failure)),
      failures: attempts,
      matches: failure.matches,
      isFresh: false,
      isChanged: false,
      isKnown: false,
    };
    this.#put(ticket);
    this.#change(ticket);
    return ticket;
  }

  #put(ticket: OpenTicket): void {
    this.#tickets.set(ticket.id, ticket);
    this.#hold(1, lengthOf(ticket.matches));
    this.#current = ticket;
    this.#budget.enforce();
  }

  #change(ticket: OpenTicket): void {
    if (!ticket.isChanged) {
      ticket.isChanged = true;
      this.#changed.push(ticket);
    }
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

  #append(ticket: OpenTicket, matches: readonly MatchedLine[]): void {
    const { maxmatches } = this.#limits;
    const kept = [...ticket.matches, ...matches];
    const dropped = kept.splice(0, kept.length - Math.max(0, maxmatches));
    ticket.matches = kept;
    this.#hold(0, lengthOf(matches) - lengthOf(dropped));
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

/** What a line takes beside its characters: an array of three texts. */
const LINE_BYTES = 150;

/** About how many bytes matched lines take. */
function lengthOf(matches: readonly MatchedLine[]): number {
  let length = matches.length * LINE_BYTES;
  for (const match of matches) {
    length += typeof match === "string" ? match.length : match[0].length + match[1].length + match[2].length;
  }
  return length;
}
