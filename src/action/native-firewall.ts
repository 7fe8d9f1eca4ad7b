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
import { compareElements } from "./native-compare";
import { GroupCommit } from "./group-commit";
import { blockedIp, NftElements, type Moment } from "./native-elements";
import type { Nft, NftFailure } from "./native-nft";
import { NftRuleset, type NftChange } from "./native-ruleset";
import type { NftElement } from "./native-script";
import { nftLabel, readNftSettings, type NftSettings } from "./native-settings";

const LOGGER = "actions";
/** Seconds that bans of an earlier run stay in force at least until the database has told which of them go on. */
const INHERITED = 300;

/** One ban or unban on its way to the kernel. */
interface Operation {
  readonly ip: Ip;
  readonly ban: Ban;
  readonly isBan: boolean;
  readonly settle: (outcome: ActionOutcome) => void;
}

/**
 * Blocks offenders with nftables: a table of its own, for each jail a chain for each hook and sets of addresses whose
 * elements end by themselves. All operations that come while nft is at work go into its next transaction together.
 * Its state is what should be in the kernel: when the kernel has lost it, one transaction brings everything back.
 */
export class NativeNftables implements Action {
  readonly name: string;
  readonly canFlush = true;
  readonly concurrent = true;
  readonly #context: ActionContext;
  readonly #nft: Nft;
  readonly #properties: ActionProperties;
  readonly #elements = new NftElements();
  readonly #queue = new GroupCommit<Operation>((operations) => this.#commit(operations));
  /** Of an earlier run, not restored so far. */
  #inherited = new Map<string, NftElement>();
  #ruleset: NftRuleset | undefined;
  #epoch = 0;
  #hasLost = false;

  constructor(spec: ActionSpec, context: ActionContext, nft: Nft) {
    this.name = spec.name;
    this.#context = context;
    this.#nft = nft;
    this.#properties = new ActionProperties(spec);
  }

  get norestored(): boolean {
    return this.#properties.isOn("norestored");
  }

  /** Grows when everything was made anew after bans could not be made. */
  get epoch(): number {
    return this.#epoch;
  }

  start(): Promise<ActionOutcome> {
    return this.#queue.alone(() => this.#start());
  }

  stop(): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      const ruleset = this.#ruleset;
      if (!ruleset) {
        return SKIPPED;
      }
      this.#ruleset = undefined;
      this.#elements.clear();
      this.#inherited.clear();
      return this.#outcome(await this.#remove(ruleset));
    });
  }

  ban(target: BanTarget): Promise<ActionOutcome> {
    return this.#submit(target.ban, true);
  }

  unban(target: BanTarget): Promise<ActionOutcome> {
    return this.#submit(target.ban, false);
  }

  reban(target: BanTarget): Promise<ActionOutcome> {
    return this.#submit(target.ban, true);
  }

  prolong(target: BanTarget): Promise<ActionOutcome> {
    return this.#submit(target.ban, true);
  }

  flush(): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      this.#elements.clear();
      this.#inherited.clear();
      return this.#ruleset ? this.#outcome(await this.#rebuild(this.#ruleset)) : SKIPPED;
    });
  }

  /** One transaction changes the rules; nobody is unblocked meanwhile. */
  reload(spec: ActionSpec): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      this.#properties.replace(spec);
      const settings = this.#settings();
      if (typeof settings === "string") {
        return failed(settings);
      }
      const ruleset = this.#ruleset;
      if (!ruleset) {
        return this.#start();
      }
      if (ruleset.settings.table !== settings.table) {
        return this.#move(ruleset, settings);
      }
      return this.#outcome(await this.#rebuild(ruleset, settings));
    });
  }

  check(mode: CheckMode): Promise<ActionOutcome> {
    return this.#queue.alone(async () => {
      const ruleset = this.#ruleset;
      if (!ruleset) {
        return SKIPPED;
      }
      const difference = await this.#difference(ruleset);
      if (difference === undefined || mode === "report") {
        return difference === undefined ? APPLIED : failed(difference);
      }
      this.#log(`${difference}; making everything anew`);
      return this.#outcome(await this.#rebuild(ruleset));
    });
  }

  async #start(): Promise<ActionOutcome> {
    const settings = this.#settings();
    if (typeof settings === "string") {
      return failed(settings);
    }
    const ruleset = this.#ruleset ?? new NftRuleset(this.#nft, settings);
    this.#nft.users.enter(settings.table, this);
    if (!this.#ruleset) {
      await this.#inherit(ruleset);
    }
    const failure = await this.#rebuild(ruleset, settings);
    // What cannot be done now may work later: every ban tries again.
    this.#ruleset = ruleset;
    return this.#outcome(failure);
  }

  /** Another table: the new one is in force before the old one goes. */
  async #move(old: NftRuleset, settings: NftSettings): Promise<ActionOutcome> {
    const ruleset = new NftRuleset(this.#nft, settings);
    this.#nft.users.enter(settings.table, this);
    const failure = await this.#rebuild(ruleset);
    if (failure) {
      this.#nft.users.leave(settings.table, this);
      return this.#outcome(failure);
    }
    this.#ruleset = ruleset;
    return this.#outcome(await this.#remove(old));
  }

  #remove(ruleset: NftRuleset): Promise<NftFailure | undefined> {
    const { table } = ruleset.settings;
    this.#nft.users.leave(table, this);
    return ruleset.remove(() => !this.#nft.users.isUsed(table));
  }

  /** Keeps what a run that was killed has left in force, until its bans are restored. */
  async #inherit(ruleset: NftRuleset): Promise<void> {
    const listing = await ruleset.list();
    if ("elements" in listing) {
      const now = this.#context.now();
      const entries = [...listing.elements.values()].map(({ ip, left }): [string, NftElement] => [
        ip.text,
        { ip, end: now + Math.min(left, INHERITED) },
      ]);
      this.#inherited = new Map(entries);
    }
  }

  #submit(ban: Ban, isBan: boolean): Promise<ActionOutcome> {
    const ip = blockedIp(ban);
    if (!ip) {
      const refusal = failed("only addresses and networks can be blocked by nftables");
      return Promise.resolve(isBan ? refusal : SKIPPED);
    }
    return new Promise((settle) => this.#queue.submit({ ip, ban, isBan, settle }));
  }

  async #commit(operations: readonly Operation[]): Promise<void> {
    const ruleset = this.#ruleset ?? (await this.#startLate());
    if (typeof ruleset === "string") {
      this.#hasLost ||= operations.some(({ isBan }) => isBan);
      settleAll(operations, failed(ruleset));
      return;
    }
    const moments = this.#take(operations);
    const changes = [...moments.values()].map(({ ip }) => ({ ip, wanted: this.#elements.get(ip.text) }));
    const failures = await this.#apply(ruleset, changes);
    for (const key of failures.keys()) {
      this.#elements.restore(moments.get(key));
    }
    for (const { ip, isBan, settle } of operations) {
      const failure = failures.get(ip.text);
      this.#hasLost ||= isBan && failure !== undefined;
      settle(failure === undefined ? APPLIED : failed(failure));
    }
  }

  /** Changes what should be in the kernel, and gives what it was before. */
  #take(operations: readonly Operation[]): ReadonlyMap<string, Moment> {
    const moments = new Map<string, Moment>();
    for (const { ip, ban, isBan } of operations) {
      if (!moments.has(ip.text)) {
        moments.set(ip.text, this.#elements.moment(ip));
      }
      if (isBan) {
        this.#elements.add(ip, ban);
      } else {
        this.#elements.remove(ip.text, ban.offender.id);
      }
      this.#inherited.delete(ip.text);
    }
    return moments;
  }

  /** A ban before the start, or after one that failed, starts it. */
  async #startLate(): Promise<NftRuleset | string> {
    const outcome = await this.#start();
    return outcome.status === "failed"
      ? outcome.message
      : (this.#ruleset ?? "the action has not been started");
  }

  /** Gives the keys of changes that could not be made, with the reason: halves are tried until those to blame are found. */
  async #apply(ruleset: NftRuleset, changes: readonly NftChange[]): Promise<ReadonlyMap<string, string>> {
    const failure = await ruleset.change(changes, this.#context.now());
    if (!failure) {
      return new Map();
    }
    if (failure.isMissing) {
      this.#log(`${failure.message}: rules are missing; making everything anew`);
      const again = await this.#rebuild(ruleset);
      return again ? blame(changes, again) : new Map();
    }
    if (failure.isTotal || changes.length < 2) {
      return blame(changes, failure);
    }
    const middle = changes.length >> 1;
    const first = await this.#apply(ruleset, changes.slice(0, middle));
    return new Map([...first, ...(await this.#apply(ruleset, changes.slice(middle)))]);
  }

  async #rebuild(ruleset: NftRuleset, settings?: NftSettings): Promise<NftFailure | undefined> {
    const now = this.#context.now();
    const failure = await ruleset.build(this.#wanted(now), now, settings);
    if (!failure && this.#hasLost) {
      this.#hasLost = false;
      this.#epoch++;
    }
    return failure;
  }

  #wanted(now: number): readonly NftElement[] {
    const inherited = [...this.#inherited.values()].filter(({ end }) => end > now);
    return [...this.#elements.current(now), ...inherited];
  }

  /** How the kernel differs from what should be there; `undefined` when it does not. */
  async #difference(ruleset: NftRuleset): Promise<string | undefined> {
    const listing = await ruleset.list();
    if ("message" in listing) {
      return listing.message;
    }
    if (!ruleset.isComplete(listing)) {
      return "nftables: rules or sets of this jail are missing";
    }
    const now = this.#context.now();
    const elements = [...this.#elements.current(now)];
    return compareElements(listing, { elements, tolerated: this.#inherited }, now);
  }

  #settings(): NftSettings | string {
    return readNftSettings(this.#properties.all, nftLabel(this.#context.jail.name, this.name));
  }

  #outcome(failure: NftFailure | undefined): ActionOutcome {
    return failure ? failed(failure.message) : APPLIED;
  }

  #log(text: string): void {
    this.#context.log("ERROR", LOGGER, `[${this.#context.jail.name}] ${this.name}: ${text}`);
  }
}

function blame(changes: readonly NftChange[], failure: NftFailure): ReadonlyMap<string, string> {
  return new Map(changes.map(({ ip }) => [ip.text, failure.message]));
}

function settleAll(operations: readonly Operation[], outcome: ActionOutcome): void {
  for (const { settle } of operations) {
    settle(outcome);
  }
}
