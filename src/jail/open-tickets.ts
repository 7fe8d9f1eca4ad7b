import {
  countLines,
  countPackedLines,
  formatDotted,
  isLineCount,
  packFailure,
  parseDotted,
  unpackGroups,
  unpackLines,
  type BanData,
  type Failure,
  type Groups,
  type MatchedLine,
  type Packed,
  type PackedTicket,
  type Ticket,
} from "../model";
import { AddressIndex } from "./address-index";
import { NO_LINK, TextChains } from "./text-chains";
import type { TextPool } from "./text-pool";
import { FIELD, FLAG, NOWHERE, NUMBER, TicketRecords } from "./ticket-records";

/** What a ticket takes for each text beside its characters: its head, and its place in a list. */
const TEXT_BYTES = 40;

const NO_GROUPS: Groups = new Map();

/**
 * Tickets at work, known by their places. What they remember of log lines stays packed in a pool until somebody asks: of
 * thousands who fail few are banned.
 */
export class OpenTickets {
  readonly records = new TicketRecords();
  readonly #chains = new TextChains();
  readonly #seed: number;
  readonly #addresses: AddressIndex;
  /** Offenders that are no IPv4 addresses, and where they are; ids in the other direction. */
  readonly #places = new Map<string, number>();
  readonly #names = new Map<number, string>();
  /** The address where the id is not the address itself. */
  readonly #ips = new Map<number, string>();

  /** Takes a seed that nobody can guess. */
  constructor(seed: number) {
    this.#seed = seed;
    this.#addresses = new AddressIndex(seed);
  }

  /** The place of the ticket of whoever failed; -1 when there is none. */
  find({ address, id = "" }: Pick<Failure, "address" | "id">): number {
    return address === undefined ? this.get(id) : this.#addresses.get(address);
  }

  /** The place of the ticket of an offender; -1 when there is none. */
  get(id: string): number {
    const value = parseDotted(id);
    return value === undefined ? (this.#places.get(id) ?? NOWHERE) : this.#addresses.get(value | 0);
  }

  /** Begins a ticket that is not there, with its first failure. */
  begin(id: string, failure: Failure, retry: number, pool: TextPool): number {
    const { records } = this;
    const place = records.add();
    const packed = failure.packed ?? packFailure(failure);
    records.setNumber(place, NUMBER.first, failure.time);
    records.setNumber(place, NUMBER.last, failure.time);
    records.setNumber(place, NUMBER.retry, retry);
    records.setField(place, FIELD.flags, FLAG.isNew);
    records.setField(place, FIELD.rules, -1);
    records.setField(place, FIELD.failures, Math.max(1, failure.count));
    records.setField(place, FIELD.groups, pool.putGroups(packed));
    records.setField(place, FIELD.head, NO_LINK);
    records.setField(place, FIELD.tail, NO_LINK);
    records.setField(place, FIELD.lines, 0);
    this.#name(place, id, failure);
    this.#add(place, packed, pool);
    return place;
  }

  /** Takes a ticket away, with all that it remembers. */
  drop(place: number, pool: TextPool): void {
    const { records } = this;
    pool.free(this.#field(place, FIELD.groups));
    this.#chains.release(this.#field(place, FIELD.head), pool);
    if (records.is(place, FLAG.isNamed)) {
      this.#places.delete(this.#names.get(place) ?? "");
      this.#names.delete(place);
    } else {
      this.#addresses.delete(this.#field(place, FIELD.address));
    }
    this.#ips.delete(place);
    records.setField(place, FIELD.flags, 0);
    records.remove(place);
  }

  /**
   * Adds the lines of a failure; of all its lines the last `most` are kept. Gives by how many bytes they grew, see
   * `textOf`.
   */
  append(place: number, failure: Failure, most: number, pool: TextPool): number {
    const packed = failure.packed ?? packFailure(failure);
    const head = this.#field(place, FIELD.head);
    const count = countPackedLines(packed);
    const excess = this.#field(place, FIELD.lines) + count - Math.max(0, most);
    const isExchange = excess === count && count > 0 && head !== NO_LINK;
    if (isExchange && countText(pool, this.#chains.text(head)) === count) {
      return this.#exchange(place, packed, pool);
    }
    const added = this.#add(place, packed, pool);
    return excess > 0 ? added - this.#shorten(place, excess, pool) : added;
  }

  /** Takes all texts to another pool; `moved`: what others have taken there already, and where it is now. */
  move(from: TextPool, to: TextPool, moved: Map<number, number>): void {
    const { records } = this;
    for (let place = records.oldest; place !== NOWHERE; place = records.newer(place)) {
      this.#set(place, FIELD.groups, from.move(this.#field(place, FIELD.groups), to, moved));
      for (let link = this.#field(place, FIELD.head); link !== NO_LINK; link = this.#chains.next(link)) {
        this.#chains.set(link, from.move(this.#chains.text(link), to, moved));
      }
    }
  }

  /** The same tickets in as little room as they need; `moved` is told from where to where each went. */
  compact(moved: (from: number, to: number) => void): OpenTickets {
    const others = new OpenTickets(this.#seed);
    for (let place = this.records.oldest; place !== NOWHERE; place = this.records.newer(place)) {
      const copy = others.records.copy(this.records, place);
      others.#chain(copy, this.textsOf(place));
      others.#name(copy, this.idOf(place), { ip: this.ipOf(place) });
      moved(place, copy);
    }
    return others;
  }

  idOf(place: number): string {
    return this.records.is(place, FLAG.isNamed)
      ? (this.#names.get(place) ?? "")
      : formatDotted(this.#field(place, FIELD.address));
  }

  ipOf(place: number): string | undefined {
    return this.#ips.get(place);
  }

  /** The texts of its packed lines, each those of one failure: mostly there is one. */
  textsOf(place: number): readonly number[] {
    return this.#chains.list(this.#field(place, FIELD.head));
  }

  /** About how many bytes its matched lines take. */
  textOf(place: number, pool: TextPool): number {
    let bytes = 0;
    for (let link = this.#field(place, FIELD.head); link !== NO_LINK; link = this.#chains.next(link)) {
      bytes += pool.length(this.#chains.text(link)) + TEXT_BYTES;
    }
    return bytes;
  }

  #field(place: number, field: number): number {
    return this.records.field(place, field);
  }

  #set(place: number, field: number, value: number): void {
    this.records.setField(place, field, value);
  }

  #chain(place: number, texts: readonly number[]): void {
    const [first = NO_LINK, ...others] = texts.map((text) => this.#chains.make(text));
    let last = first;
    for (const link of others) {
      this.#chains.join(last, link);
      last = link;
    }
    this.#set(place, FIELD.head, first);
    this.#set(place, FIELD.tail, last);
  }

  #name(place: number, id: string, { address, ip }: Pick<Failure, "address" | "ip">): void {
    const value = address ?? parseDotted(id);
    if (value === undefined) {
      this.records.mark(place, FLAG.isNamed);
      this.#names.set(place, id);
      this.#places.set(id, place);
    } else {
      this.#set(place, FIELD.address, value);
      this.#addresses.add(value | 0, place);
    }
    if (ip !== undefined) {
      this.#ips.set(place, ip);
    }
  }

  /** By how many bytes its lines grow. */
  #add(place: number, packed: Packed, pool: TextPool): number {
    const count = countPackedLines(packed);
    if (count === 0) {
      return 0;
    }
    const link = this.#chains.make(pool.putLines(packed));
    if (this.#field(place, FIELD.head) === NO_LINK) {
      this.#set(place, FIELD.head, link);
    } else {
      this.#chains.join(this.#field(place, FIELD.tail), link);
    }
    this.#set(place, FIELD.tail, link);
    this.#set(place, FIELD.lines, this.#field(place, FIELD.lines) + count);
    return packed.end - packed.middle + TEXT_BYTES;
  }

  /** What happens nearly always: the lines of one failure come, as many of another go. */
  #exchange(place: number, packed: Packed, pool: TextPool): number {
    const link = this.#field(place, FIELD.head);
    const old = this.#chains.text(link);
    const grown = packed.end - packed.middle - pool.length(old);
    pool.free(old);
    this.#chains.set(link, pool.putLines(packed));
    const next = this.#chains.next(link);
    if (next !== NO_LINK) {
      this.#set(place, FIELD.head, next);
      this.#chains.join(this.#field(place, FIELD.tail), link);
      this.#chains.join(link, NO_LINK);
      this.#set(place, FIELD.tail, link);
    }
    return grown;
  }

  /** Takes lines away, the first ones; by how many bytes they shrink. */
  #shorten(place: number, excess: number, pool: TextPool): number {
    const before = this.textOf(place, pool);
    let left = excess;
    for (let link = this.#field(place, FIELD.head); link !== NO_LINK && left > 0; ) {
      const text = this.#chains.text(link);
      const count = countText(pool, text);
      const rest = count > left ? unpackLines(pool.read(text)).slice(left) : [];
      this.#set(place, FIELD.lines, this.#field(place, FIELD.lines) - count + rest.length);
      pool.free(text);
      left -= count;
      if (rest.length > 0) {
        this.#chains.set(link, pool.putLines(packFailure({ groups: NO_GROUPS, matches: rest })));
        break;
      }
      const next = this.#chains.next(link);
      this.#chains.drop(link);
      this.#set(place, FIELD.head, next);
      link = next;
    }
    return before - this.textOf(place, pool);
  }
}

function countText(pool: TextPool, text: number): number {
  const first = pool.first(text);
  return isLineCount(first) ? first : countLines(pool.read(text));
}

/** A ticket to look at, until the next failure is counted. */
export class TicketView implements Ticket {
  readonly #tickets: OpenTickets;
  readonly #place: number;
  readonly #pool: TextPool;

  constructor(tickets: OpenTickets, place: number, pool: TextPool) {
    this.#tickets = tickets;
    this.#place = place;
    this.#pool = pool;
  }

  get id(): string {
    return this.#tickets.idOf(this.#place);
  }

  get ip(): string | undefined {
    return this.#tickets.ipOf(this.#place);
  }

  get first(): number {
    return this.#tickets.records.number(this.#place, NUMBER.first);
  }

  get last(): number {
    return this.#tickets.records.number(this.#place, NUMBER.last);
  }

  get retry(): number {
    return this.#tickets.records.number(this.#place, NUMBER.retry);
  }

  get failures(): number {
    return this.#tickets.records.field(this.#place, FIELD.failures);
  }

  get groups(): Groups {
    return unpackGroups(this.#pool.read(this.#groups));
  }

  get matches(): readonly MatchedLine[] {
    return this.#texts.flatMap((text) => unpackLines(this.#pool.read(text)));
  }

  get packed(): PackedTicket {
    return [this.#pool.bytes(this.#groups), ...this.#texts.map((text) => this.#pool.bytes(text))];
  }

  /** What a ban keeps of it. */
  get data(): BanData {
    const lines = this.#texts.map((text) => this.#pool.read(text));
    return new TicketData(this.failures, this.#pool.read(this.#groups), lines);
  }

  get #groups(): number {
    return this.#tickets.records.field(this.#place, FIELD.groups);
  }

  get #texts(): readonly number[] {
    return this.#tickets.textsOf(this.#place);
  }
}

/** What a ban remembers, packed until somebody asks. */
class TicketData implements BanData {
  readonly failures: number;
  readonly #groups: string;
  readonly #lines: readonly string[];

  constructor(failures: number, groups: string, lines: readonly string[]) {
    this.failures = failures;
    this.#groups = groups;
    this.#lines = lines;
  }

  get groups(): Groups {
    return unpackGroups(this.#groups);
  }

  get matches(): readonly MatchedLine[] {
    return this.#lines.flatMap(unpackLines);
  }
}
