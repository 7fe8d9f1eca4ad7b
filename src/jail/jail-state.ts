import {
  PERMANENT,
  banEnd,
  changeFailure,
  parseOffender,
  toNumeric,
  type Ban,
  type BanData,
  type DomainEvent,
  type Failure,
  type Ip,
  type MatchedLine,
  type Numeric,
  type Offender,
  type Ticket,
  type TicketChanges,
  type UnbanReason,
} from "../model";
import { candidateOf, type Candidate } from "./ban-candidate";
import { BanList } from "./ban-list";
import { FailureTable } from "./failure-table";
import { NOWHERE } from "./ticket-records";
import { IgnoreRules, type IgnoreVerdict } from "./ignore-rules";
import { increaseBantime, type History, type PastBans, type Random } from "./increment";
import type { JailSettings } from "./settings";
import type { TrackingBudget } from "./tracking-budget";

/** What a jail needs beside its numbers. */
export interface JailNeeds {
  /** Bans before; without it (no database) bans do not grow. */
  readonly history?: History;
  /** For `bantime.rndtime` and formulas. */
  readonly random: Random;
  /** How many offenders may be counted at once, together with all jails that share it; default one of its own. */
  readonly budget?: TrackingBudget;
}

/** The numbers `status` shows. `evicted`: offenders forgotten because too many were counted at once. */
export interface JailCounters {
  readonly currentlyFailed: number;
  readonly totalFailed: number;
  readonly currentlyBanned: number;
  readonly totalBanned: number;
  readonly evicted: number;
}

/** Who has failed: the id in normal form, and the place of the ticket where it has just been looked up. */
interface Failing {
  readonly id: string;
  readonly known?: number | undefined;
}

/** Old failures are looked for at most this often, in seconds. */
const PURGE_INTERVAL = 5;
/**
 * Failures are forgotten when they are this many seconds older than findtime. fail2ban does it at no fixed moment: within
 * some 20 seconds, so that a failure just too old still takes part.
 */
const PURGE_DELAY = 5;
const MAX_WEIGHT_DOUBLINGS = 20;
const NO_EVENTS: readonly DomainEvent[] = [];
/** One for all bans by command. */
const NO_FAILURES: BanData = { matches: [], failures: 0, groups: new Map() };

/**
 * What one jail knows: who failed how often, and who is banned until when. Each method takes the time and gives
 * what happened; nothing happens by itself.
 */
export class JailState {
  readonly ignore = new IgnoreRules();
  readonly #failures: FailureTable;
  readonly #bans = new BanList();
  readonly #needs: JailNeeds;
  #settings: JailSettings;
  #totalBanned = 0;
  #purged = 0;

  constructor(settings: JailSettings, needs: JailNeeds) {
    this.#settings = settings;
    this.#needs = needs;
    this.#failures = new FailureTable(settings, needs.budget, Math.floor(needs.random() * 2 ** 32));
  }

  /** The numbers in force. */
  get settings(): JailSettings {
    return this.#settings;
  }

  /** Takes other numbers; counters and bans stay. Bans without a time of their own follow a new bantime. */
  update(settings: JailSettings): void {
    const isOther = settings.bantime !== this.#settings.bantime;
    this.#settings = settings;
    this.#failures.update(settings);
    if (isOther) {
      // DIFFERS: a shorter bantime unbans in time; fail2ban waits until the end it knew before.
      this.#bans.setBantime(settings.bantime);
    }
  }

  /** What the ignore rules say; see `IgnoreVerdict`. */
  verdict(failure: Failure, offender: Offender, now: number): IgnoreVerdict {
    return this.ignore.check(offender, now, failure);
  }

  /** A failure came: ignores or counts it, and bans. Counts also where `ignorecommand` would have to be asked. */
  fail(failure: Failure, offender: Offender, now: number): DomainEvent[] {
    const verdict = this.verdict(failure, offender, now);
    return isIgnored(verdict) ? this.#ignored(verdict, offender) : this.count(failure, offender, now);
  }

  /**
   * A failure as a reader gives it, its id in normal form: as `fail`, but `ask` where `ignorecommand` has to be run.
   * Who is being counted was not ignored, and is not as long as the rules are the same: neither they are asked nor
   * the id is read again then.
   */
  take(failure: Failure, now: number): readonly DomainEvent[] | "ask" {
    const { version } = this.ignore;
    this.#purgeSometimes(now);
    const known = this.#failures.find(failure);
    const id = failure.id ?? "";
    if (known !== NOWHERE && this.#failures.rulesOf(known) === version) {
      return this.#found(failure, { id, known }, now);
    }
    const verdict = this.ignore.isClear(id) ? undefined : this.verdict(failure, parseOffender(id), now);
    if (verdict === "ask") {
      return verdict;
    }
    if (verdict !== undefined) {
      return this.#ignored(verdict, parseOffender(id));
    }
    const events = this.#found(failure, { id, known }, now);
    const { current } = this.#failures;
    if (current !== NOWHERE) {
      this.#failures.setRules(current, version);
    }
    return events;
  }

  /** What `ignorecommand` said about a failure: remembers it, and counts the failure unless it is ignored. */
  answer(failure: Failure, offender: Offender, said: { ignored: boolean; now: number }): DomainEvent[] {
    this.ignore.remember(offender, said.ignored, said.now, failure);
    return said.ignored ? this.#ignored("command", offender) : this.count(failure, offender, said.now);
  }

  /** Counts a failure that is not ignored, and bans when it is one too many. */
  count(failure: Failure, offender: Offender, now: number): DomainEvent[] {
    return this.#found(failure, { id: offender.id }, now);
  }

  /** The command `attempt`: counts one failure per message, at least one. Empty when nothing came of it. */
  attempt(offender: Offender, messages: readonly MatchedLine[], now: number): DomainEvent[] {
    const verdict = this.ignore.check(offender, now);
    if (isIgnored(verdict)) {
      return this.#ignored(verdict, offender);
    }
    const failure = { time: now, id: offender.id, groups: new Map(), matches: messages, count: 1 };
    return [...this.#count(failure, { id: offender.id }, { now, count: Math.max(1, messages.length) })];
  }

  /** The command `banip`: bans at once, whatever the ignore rules say. */
  ban(offender: Offender, now: number): DomainEvent[] {
    return this.#ban({ offender, time: now, data: NO_FAILURES }, now);
  }

  /**
   * Lists bans of an earlier run again, except those that are over or ignored by now. `ignorecommand` is not asked:
   * who wants its word on a restored ban asks it before.
   */
  restore(bans: readonly Ban[], now: number): DomainEvent[] {
    const events: DomainEvent[] = [];
    for (const ban of bans) {
      const verdict = this.ignore.check(ban.offender, now);
      const isOut = isIgnored(verdict);
      events.push(...(isOut ? this.#ignored(verdict, ban.offender) : this.#restore(this.#shorten(ban), now)));
    }
    return events;
  }

  /** A ban with as many matches as are kept; itself where there are no more. */
  #shorten(ban: Ban): Ban {
    const { matches } = ban.data;
    const most = Math.max(0, this.#settings.maxmatches);
    const isShort = matches.length <= most;
    return isShort ? ban : { ...ban, data: { ...ban.data, matches: matches.slice(matches.length - most) } };
  }

  /** Unbans one offender; empty when it is not banned. */
  unban(id: string, why: UnbanReason): DomainEvent[] {
    const ban = this.#bans.remove(id);
    return ban ? [{ type: "unban", ban, why }] : [];
  }

  /** Makes a ban longer: so many seconds from now. */
  prolong(id: string, now: number, bantime: number): DomainEvent[] {
    const ban = this.#bans.get(id);
    return ban ? this.#prolong(ban, now, bantime).filter(({ type }) => type === "prolonged") : [];
  }

  /** Unbans all offenders inside a network. */
  unbanWithin(network: Ip, why: UnbanReason): DomainEvent[] {
    return this.#bans.idsWithin(network).flatMap((id) => this.unban(id, why));
  }

  /** Ids of the banned offenders inside a network. */
  idsWithin(network: Ip): string[] {
    return this.#bans.idsWithin(network);
  }

  /** Unbans everybody. */
  unbanAll(why: UnbanReason): DomainEvent[] {
    return this.#bans.list().flatMap((ban) => this.unban(ban.offender.id, why));
  }

  /** Unbans those whose time is over, the earliest first, at most `limit`. */
  takeExpired(now: number, limit?: number): DomainEvent[] {
    return this.#bans.takeExpired(now, limit).map((ban) => ({ type: "unban", ban, why: "expiry" }));
  }

  /** When the next ban ends (it is taken after, not at that time); infinity when none does. */
  nextEnd(): number {
    return this.#bans.nextEnd();
  }

  /** The ban of an offender. */
  banOf(id: string): Ban | undefined {
    return this.#bans.get(id);
  }

  /** All bans, the first to end first. */
  bans(): Ban[] {
    return this.#bans.listByEnd();
  }

  /** Who is being counted, the longest silent first. Forgets old failures before. */
  failures(now: number): Iterable<Ticket> {
    this.purge(now);
    return this.#failures.list();
  }

  /** What has become of the tickets since this was asked last; whoever keeps a copy gets at most `most` of them. */
  takeTicketChanges(most: number): TicketChanges {
    return this.#failures.takeChanges(most);
  }

  /** Goes on counting where an earlier run left off; what is older than findtime is forgotten again. */
  restoreTickets(tickets: readonly Ticket[], now: number): void {
    this.#failures.restore(tickets);
    this.purge(now - PURGE_DELAY);
  }

  /** The numbers for `status`. Forgets old failures before. */
  counters(now: number): JailCounters {
    this.purge(now);
    return {
      currentlyFailed: this.#failures.size,
      totalFailed: this.#failures.total,
      currentlyBanned: this.#bans.size,
      totalBanned: this.#totalBanned,
      evicted: this.#failures.evicted,
    };
  }

  /** Offenders forgotten because too many were counted at once. */
  get evicted(): number {
    return this.#failures.evicted;
  }

  /** The jail ends: what it counted takes no room any more. */
  close(): void {
    this.#failures.close();
  }

  /** Forgets failures older than findtime. */
  purge(now: number): void {
    this.#failures.purge(now);
  }

  #ignored(verdict: IgnoreVerdict, offender: Offender): DomainEvent[] {
    if (verdict === undefined || verdict === "cached" || verdict === "ask") {
      return [];
    }
    return [{ type: "ignored", jail: this.#settings.name, id: offender.id, reason: verdict }];
  }

  #found(failure: Failure, who: Failing, now: number): DomainEvent[] {
    const time = Math.min(failure.time, now);
    const counted = time === failure.time ? failure : changeFailure(failure, { time });
    const found: DomainEvent = { type: "found", jail: this.#settings.name, id: who.id, failure: counted };
    const events = this.#count(counted, who, { now, count: failure.count });
    return events.length === 0 ? [found] : [found, ...events];
  }

  #count(
    failure: Failure,
    { id, known }: Failing,
    { now, count }: { readonly now: number; readonly count: number },
  ): readonly DomainEvent[] {
    const { maxretry, increment } = this.#settings;
    this.#purgeSometimes(now);
    const failures = this.#failures;
    const place = failures.add(failure, id, count, failure.time - PURGE_DELAY, known);
    const isFull = failures.retryOf(place) >= maxretry;
    const weighted = !isFull && increment ? this.#weigh(place, failure) : NO_EVENTS;
    if (failures.retryOf(place) < maxretry) {
      return weighted;
    }
    const candidate = candidateOf(failures.view(place), failure);
    failures.take(place);
    return [...weighted, ...this.#ban(candidate, now)];
  }

  /** A failure of somebody banned before counts for more. */
  #weigh(place: number, failure: Failure): DomainEvent[] {
    const { name, maxretry, increment } = this.#settings;
    const id = this.#failures.idOf(place);
    const past = increment && this.#needs.history?.(id, "jail");
    if (!past || past.bancount <= 0 || failure.time <= past.timeofban) {
      return [];
    }
    const full = 2 ** Math.min(past.bancount, MAX_WEIGHT_DOUBLINGS) / 2 + 1;
    const factor = full > maxretry ? toNumeric(maxretry) : { value: full, isFloat: true };
    if (factor.value <= 1 || failure.weight === 0) {
      return [];
    }
    this.#failures.weigh(place, failure, factor.value - 1);
    const weight =
      failure.weight === undefined ? factor : { value: factor.value * failure.weight, isFloat: true };
    const ban = this.#failures.retryOf(place) >= maxretry;
    return [{ type: "weighted", jail: name, id, time: failure.time, bancount: past.bancount, weight, ban }];
  }

  #ban(candidate: Candidate, now: number): DomainEvent[] {
    const { name } = this.#settings;
    const { offender, time, bantime = this.#settings.bantime } = candidate;
    if (banEnd({ time, bantime }) < now) {
      return [{ type: "expired", jail: name, id: offender.id }];
    }
    const listed = this.#bans.get(offender.id);
    if (listed) {
      return this.#prolong(listed, time, bantime);
    }
    const past = bantime > 0 ? this.#pastBans(offender.id) : undefined;
    const to = past && this.#increase(bantime, past);
    const ban: Ban = {
      jail: name,
      offender,
      ...(candidate.ip === undefined ? {} : { ip: candidate.ip }),
      time,
      // DIFFERS: the grown time is in force from the start; fail2ban bans for the base time and prolongs later.
      bantime: to?.value ?? bantime,
      bancount: past ? past.bancount + 1 : 1,
      // A ban not newer than the stored one comes of lines read a second time.
      restored: past !== undefined && time <= past.timeofban,
      data: candidate.data,
    };
    this.#list(ban, to !== undefined || candidate.bantime !== undefined);
    const isBan: DomainEvent = { type: "ban", ban };
    return to && past ? [isBan, { type: "increased", ban, ...past, from: toNumeric(bantime), to }] : [isBan];
  }

  #pastBans(id: string): PastBans | undefined {
    const { increment } = this.#settings;
    const past = increment && this.#needs.history?.(id, increment.overalljails ? "all" : "jail");
    return past && past.bancount > 0 ? past : undefined;
  }

  #increase(bantime: number, past: PastBans): Numeric | undefined {
    const { increment } = this.#settings;
    return increment && increaseBantime(increment, bantime, past.bancount, this.#needs.random);
  }

  #restore(ban: Ban, now: number): DomainEvent[] {
    if (banEnd(ban) < now) {
      return [{ type: "expired", jail: this.#settings.name, id: ban.offender.id }];
    }
    const listed = this.#bans.get(ban.offender.id);
    if (listed) {
      return this.#prolong(listed, ban.time, ban.bantime);
    }
    const again: Ban = { ...ban, jail: this.#settings.name, bancount: ban.bancount + 1, restored: true };
    this.#list(again, true);
    return [{ type: "ban", ban: again }];
  }

  #list(ban: Ban, own: boolean): void {
    this.#bans.put(ban, own);
    this.#totalBanned++;
  }

  #prolong(listed: Ban, time: number, bantime: number): DomainEvent[] {
    if (banEnd({ time, bantime }) <= banEnd(listed)) {
      return [{ type: "already-banned", ban: listed, time }];
    }
    const longer = bantime === PERMANENT ? PERMANENT : bantime + Math.max(0, time - listed.time);
    const ban = { ...listed, bantime: longer };
    this.#bans.put(ban, true);
    return [
      { type: "prolonged", ban, by: { time, bantime } },
      { type: "already-banned", ban, time },
    ];
  }

  #purgeSometimes(now: number): void {
    if (now < this.#purged || now - this.#purged >= PURGE_INTERVAL) {
      this.#purged = now;
      this.#failures.purge(now - PURGE_DELAY);
    }
  }
}

function isIgnored(verdict: IgnoreVerdict): boolean {
  return verdict !== undefined && verdict !== "ask";
}
