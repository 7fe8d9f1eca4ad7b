import {
  changeFailure,
  isSingle,
  parseOffender,
  type Ban,
  type DomainEvent,
  type Failure,
  type JailSpec,
  type LogSpec,
  type Offender,
  type TicketChanges,
} from "../model";
import { ActionList } from "../action";
import {
  JailState,
  parseIgnoreCache,
  resolveSettings,
  restoreRule,
  type JailCounters,
  type JailSettings,
} from "../jail";
import type { DeskTask } from "./desk";
import { Crowding } from "./crowding";
import { Enforcement } from "./enforcement";
import { ExpiryAlarm } from "./expiry-alarm";
import { watchKnocks } from "./jail-knocks";
import type { KnockWatch } from "./knock-watch";
import { isNewsForActions } from "./action-news";
import { askIgnoreCommand } from "./ignore-command";
import { IgnoreSources } from "./ignore-sources";
import { makeActionContext } from "./jail-actions";
import type { JailNeeds } from "./jail-needs";
import { logNewJail } from "./new-jail-log";
import { LogDiscovery } from "./log-discovery";
import { JailReading } from "./jail-reading";

/** One jail at work: its counters and bans, its actions, and its part of the reader. */
export class LiveJail {
  readonly #needs: JailNeeds;
  readonly #state: JailState;
  readonly #sources: IgnoreSources;
  readonly #alarm: ExpiryAlarm;
  readonly #crowding: Crowding;
  readonly #knocks: KnockWatch;
  #spec: JailSpec;
  #enforcement: Enforcement;
  #reading: JailReading;
  readonly #discovery = new LogDiscovery({
    found: (log) => this.#changeLogs((logs) => [...logs, log]),
    gone: (path) => this.#changeLogs((logs) => logs.filter((log) => log.path !== path)),
  });
  #isStarted = false;
  #isStopped = false;

  /** Makes a jail, not started yet. Throws `WarderError` when its numbers or its filter cannot be used. */
  constructor(spec: JailSpec, needs: JailNeeds) {
    this.#needs = needs;
    this.#spec = spec;
    const { memory } = needs;
    this.#state = new JailState(resolveSettings(spec), {
      history: (id, scope) => memory.history(id, scope === "jail" ? spec.name : undefined),
      random: needs.random,
      budget: needs.budget,
    });
    this.#configureIgnoring(spec);
    this.#sources = new IgnoreSources(this.#state.ignore, needs);
    this.#alarm = new ExpiryAlarm(
      needs.alarms,
      () => this.#state.nextEnd(),
      () => void this.#publish(this.#state.takeExpired(this.#now())),
    );
    this.#crowding = new Crowding(spec.name, needs.log);
    this.#knocks = watchKnocks(this, this.#state, {
      needs,
      publish: (events) => void this.#publish(events),
    });
    this.#enforcement = this.#makeEnforcement(spec);
    this.#reading = this.#makeReading(spec, this.#state.settings.findtime);
  }

  get name(): string {
    return this.#spec.name;
  }

  get spec(): JailSpec {
    return this.#spec;
  }

  /** The numbers in force; times in seconds. */
  get settings(): JailSettings {
    return this.#state.settings;
  }

  /** Seconds of a new ban. */
  get bantime(): number {
    return this.#state.settings.bantime;
  }

  get actions(): ActionList {
    return this.#enforcement.actions;
  }

  /** Bans in force, the first to end first. */
  get bans(): readonly Ban[] {
    return this.#state.bans();
  }

  /** What has become of the bans. */
  get enforcement(): Enforcement {
    return this.#enforcement;
  }

  /** Who is ignored, in the order fail2ban lists it. */
  get ignoreip(): readonly string[] {
    return this.#state.ignore.list.list();
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  get backend(): string {
    return this.#reading.backend;
  }

  counters(): JailCounters {
    return this.#state.counters(this.#needs.clock.now());
  }

  banOf(id: string): Ban | undefined {
    return this.#state.banOf(parseOffender(id).id);
  }

  /** Starts the actions, brings back stored bans, then begins to read. */
  async start(): Promise<void> {
    const { log, memory } = this.#needs;
    this.#isStarted = true;
    logNewJail(this, log);
    memory.addJail(this.name);
    await this.#sources.load();
    const stored = memory.currentBans(this.name, restoreRule(this.#state.settings));
    const events = this.#state.restore(stored, this.#now());
    void this.actions.start(events.flatMap((event) => (event.type === "ban" ? [event.ban] : [])));
    // The firewall is at work then, and to tell of a hundred thousand bans takes as long as that does.
    void this.#publish(await this.#enforcement.announce(events));
    this.#state.restoreTickets(memory.openTickets(this.name), this.#now());
    this.#reading.open();
    this.#discovery.watch(this.#spec.source.patterns ?? []);
    log("INFO", "jail", `Jail '${this.name}' started`);
  }

  /** Regexes not tried until the next reload: they got stuck at too many lines. */
  get outOfService(): readonly string[] {
    return this.#reading.outOfService;
  }

  /** Takes failures the reader found, in the order of their lines. */
  takeFailures(failures: readonly Failure[]): void {
    this.#sources.refresh();
    this.#reading.failed();
    const now = this.#now();
    for (const failure of failures) {
      if (failure.host !== undefined) {
        this.#reading.hold(this.#takeHost(failure, failure.host));
      } else {
        this.#take(failure, now);
      }
    }
    this.#crowding.look(this.#state.evicted, this.#needs.clock.elapsed());
  }

  /** The reader died and another one takes over: reading goes on where it was, behind the line it was stuck at. */
  resumeReading(stuckAt?: DeskTask): void {
    this.#reading.resume(stuckAt);
  }

  /** Takes a place the reader has got to; kept once all failures before it are dealt with. */
  takePosition(path: string, at: { readonly hash: string; readonly position: number }): void {
    this.#reading.reached(path, at);
  }

  /** Makes the jail what the new spec says, touching only what differs. Throws before anything is touched. */
  async change(spec: JailSpec): Promise<void> {
    const settings = resolveSettings(spec);
    const old = this.#spec;
    this.#spec = spec;
    this.#state.update(settings);
    if (!this.#isStarted) {
      this.#prepare(spec, settings.findtime);
      return;
    }
    if (old.ignore !== spec.ignore) {
      this.#configureIgnoring(spec);
      await this.#sources.load();
    }
    this.#reading.change(spec, settings.findtime);
    this.#discovery.watch(spec.source.patterns ?? []);
    if (isNewsForActions(old.actions, spec.actions)) {
      // In their turn: nobody waits here until thousands of bans that were there before are carried out.
      void this.actions.reload(spec.actions, this.bans).then(() => this.#knocks.renew(this.bans));
    }
    this.#alarm.arm();
    this.#knocks.renew(this.bans);
  }

  /** Bans by command; settles when the actions have run. Gives how many were new. */
  async banByCommand(ids: readonly string[]): Promise<number> {
    const events = ids.flatMap((id) => this.#state.ban(parseOffender(id), this.#now()));
    await this.#publish(events);
    this.#needs.memory.writeBans();
    return events.filter((event) => event.type === "ban").length;
  }

  /** Unbans addresses, networks (all that lies in them), names or ids, and forgets them. Gives who was not banned. */
  async unbanByCommand(
    ids: readonly string[],
  ): Promise<{ readonly count: number; readonly absent: readonly string[] }> {
    const absent: string[] = [];
    const events: DomainEvent[] = [];
    for (const id of ids) {
      const found = await this.#findBanned(id);
      for (const banned of new Set([parseOffender(id).id, ...found])) {
        this.#needs.memory.deleteBan(this.name, banned);
      }
      if (found.length === 0) {
        absent.push(id);
        this.#needs.log("MSG", "actions", `${id} is not banned`);
      }
      events.push(...found.flatMap((banned) => this.#state.unban(banned, "command")));
    }
    this.#reading.changed();
    await this.#publish(events);
    return { count: events.length, absent };
  }

  /** Unbans everybody and forgets them. Gives how many there were. */
  async unbanAll(): Promise<number> {
    const bans = this.bans;
    this.#tell(this.#state.unbanAll("command"));
    this.#needs.memory.deleteJailBans(this.name);
    this.#alarm.arm();
    this.#knocks.renew([]);
    await this.#enforcement.flush(bans);
    return bans.length;
  }

  /** Counts a failure by command. False when the offender is ignored. */
  attempt(id: string, messages: readonly string[]): boolean {
    this.#sources.refresh();
    const events = this.#state.attempt(parseOffender(id), messages, this.#now());
    this.#reading.changed();
    void this.#publish(events);
    return events.every((event) => event.type !== "ignored");
  }

  /**
   * Stops reading, takes the bans out of force (they stay in the database) and stops the actions. With `pause`, when it
   * is about to come back, firewalls that can do so keep the bans for a while.
   */
  async stop(how: "stop" | "pause" = "stop"): Promise<void> {
    this.#isStopped = true;
    this.#alarm.stop();
    this.#knocks.stop();
    this.#discovery.stop();
    await this.#reading.close();
    const bans = this.bans;
    this.#tell(this.#state.unbanAll("stop"));
    this.#state.close();
    await this.#enforcement.stop(bans, how);
    this.#needs.memory.disableJail(this.name);
    this.#needs.log("INFO", "jail", `Jail '${this.name}' stopped`);
  }

  /** Before the start there is nothing to keep: the parts are made anew. */
  #prepare(spec: JailSpec, findtime: number): void {
    this.#configureIgnoring(spec);
    this.#enforcement = this.#makeEnforcement(spec);
    this.#reading = this.#makeReading(spec, findtime);
  }

  #makeReading(spec: JailSpec, findtime: number): JailReading {
    const takeTickets = (most: number): TicketChanges => this.#state.takeTicketChanges(most);
    return new JailReading(spec, { findtime, takeTickets }, this.#needs);
  }

  #makeEnforcement(spec: JailSpec): Enforcement {
    return new Enforcement(new ActionList(spec.actions, makeActionContext(this, this.#needs)), this.#state);
  }

  /** A log that a pattern names has come or gone. Each is read once, whoever named it first. */
  #changeLogs(change: (logs: readonly LogSpec[]) => readonly LogSpec[]): void {
    const { source } = this.#spec;
    const logs = change(source.logs);
    const isNew = new Set(logs.map(({ path }) => path)).size === logs.length;
    if (isNew && logs.length !== source.logs.length) {
      this.#spec = { ...this.#spec, source: { ...source, logs } };
      this.#reading.change(this.#spec, this.#state.settings.findtime);
    }
  }

  #now(): number {
    return this.#needs.clock.now();
  }

  #take(failure: Failure, now: number): void {
    const events = this.#state.take(failure, now);
    if (events === "ask") {
      this.#reading.hold(this.#askCommand(failure, parseOffender(failure.id ?? "")));
      return;
    }
    this.#tell(events);
    // Of a storm of failures few lead to anything that would have to be waited for: to more than the first event.
    if (events.length > 1 && events.some(isToDo)) {
      void this.#carryOut(events);
    }
  }

  async #takeHost(failure: Failure, host: string): Promise<void> {
    const addresses = await this.#needs.resolver.addressesOf(host);
    if (addresses.length > 0 && this.#spec.filter.usedns === "warn") {
      const list = addresses.map((address) => `'${address}'`).join(", ");
      this.#needs.log("WARNING", "ipdns", `Determined IP using DNS Lookup: ${host} = {${list}}`);
    }
    for (const address of this.#isStopped ? [] : addresses) {
      this.#take(changeFailure(failure, { id: address }), this.#now());
    }
  }

  async #askCommand(failure: Failure, offender: Offender): Promise<void> {
    const ignored = await askIgnoreCommand(
      this.#spec.ignore.ignorecommand,
      { failure, offender, jail: this },
      this.#needs,
    );
    if (!this.#isStopped) {
      await this.#publish(this.#state.answer(failure, offender, { ignored, now: this.#now() }));
    }
  }

  async #findBanned(text: string): Promise<readonly string[]> {
    const { id, ip } = parseOffender(text);
    if (this.#state.banOf(id)) {
      return [id];
    }
    if (ip) {
      return isSingle(ip) ? [] : this.#state.idsWithin(ip);
    }
    const addresses = await this.#needs.resolver.addressesOf(text);
    return addresses.filter((address) => this.#state.banOf(address));
  }

  /** Tells of events and has the actions carry them out; settles when they have. */
  async #publish(events: readonly DomainEvent[]): Promise<void> {
    this.#tell(events);
    await this.#carryOut(events);
  }

  async #carryOut(events: readonly DomainEvent[]): Promise<void> {
    const work = events.filter(isToDo);
    if (work.length > 0) {
      this.#alarm.arm();
      this.#knocks.take(work);
    }
    await this.#enforcement.carryOut(work);
  }

  #tell(events: readonly DomainEvent[]): void {
    events.forEach((event) => this.#needs.publish(event));
  }

  #configureIgnoring(spec: JailSpec): void {
    const { ignore } = this.#state;
    ignore.ignoreself = spec.ignore.ignoreself;
    ignore.ignorecommand = spec.ignore.ignorecommand;
    ignore.list.clear();
    spec.ignore.ignoreip.forEach((entry) => ignore.list.add(entry));
    ignore.setCache(
      spec.ignore.ignorecache === undefined ? undefined : parseIgnoreCache(spec.ignore.ignorecache),
    );
  }
}

/** Whether actions have to carry an event out; then another ban may be the next to end as well. */
function isToDo({ type }: DomainEvent): boolean {
  return type === "ban" || type === "unban" || type === "prolonged";
}
