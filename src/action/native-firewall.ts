import type { ActionSpec, Ban, Ip } from "../model";
import {
  APPLIED,
  failed,
  SKIPPED,
  type Action,
  type ActionOutcome,
  type BanTarget,
  type CheckMode,
} from "./action";
import type { ActionContext } from "./action-context";
import { ActionProperties } from "./action-properties";
import { GroupCommit } from "./group-commit";
import { isFailure, type Backend, type FirewallFailure, type Ruleset } from "./native-backend";
import { cutConnections } from "./native-cut";
import { readKnockPolicy, type KnockPolicy } from "./native-knocking";
import { blockedIp } from "./native-elements";
import { AheadBans } from "./native-ahead";
import { FirewallKeeper } from "./native-keeper";
import { concerns, describeKept, keptSeconds, openRuleset } from "./native-rules";
import type { FirewallEvent, WatchListener } from "./native-watch";

const LOGGER = "actions";
/** Seconds that bans of an earlier run stay in force at least until the database has told which of them go on. */
const INHERITED = 300;
/** Seconds after which a firewall that could not be mended is tried again. */
const RETRY = 10;
/** From so many on bans are carried out at the start, all in one transaction. */
const MANY = 1000;

/** One ban or unban on its way to the kernel. */
interface Operation {
  readonly ip: Ip;
  readonly ban: Ban;
  readonly isBan: boolean;
  readonly settle: (outcome: ActionOutcome, ban: Ban) => void;
}

/**
 * Blocks offenders with a firewall of the kernel: for each jail rules that look into sets whose elements end by
 * themselves. All operations that come while the firewall is at work go into its next transaction together.
 * What others do to its rules is noticed and mended.
 */
export class NativeFirewall implements Action {
  readonly name: string;
  readonly canFlush = true;
  readonly concurrent = true;
  readonly #context: ActionContext;
  readonly #backend: Backend;
  readonly #properties: ActionProperties;
  readonly #queue = new GroupCommit<Operation>((operations) => this.#commit(operations));
  #keeper: FirewallKeeper | undefined;
  #unsubscribe: (() => void) | undefined;
  readonly #ahead = new AheadBans();
  #epoch = 0;
  #hasLost = false;

  constructor(spec: ActionSpec, context: ActionContext, backend: Backend) {
    this.name = spec.name;
    this.#context = context;
    this.#backend = backend;
    this.#properties = new ActionProperties(spec);
  }

  get norestored(): boolean {
    return this.#properties.isOn("norestored");
  }

  /** Grows when everything was made anew after bans could not be made. */
  get epoch(): number {
    return this.#epoch;
  }

  get knocking(): KnockPolicy | undefined {
    const policy = this.#backend.counts ? readKnockPolicy(this.#properties.all) : undefined;
    return typeof policy === "string" ? undefined : policy;
  }

  get lost(): ReadonlyMap<string, string> {
    const keeper = this.#keeper;
    const entries = [...(keeper?.refused ?? [])].flatMap(([key, reason]) =>
      (keeper?.elements.idsOf(key) ?? []).map((id): [string, string] => [id, reason]),
    );
    return new Map(entries);
  }

  start(bans: readonly Ban[] = []): Promise<ActionOutcome> {
    return this.#queue.alone(() => this.#start(bans));
  }

  isAhead(ban: Ban): boolean {
    return this.#ahead.has(ban);
  }

  stop(): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      const keeper = this.#leave();
      return keeper ? this.#outcome(await keeper.ruleset.remove()) : SKIPPED;
    });
  }

  /** Bans stay in force for the time of a restart; the kernel ends them. */
  pause(): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      const seconds = keptSeconds(this.#properties.all);
      const keeper = this.#leave();
      if (!keeper) {
        return SKIPPED;
      }
      if (seconds === 0 || (seconds > 0 && !keeper.ruleset.expires)) {
        return this.#outcome(await keeper.ruleset.remove());
      }
      const outcome = seconds < 0 ? APPLIED : this.#outcome(await keeper.linger(seconds));
      if (outcome.status === "applied") {
        const kept = describeKept(keeper, seconds, this.#context.now());
        this.#log(kept, "INFO");
      }
      keeper.ruleset.release();
      return outcome;
    });
  }

  ban(target: BanTarget): Promise<ActionOutcome> {
    return this.#ask(target.ban, true);
  }

  banMany(bans: readonly Ban[]): Promise<ReadonlyMap<string, string>> {
    const failures = new Map<string, string>();
    return new Promise((resolve) => {
      const others = bans.filter((ban) => !this.#ahead.take(ban));
      let left = others.length;
      const settle = (outcome: ActionOutcome, ban: Ban): void => {
        if (outcome.status === "failed") {
          failures.set(ban.offender.id, outcome.message);
        }
        left--;
        if (left === 0) {
          resolve(failures);
        }
      };
      others.forEach((ban) => this.#submit(ban, true, settle));
      if (others.length === 0) {
        resolve(failures);
      }
    });
  }

  unban(target: BanTarget): Promise<ActionOutcome> {
    return this.#ask(target.ban, false);
  }

  reban(target: BanTarget): Promise<ActionOutcome> {
    return this.#ask(target.ban, true);
  }

  prolong(target: BanTarget): Promise<ActionOutcome> {
    return this.#ask(target.ban, true);
  }

  flush(): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      this.#ahead.clear();
      this.#keeper?.elements.clear();
      this.#keeper?.inherited.clear();
      return this.#keeper ? this.#outcome(await this.#rebuild(this.#keeper)) : SKIPPED;
    });
  }

  /** Nobody is unblocked while the rules change. */
  reload(spec: ActionSpec): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      this.#properties.replace(spec);
      const keeper = this.#keeper;
      if (!keeper) {
        return this.#start();
      }
      const next = this.#open();
      return typeof next === "string" ? failed(next) : this.#outcome(await this.#rebuild(keeper, next));
    });
  }

  packets(): Promise<ReadonlyMap<string, number>> {
    return this.#queue.alone(async () => (await this.#keeper?.packets()) ?? new Map<string, number>());
  }

  check(mode: CheckMode): Promise<ActionOutcome> {
    return this.#queue.alone(() => this.#check(mode));
  }

  async #check(mode: CheckMode): Promise<ActionOutcome> {
    const keeper = this.#keeper;
    if (!keeper) {
      return SKIPPED;
    }
    const difference = await keeper.difference();
    if (difference === undefined || mode === "report") {
      return difference === undefined ? APPLIED : failed(difference);
    }
    this.#log(`${difference}; making everything anew`);
    return this.#outcome(await this.#rebuild(keeper));
  }

  /** Many bans at once take the place of what an earlier run has left, which nobody needs to read then. */
  async #start(bans: readonly Ban[] = []): Promise<ActionOutcome> {
    const ruleset = this.#open();
    if (typeof ruleset === "string") {
      return failed(ruleset);
    }
    const known = this.#keeper;
    const keeper = known ?? this.#newKeeper(ruleset);
    const ahead = known || bans.length < MANY ? [] : keeper.elements.addAll(bans);
    if (!known && ahead.length === 0) {
      await keeper.inherit(INHERITED);
    }
    const build = (): Promise<FirewallFailure | undefined> => {
      // Before the rules are made, so that nothing which happens to them is missed.
      this.#subscribe(keeper);
      return this.#rebuild(keeper, known ? ruleset : undefined);
    };
    const failure = await (ahead.length > 0 ? ruleset.watch.unwatched(build) : build());
    // What cannot be done now may work later: every ban tries again.
    this.#keeper = keeper;
    if (failure) {
      ahead.forEach((ban) => keeper.elements.remove(blockedIp(ban)?.text ?? "", ban.offender.id));
    } else {
      this.#ahead.note(keeper, ahead);
    }
    return this.#outcome(failure);
  }

  #newKeeper(ruleset: Ruleset): FirewallKeeper {
    return new FirewallKeeper(ruleset, {
      title: this.#backend.title,
      now: this.#context.now,
      log: (text) => this.#log(text),
      rebuilt: () => {
        this.#epoch += this.#hasLost ? 1 : 0;
        this.#hasLost = false;
      },
    });
  }

  #leave(): FirewallKeeper | undefined {
    const keeper = this.#keeper;
    this.#keeper = undefined;
    this.#ahead.clear();
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    return keeper;
  }

  #subscribe({ ruleset }: FirewallKeeper): void {
    const before = this.#unsubscribe;
    const listener: WatchListener = {
      tables: ruleset.tables,
      changed: (event) => {
        void this.#queue.alone(async () => {
          const failure = await this.#inspect(event);
          if (failure) {
            this.#log(`${failure.message}; next attempt in ${RETRY} s`);
            ruleset.watch.remind(listener, RETRY);
          }
        });
      },
    };
    const log = (text: string): void => this.#context.log("WARNING", LOGGER, text);
    this.#unsubscribe = ruleset.watch.subscribe(listener, log);
    before?.();
  }

  /** Somebody has done something to the firewall. */
  async #inspect(event: FirewallEvent): Promise<FirewallFailure | undefined> {
    const keeper = this.#keeper;
    if (!keeper || (event.type === "elements" && !concerns(keeper, event))) {
      return undefined;
    }
    const isIntact = await keeper.ruleset.isIntact();
    if (isFailure(isIntact)) {
      return isIntact;
    }
    const difference = isIntact
      ? event.type === "unseen"
        ? undefined
        : await keeper.difference()
      : "rules of the firewall are gone or in another place";
    if (difference === undefined) {
      return undefined;
    }
    this.#log(`${difference}; making everything anew`);
    return this.#rebuild(keeper);
  }

  #ask(ban: Ban, isBan: boolean): Promise<ActionOutcome> {
    return new Promise((settle) => this.#submit(ban, isBan, settle));
  }

  #submit(ban: Ban, isBan: boolean, settle: Operation["settle"]): void {
    const ip = blockedIp(ban);
    this.#ahead.take(ban);
    if (ip) {
      this.#queue.submit({ ip, ban, isBan, settle });
      return;
    }
    const refusal = failed(`only addresses and networks can be blocked by ${this.#backend.title}`);
    settle(isBan ? refusal : SKIPPED, ban);
  }

  async #commit(operations: readonly Operation[]): Promise<void> {
    const keeper = this.#keeper ?? (await this.#startLate());
    if (typeof keeper === "string") {
      this.#hasLost ||= operations.some(({ isBan }) => isBan);
      operations.forEach(({ settle, ban }) => settle(failed(keeper), ban));
      return;
    }
    const moments = keeper.take(operations);
    const { elements } = keeper;
    const changes = [...moments.values()].map(({ ip }) => ({ ip, wanted: elements.get(ip.text) }));
    const failures = await keeper.apply(changes);
    for (const key of failures.keys()) {
      elements.restore(moments.get(key));
    }
    for (const { ip, ban, isBan, settle } of operations) {
      const failure = failures.get(ip.text);
      this.#hasLost ||= isBan && failure !== undefined;
      settle(failure === undefined ? APPLIED : failed(failure), ban);
    }
    const isNew = ({ ip, ban, isBan }: Operation): boolean =>
      isBan && !ban.restored && !failures.has(ip.text);
    void this.#cut(operations.filter(isNew).map(({ ip }) => ip));
  }

  /** Ends the connections of those who were banned just now, if that is wanted. Nobody waits for it. */
  async #cut(ips: readonly Ip[]): Promise<void> {
    const complaint = await cutConnections(this.#backend.cutter, this.#properties.all, ips);
    if (complaint !== undefined) {
      this.#log(`connections cannot be ended: ${complaint}`);
    }
  }

  /** A ban before the start, or after one that failed, starts it. */
  async #startLate(): Promise<FirewallKeeper | string> {
    const outcome = await this.#start();
    return outcome.status === "failed"
      ? outcome.message
      : (this.#keeper ?? "the action has not been started");
  }

  async #rebuild(keeper: FirewallKeeper, next?: Ruleset): Promise<FirewallFailure | undefined> {
    const failure = await keeper.rebuild(next);
    if (!failure && next) {
      this.#subscribe(keeper);
    }
    return failure;
  }

  #open(): Ruleset | string {
    const owner = { jail: this.#context.jail.name, action: this.name };
    return openRuleset(this.#backend, this.#properties.all, owner);
  }

  #outcome(failure: FirewallFailure | undefined): ActionOutcome {
    return failure ? failed(failure.message) : APPLIED;
  }

  #log(text: string | undefined, level: "ERROR" | "INFO" = "ERROR"): void {
    if (text === undefined) {
      return;
    }
    this.#context.log(level, LOGGER, `[${this.#context.jail.name}] ${this.name}: ${text}`);
  }
}
