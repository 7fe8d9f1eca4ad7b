import type { ActionSpec, ActionValue, Ban } from "../model";
import { failed, SKIPPED, type Action, type ActionOutcome, type BanTarget } from "./action";
import type { ActionContext } from "./action-context";
import { ReportBuilder, settle, type ActionReport, type BanOperation } from "./action-report";
import { addressOf, createBanTarget } from "./ban-tags";
import { callAction, createGivenTarget, type GivenTags } from "./manual-call";
import { formatId } from "./messages";
import { createThreadedAction } from "./notices/create-threaded-action";
import { createNativeAction } from "./native-actions";
import type { KnockPolicy } from "./native-knocking";
import { ShellAction } from "./shell-action";
import { split, splitBy } from "./split";
import { Turns } from "./turns";
import { UnsupportedAction } from "./unsupported-action";

const LOGGER = "actions";

/** Makes the action of a spec. */
export type ActionFactory = (spec: ActionSpec, context: ActionContext) => Action;

/**
 * Shell actions for specs of commands, a native firewall for those whose property `native` names one, a placeholder
 * that says so for those written in Python; notices and JavaScript modules run in threads.
 */
export const createAction: ActionFactory = (spec, context) => {
  const threaded = createThreadedAction(spec, context);
  if (threaded) {
    return threaded;
  }
  if (spec.script) {
    return new UnsupportedAction(spec);
  }
  return createNativeAction(nativeOf(spec), spec, context) ?? new ShellAction(spec, context);
};

function nativeOf(spec: ActionSpec | undefined): ActionValue | undefined {
  return spec?.properties.get("native");
}

/**
 * The actions of one jail in their order. Operations asked for at the same time run one after the other, in the order
 * they were asked for; none of them ever rejects. Only actions that are `concurrent` get bans and unbans as they come,
 * each at once, though never while the list starts, stops, flushes, checks or reloads.
 */
export class ActionList {
  readonly #context: ActionContext;
  readonly #factory: ActionFactory;
  #actions: readonly Action[];
  #specs: ReadonlyMap<string, ActionSpec>;
  readonly #turns = new Turns();
  /** Of each action: its own epoch when last seen, and the epoch of the list at its last repair. */
  readonly #repairs = new WeakMap<Action, { readonly own: number; readonly list: number }>();
  #epoch = 0;

  constructor(specs: readonly ActionSpec[], context: ActionContext, factory: ActionFactory = createAction) {
    this.#context = context;
    this.#factory = factory;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    this.#actions = [...this.#specs.values()].map((spec) => factory(spec, context));
  }

  get names(): readonly string[] {
    return this.#actions.map((action) => action.name);
  }

  /** Grows whenever one of the actions was repaired, so that bans made before may have to be made again. */
  get epoch(): number {
    return this.#epoch;
  }

  get(name: string): Action | undefined {
    return this.#actions.find((action) => action.name === name);
  }

  /** Adds an action at the end without starting it; false when there is one of that name. */
  add(spec: ActionSpec): boolean {
    if (this.get(spec.name)) {
      return false;
    }
    this.#specs = new Map([...this.#specs, [spec.name, spec]]);
    this.#actions = [...this.#actions, this.#factory(spec, this.#context)];
    return true;
  }

  /** `bans` are those that will be asked for next. */
  start(bans: readonly Ban[] = []): Promise<ActionReport> {
    return this.#enqueue(async (report) => {
      for (const action of this.#actions) {
        const wanted = action.norestored ? bans.filter(({ restored }) => !restored) : bans;
        await report.one(action, "start", () => action.start(wanted));
      }
    });
  }

  /** Takes a ban back that has not been asked for, where an action has been ahead of that. */
  forget(ban: Ban): Promise<ActionReport> {
    return this.#enqueueFor("unban", ban, (action) => action.isAhead?.(ban) === true);
  }

  /** Bans in every action, except a restored ban in actions that want none. */
  ban(ban: Ban): Promise<ActionReport> {
    return this.#enqueueFor("ban", ban);
  }

  /**
   * As `ban` for each of many, with less to remember on the way. Gives those that could not be banned, by the ids of the
   * offenders, with the reason.
   */
  async banMany(bans: readonly Ban[]): Promise<ReadonlyMap<string, string>> {
    const isQuick = (action: Action): boolean => action.concurrent === true && action.banMany !== undefined;
    const reports = [this.#turns.together(() => this.#banQuickly(this.#actions.filter(isQuick), bans))];
    if (!this.#turns.isOpen || !this.#actions.every(isQuick)) {
      reports.push(this.#banEach(bans, (action) => !isQuick(action)));
    }
    const failures = (await Promise.all(reports)).flatMap((report) => report.failures);
    return new Map(failures.flatMap(({ ban, message }) => (ban ? [[ban.offender.id, message]] : [])));
  }

  unban(ban: Ban): Promise<ActionReport> {
    return this.#enqueueFor("unban", ban);
  }

  prolong(ban: Ban): Promise<ActionReport> {
    return this.#enqueueFor("prolong", ban);
  }

  /** Bans again in the actions that were repaired after the list had that epoch. */
  reban(ban: Ban, sinceEpoch = -1): Promise<ActionReport> {
    const isAffected = (action: Action): boolean => (this.#repairs.get(action)?.list ?? 0) > sinceEpoch;
    void this.#turns.inOrder(() => {
      this.#logReban(ban, this.#actions.filter(isAffected));
      return Promise.resolve();
    });
    return this.#enqueueFor("reban", ban, isAffected);
  }

  /** Takes all bans back: at once in actions that can, one by one in the others. */
  flush(bans: Iterable<Ban>): Promise<ActionReport> {
    const current = [...bans];
    return this.#enqueue((report) => this.#flush(report, this.#actions, current, false));
  }

  /** Takes all bans back and stops all actions, the last one first. */
  stop(bans: Iterable<Ban>): Promise<ActionReport> {
    const current = [...bans];
    return this.#enqueue((report) => this.#stop(report, this.#actions, current));
  }

  /** As `stop`, but bans stay in force for a while in actions that can do so: they are about to come back. */
  pause(bans: Iterable<Ban>): Promise<ActionReport> {
    const current = [...bans];
    return this.#enqueue(async (report) => {
      const [kept, others] = splitBy(this.#actions, (action) => action.pause !== undefined);
      await this.#stop(report, others, current);
      for (const action of [...kept].reverse()) {
        await report.one(action, "stop", () => action.pause?.() ?? SKIPPED);
      }
    });
  }

  /** Offenders whose ban one of the actions has lost, with the reason. */
  get lost(): ReadonlyMap<string, string> {
    return new Map(this.#actions.flatMap((action) => [...(action.lost ?? [])]));
  }

  /** What becomes of bans by what the banned send: the first action that says so. */
  get knocking(): KnockPolicy | undefined {
    return this.#actions.find(({ knocking }) => knocking !== undefined)?.knocking;
  }

  /** Packets of each banned address, as far as an action counts them. */
  async packets(): Promise<ReadonlyMap<string, number>> {
    const counted = await Promise.all(this.#actions.map(async (action) => (await action.packets?.()) ?? []));
    const sums = new Map<string, number>();
    for (const [address, packets] of counted.flatMap((counts) => [...counts])) {
      sums.set(address, (sums.get(address) ?? 0) + packets);
    }
    return sums;
  }

  /** Checks every action and repairs what is broken. */
  check(): Promise<ActionReport> {
    return this.#enqueue((report) => report.each(this.#actions, "check"));
  }

  /**
   * Calls one method of one action as `set JAIL action A METHOD {tag: value …}` does, whatever the state of the jail.
   * `undefined` when there is no such action or method.
   */
  call(name: string, method: string, given: GivenTags = new Map()): Promise<ActionOutcome | undefined> {
    return this.#turns.alone(async () => {
      const action = this.get(name);
      if (!action) {
        return undefined;
      }
      const outcome = await settle(async () =>
        method === "reload"
          ? action.reload(this.#currentSpec(action))
          : callAction(action, method, createGivenTarget(given, this.#context)),
      );
      this.#noteRepairs();
      return outcome;
    });
  }

  /** Takes one action out, with its bans; `undefined` when there is none of that name. */
  async remove(name: string, bans: Iterable<Ban>): Promise<ActionReport | undefined> {
    const action = this.get(name);
    const current = [...bans];
    if (!action) {
      return undefined;
    }
    return this.#enqueue(async (report) => {
      // Only now: bans asked for before must still reach the action, or its unbans would find nothing.
      this.#actions = this.#actions.filter((other) => other !== action);
      this.#specs = new Map([...this.#specs].filter(([other]) => other !== name));
      await this.#stop(report, [action], current);
    });
  }

  /**
   * Takes over a new configuration: actions it no longer has give their bans back and stop, known ones get their new
   * properties, new ones are started and get the current bans (as restored ones: they are not news).
   * DIFFERS: fail2ban drops actions that are new in a reload until the jail is restarted.
   */
  reload(specs: readonly ActionSpec[], bans: Iterable<Ban>): Promise<ActionReport> {
    // Now, not in its turn: bans asked for after this run with the new actions anyway.
    const current = [...bans];
    return this.#enqueue(async (report) => {
      const wanted = new Map(specs.map((spec) => [spec.name, spec]));
      const isKept = (action: Action): boolean => this.#isSameKind(action.name, wanted.get(action.name));
      const kept = this.#actions.filter(isKept);
      await this.#stop(
        report,
        this.#actions.filter((action) => !isKept(action)),
        current,
      );
      for (const action of kept) {
        const spec = wanted.get(action.name);
        await report.one(action, "reload", () => (spec ? action.reload(spec) : SKIPPED));
      }
      const added: Action[] = [];
      this.#actions = [...wanted.values()].map((spec) => {
        const known = kept.find((action) => action.name === spec.name);
        return known ?? push(added, this.#factory(spec, this.#context));
      });
      this.#specs = wanted;
      await this.#fill(report, added, current);
    });
  }

  #logReban(ban: Ban, affected: readonly Action[]): void {
    const only = affected.length === 1 ? `, action '${affected[0]?.name ?? ""}'` : "";
    this.#context.log(
      "NOTICE",
      LOGGER,
      `[${this.#context.jail.name}] Reban ${formatId(addressOf(ban))}${only}`,
    );
  }

  #isSameKind(name: string, spec: ActionSpec | undefined): boolean {
    const old = this.#specs.get(name);
    return spec !== undefined && old?.script?.file === spec.script?.file && nativeOf(old) === nativeOf(spec);
  }

  async #fill(report: ReportBuilder, actions: readonly Action[], bans: readonly Ban[]): Promise<void> {
    await report.each(actions, "start");
    await this.#forEach(actions, bans, (some, ban) =>
      report.eachFor(some, "ban", this.#target({ ...ban, restored: true })),
    );
  }

  async #stop(report: ReportBuilder, actions: readonly Action[], bans: Iterable<Ban>): Promise<void> {
    await this.#flush(report, actions, bans, true);
    await report.each([...actions].reverse(), "stop");
  }

  async #flush(
    report: ReportBuilder,
    actions: readonly Action[],
    bans: Iterable<Ban>,
    stopping: boolean,
  ): Promise<void> {
    for (const action of actions.filter((action) => action.canFlush)) {
      await this.#flushAction(report, action, stopping);
    }
    const others = actions.filter((action) => !action.canFlush);
    await this.#forEach(others, bans, (some, ban) => report.eachFor(some, "unban", this.#target(ban)));
  }

  /** Does the same for many bans: all at once in actions that are concurrent, one by one in the others. */
  async #forEach(
    actions: readonly Action[],
    bans: Iterable<Ban>,
    work: (actions: readonly Action[], ban: Ban) => Promise<void>,
  ): Promise<void> {
    const [concurrent, others] = split(actions);
    const started = concurrent.length > 0 ? [...bans].map((ban) => work(concurrent, ban)) : [];
    for (const ban of others.length > 0 ? bans : []) {
      await work(others, ban);
    }
    await Promise.all(started);
  }

  async #flushAction(report: ReportBuilder, action: Action, stopping: boolean): Promise<void> {
    const { log, jail } = this.#context;
    log("NOTICE", LOGGER, `[${jail.name}] Flush ticket(s) with ${action.name}`);
    const outcome = await report.one(action, "flush", () => action.flush());
    if (outcome.status === "failed") {
      log("INFO", LOGGER, "No flush occurred, do consistency check");
      await report.one(action, "check", () => action.check(stopping ? "report" : "repair"));
    }
  }

  #target(ban: Ban): BanTarget {
    return createBanTarget(ban, this.#context);
  }

  #enqueue(work: (report: ReportBuilder) => Promise<void>): Promise<ActionReport> {
    return this.#turns.alone(async () => {
      const report = new ReportBuilder(this.#context);
      await work(report);
      report.repaired.push(...this.#noteRepairs());
      return report;
    });
  }

  async #banQuickly(actions: readonly Action[], bans: readonly Ban[]): Promise<ActionReport> {
    const report = new ReportBuilder(this.#context);
    for (const action of actions) {
      const wanted = action.norestored ? bans.filter(({ restored }) => !restored) : bans;
      const failures = (await action.banMany?.(wanted)) ?? new Map<string, string>();
      for (const ban of failures.size > 0 ? wanted : []) {
        const message = failures.get(ban.offender.id);
        if (message !== undefined) {
          await report.one(action, "ban", () => failed(message), this.#target(ban));
        }
      }
    }
    report.repaired.push(...this.#noteRepairs());
    return report;
  }

  /** As `#enqueueFor` for each of them, which are asked for at once; where no action is meant it costs next to nothing. */
  async #banEach(bans: readonly Ban[], isMeant: (action: Action) => boolean): Promise<ActionReport> {
    const report = new ReportBuilder(this.#context);
    const one = async (actions: readonly Action[], ban: Ban): Promise<void> => {
      await report.eachFor(actions, "ban", this.#target(ban));
      report.repaired.push(...this.#noteRepairs());
    };
    const together = this.#turns.together(async () => {
      const groups = split(this.#actions.filter(isMeant))[0].map((action) => [action]);
      await Promise.all(groups.flatMap((group) => bans.map((ban) => one(group, ban))));
    });
    const inOrder = this.#turns.inOrder(async () => {
      const actions = split(this.#actions.filter(isMeant))[1];
      for (const ban of actions.length > 0 ? bans : []) {
        await one(actions, ban);
      }
    });
    await Promise.all([together, inOrder]);
    return report;
  }

  async #enqueueFor(
    operation: BanOperation,
    ban: Ban,
    isMeant: (action: Action) => boolean = () => true,
  ): Promise<ActionReport> {
    const report = new ReportBuilder(this.#context);
    const target = this.#target(ban);
    const run = async (part: 0 | 1): Promise<void> => {
      const actions = split(this.#actions.filter(isMeant))[part];
      // Actions that are concurrent do not wait for each other either: a slow service must not delay a firewall.
      const groups = part === 0 && actions.length > 1 ? actions.map((action) => [action]) : [actions];
      await Promise.all(groups.map((group) => report.eachFor(group, operation, target)));
      report.repaired.push(...this.#noteRepairs());
    };
    const together = this.#turns.together(() => run(0));
    // Nothing changes the list before its turn when it is open now.
    const isAll = this.#turns.isOpen && this.#actions.every((action) => action.concurrent === true);
    await (isAll ? together : Promise.all([together, this.#turns.inOrder(() => run(1))]));
    return report;
  }

  /** With the properties somebody set by hand since. */
  #currentSpec(action: Action): ActionSpec {
    const spec = this.#specs.get(action.name) ?? { name: action.name, properties: new Map() };
    return action instanceof ShellAction ? { ...spec, properties: action.properties } : spec;
  }

  #noteRepairs(): readonly string[] {
    const repaired = this.#actions.filter((action) => action.epoch > (this.#repairs.get(action)?.own ?? 0));
    for (const action of repaired) {
      this.#repairs.set(action, { own: action.epoch, list: ++this.#epoch });
    }
    return repaired.map((action) => action.name);
  }
}

function push<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}
