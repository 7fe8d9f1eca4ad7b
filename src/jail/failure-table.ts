import { roundHalfEven, type Failure, type Ticket, type TicketChanges } from "../model";
import { OpenTickets, TicketView } from "./open-tickets";
import type { TextPool } from "./text-pool";
import { FIELD, FLAG, NOWHERE, NUMBER, type TicketRecords } from "./ticket-records";
import { TrackingBudget, type Tracked } from "./tracking-budget";

/** The limits a table counts by. */
export interface CountingLimits {
  readonly findtime: number;
  readonly maxmatches: number;
}

/**
 * Failures per offender inside findtime. When more offenders or longer lines come than the budget allows, those that
 * were silent longest are forgotten. Tickets are known by their places, good until the next failure is counted.
 */
export class FailureTable implements Tracked {
  #tickets: OpenTickets;
  #records: TicketRecords;
  readonly #budget: TrackingBudget;
  #limits: CountingLimits;
  #text = 0;
  #total = 0;
  #evicted = 0;
  #current = NOWHERE;
  #changed: number[] = [];
  #gone: string[] = [];
  #known = 0;

  /** `seed`: a number that nobody can guess, see `AddressIndex`. */
  constructor(limits: CountingLimits, budget = new TrackingBudget(), seed = 0) {
    this.#limits = limits;
    this.#budget = budget;
    this.#tickets = new OpenTickets(seed);
    this.#records = this.#tickets.records;
    budget.join(this);
  }

  /** Offenders being counted. */
  get size(): number {
    return this.#records.size;
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
   * Counts a failure `count` times, each with its weight, and gives the place of the offender's ticket. One that would
   * have been purged by `now` does not count, whether or not somebody has purged since. `known`: its place, or -1, for
   * who has just looked it up.
   */
  // oxlint-disable-next-line max-params
  add(
    failure: Failure,
    id: string,
    count = 1,
    now = Number.NEGATIVE_INFINITY,
    known = this.#tickets.get(id),
  ): number {
    const records = this.#records;
    if (known === NOWHERE || records.number(known, NUMBER.last) <= now - this.#limits.findtime) {
      if (known !== NOWHERE) {
        this.#drop(known);
      }
      return this.#begin(failure, id, count);
    }
    this.#total++;
    this.#adjust(known, failure.time);
    records.setNumber(known, NUMBER.retry, tidy(this.retryOf(known) + count * weightOf(failure)));
    this.#countFailures(known, Math.max(1, failure.count));
    this.#append(known, failure);
    records.mark(known, FLAG.isFresh);
    this.#change(known);
    this.#current = known;
    this.#budget.enforce();
    return known;
  }

  /**
   * Adds the extra count of an offender known to be bad for the failure just counted.
   * As in fail2ban it counts as one failure more, and repeats the matched lines unless it is the ticket's first.
   */
  weigh(place: number, failure: Failure, extra: number): void {
    const records = this.#records;
    this.#total++;
    records.setNumber(place, NUMBER.retry, tidy(this.retryOf(place) + extra * weightOf(failure)));
    this.#countFailures(place, 1);
    if (!records.is(place, FLAG.isNew)) {
      this.#append(place, failure);
    }
  }

  /** The place of the ticket counted last; -1 when it is gone. */
  get current(): number {
    return this.#current;
  }

  /** The place of the ticket of whoever failed; -1 when there is none. */
  find(failure: Failure): number {
    return this.#tickets.find(failure);
  }

  /** The place of the ticket of an offender; -1 when there is none. */
  get(id: string): number {
    return this.#tickets.get(id);
  }

  /** The ticket at a place, to be looked at before the next failure is counted. */
  view(place: number): TicketView {
    return new TicketView(this.#tickets, place, this.#budget.pool);
  }

  idOf(place: number): string {
    return this.#tickets.idOf(place);
  }

  /** What is compared with maxretry. */
  retryOf(place: number): number {
    return this.#records.number(place, NUMBER.retry);
  }

  /** The rules by which an offender was not ignored, see `IgnoreRules.version`; -1 when none were asked. */
  rulesOf(place: number): number {
    return this.#records.field(place, FIELD.rules);
  }

  setRules(place: number, version: number): void {
    this.#records.setField(place, FIELD.rules, Number.isNaN(version) ? -1 : version);
  }

  /** Takes an offender out. Its ticket remembers nothing any more. */
  take(place: number): void {
    if (place !== NOWHERE) {
      this.#drop(place);
    }
  }

  /** Forgets all whose newest failure is not younger than findtime; totals stay. */
  purge(now: number): void {
    const oldest = now - this.#limits.findtime;
    const records = this.#records;
    for (let place = records.oldest; place !== NOWHERE; ) {
      const next = records.newer(place);
      if (records.number(place, NUMBER.last) <= oldest) {
        this.#drop(place);
      }
      place = next;
    }
    if (records.isRoomy) {
      this.#compact();
    }
    this.#budget.tighten();
  }

  #compact(): void {
    const places = new Map<number, number>();
    this.#tickets = this.#tickets.compact((from, to) => places.set(from, to));
    this.#records = this.#tickets.records;
    this.#current = places.get(this.#current) ?? NOWHERE;
    this.#changed = this.#changed.flatMap((place) => places.get(place) ?? []);
  }

  /**
   * Forgets the longest silent, but never the one just counted. Who was heard of since the last look goes to the end
   * of the row instead: moving everybody at every failure would cost more than counting.
   */
  forgetOldest(): boolean {
    const records = this.#records;
    if (records.size <= 1) {
      return false;
    }
    for (let place = records.oldest; place !== NOWHERE; place = records.oldest) {
      if (!records.is(place, FLAG.isFresh) && place !== this.#current) {
        this.#drop(place);
        this.#evicted++;
        break;
      }
      records.unmark(place, FLAG.isFresh);
      records.renew(place);
    }
    return true;
  }

  /**
   * What has changed since this was asked last, for whoever keeps a copy. The copy has at most `most` offenders;
   * further ones are left out until there is room and they fail again.
   */
  takeChanges(most: number): TicketChanges {
    const records = this.#records;
    const changed: Ticket[] = [];
    for (const place of this.#changed) {
      // Another offender may have the place by now.
      if (!records.is(place, FLAG.isChanged)) {
        continue;
      }
      records.unmark(place, FLAG.isChanged);
      const isKnown = records.is(place, FLAG.isKnown);
      if (isKnown || this.#known < most) {
        this.#known += isKnown ? 0 : 1;
        records.mark(place, FLAG.isKnown);
        changed.push(this.view(place));
      }
    }
    const gone = this.#gone.filter((id) => !this.#isKnown(this.get(id)));
    this.#changed = [];
    this.#gone = [];
    return { changed, gone };
  }

  /** Goes on from a copy. Offenders already counted stay as they are. */
  restore(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) {
      if (this.get(ticket.id) === NOWHERE) {
        this.#known++;
        this.#reopen(ticket);
      }
    }
  }

  move(pool: TextPool, moved: Map<number, number>): void {
    this.#tickets.move(this.#budget.pool, pool, moved);
  }

  /** Gives its share of the budget back; the table is not used any more. */
  close(): void {
    const records = this.#records;
    const { pool } = this.#budget;
    this.#budget.leave(this);
    for (let place = records.oldest; place !== NOWHERE; place = records.oldest) {
      this.#tickets.drop(place, pool);
    }
  }

  /** The tickets, roughly the longest silent first. */
  *list(): Iterable<Ticket> {
    const records = this.#records;
    for (let place = records.oldest; place !== NOWHERE; place = records.newer(place)) {
      yield this.view(place);
    }
  }

  #isKnown(place: number): boolean {
    return place !== NOWHERE && this.#records.is(place, FLAG.isKnown);
  }

  #begin(failure: Failure, id: string, count: number): number {
    const attempts = Math.max(1, failure.count);
    const retry = tidy(Math.max(count, attempts) * weightOf(failure));
    this.#total++;
    const place = this.#put(id, failure, retry);
    this.#change(place);
    return place;
  }

  /** A ticket of an earlier run, as whoever kept it has it. */
  #reopen({ id, ip, groups, first, last, retry, failures, matches }: Ticket): void {
    const place = this.#put(id, { time: last, ip, groups, matches, count: failures }, retry);
    this.#records.setNumber(place, NUMBER.first, first);
    this.#records.unmark(place, FLAG.isNew);
    this.#records.mark(place, FLAG.isKnown);
  }

  #put(id: string, failure: Failure, retry: number): number {
    const place = this.#tickets.begin(id, failure, retry, this.#budget.pool);
    this.#hold(1, this.#textOf(place));
    this.#current = place;
    this.#budget.enforce();
    return place;
  }

  #change(place: number): void {
    if (!this.#records.is(place, FLAG.isChanged)) {
      this.#records.mark(place, FLAG.isChanged);
      this.#changed.push(place);
    }
  }

  #drop(place: number): void {
    if (this.#isKnown(place)) {
      this.#known--;
      this.#gone.push(this.idOf(place));
    }
    this.#hold(-1, -this.#textOf(place));
    this.#tickets.drop(place, this.#budget.pool);
    this.#current = place === this.#current ? NOWHERE : this.#current;
  }

  /** A rate, not a sliding window: what was counted is scaled down to findtime once it reaches further back. */
  #adjust(place: number, time: number): void {
    const records = this.#records;
    if (time <= records.number(place, NUMBER.last)) {
      return;
    }
    const { findtime } = this.#limits;
    const first = records.number(place, NUMBER.first);
    if (first < time - findtime) {
      const retry = this.retryOf(place);
      const rate = (retry / (time - first)) * findtime;
      // Rounded, several light failures far apart would count nothing or a whole one.
      records.setNumber(place, NUMBER.retry, Number.isInteger(retry) ? roundHalfEven(rate) : tidy(rate));
      records.setNumber(place, NUMBER.first, time - findtime);
    }
    records.setNumber(place, NUMBER.last, time);
  }

  #append(place: number, failure: Failure): void {
    this.#hold(0, this.#tickets.append(place, failure, this.#limits.maxmatches, this.#budget.pool));
    this.#records.unmark(place, FLAG.isNew);
  }

  #countFailures(place: number, more: number): void {
    const count = this.#records.field(place, FIELD.failures) + more;
    this.#records.setField(place, FIELD.failures, Math.min(count, MOST_FAILURES));
  }

  #textOf(place: number): number {
    return this.#tickets.textOf(place, this.#budget.pool);
  }

  #hold(offenders: number, text: number): void {
    this.#text += text;
    this.#budget.change(offenders, text);
  }
}

/** What a record has room for. */
const MOST_FAILURES = 2 ** 31 - 1;

function weightOf(failure: Failure): number {
  return failure.weight ?? 1;
}

/** Ten times 0.1 is one, not a little less. */
function tidy(count: number): number {
  return Number.isInteger(count) ? count : Math.round(count * 1e6) / 1e6;
}
