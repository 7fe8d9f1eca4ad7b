import { messageOf } from "../../model";
import type { Clock } from "../../platform";
import { APPLIED, failed, SKIPPED, type ActionOperation, type ActionOutcome } from "../action";
import { CloudflareApi, CloudflareTrouble, targetOf } from "./cloudflare-api";
import type { BanFacts } from "./notice";
import { Options } from "./options";
import type { ThreadAction } from "./thread-messages";

/** Cloudflare's codes for a rule that is there already. */
const DUPLICATE = [10009];
/** Seconds after a start until rules of an earlier run that no restored ban has claimed are removed. */
const INHERITED = 300;
/** Seconds that a stop waits for rules to be removed; the rest is found at the next start. */
const LONGEST_STOP = 10;

/** Who waits to hear how the next attempt for an address ends. */
type Waiter = (outcome: ActionOutcome) => void;

/**
 * Blocks offenders with IP access rules of Cloudflare. It knows which rules are wanted and which are there, and works
 * on the difference, one call at a time, until both are the same: nothing is lost when the API is away for a while.
 * Rules of its own carry a note, by which they are found again after a restart; no other rule is ever removed.
 */
export class CloudflareAction {
  readonly #api: CloudflareApi;
  readonly #clock: Clock;
  readonly #log: (level: "ERROR" | "INFO", text: string) => void;
  readonly #notes: string;
  readonly #wanted = new Set<string>();
  /** Ids of rules by address; empty for a rule that somebody else has made. */
  readonly #rules = new Map<string, string>();
  readonly #dirty = new Map<string, Waiter[]>();
  #working: Promise<void> | undefined;
  #pausedUntil = 0;
  #isStopped = false;
  #cancelPause: (() => void) | undefined;
  #cancelInherited: (() => void) | undefined;

  /** Throws `WarderError` for settings that cannot be used. */
  constructor(action: ThreadAction, clock: Clock, log: (level: "ERROR" | "INFO", text: string) => void) {
    const options = new Options(action.options);
    this.#api = new CloudflareApi(options);
    this.#clock = clock;
    this.#log = log;
    this.#notes = options
      .text("notes", `warder <name> on ${action.host}`)
      .replaceAll("<name>", action.jail)
      .slice(0, 200);
  }

  async run(operation: ActionOperation, facts?: BanFacts): Promise<ActionOutcome> {
    switch (operation) {
      case "start":
        return this.#start();
      case "ban":
      case "reban":
        return facts ? this.#want(facts.ip) : SKIPPED;
      case "unban":
        return facts ? this.#unwant(facts.ip) : SKIPPED;
      case "flush":
      case "stop":
        return this.#removeAll(operation === "stop");
      default:
        return SKIPPED;
    }
  }

  /** Continues the work of one with older settings. Rules in another place are removed there and made here. */
  takeOver(older: CloudflareAction): void {
    older.#wanted.forEach((value) => this.#wanted.add(value));
    if (older.#api.place === this.#api.place && older.#notes === this.#notes) {
      older.#rules.forEach((id, value) => this.#rules.set(value, id));
      older.close();
      this.#touchAll();
    } else {
      // In the same zone a new rule can only be made when the old one is gone.
      void older.run("stop").then(() => this.#touchAll());
    }
  }

  /** Continues after its thread has died: the rules that are found are those of bans in force. */
  async resume(): Promise<void> {
    const outcome = await this.#start();
    this.#cancelInherited?.();
    for (const value of this.#rules.keys()) {
      this.#wanted.add(value);
    }
    if (outcome.status === "failed") {
      this.#log("ERROR", outcome.message);
    }
  }

  /** Ends at once; rules stay as they are. */
  close(): void {
    this.#isStopped = true;
    this.#cancelPause?.();
    this.#cancelInherited?.();
  }

  async #start(): Promise<ActionOutcome> {
    this.#isStopped = false;
    await this.#working;
    const listing = this.#list();
    // Restored bans that come meanwhile wait, or each would ask for a rule that is there already.
    this.#working = listing.then(() => this.#rest());
    const outcome = await listing;
    this.#cancelInherited?.();
    this.#cancelInherited = this.#clock.after(INHERITED, () => this.#touchAll());
    return outcome;
  }

  async #list(): Promise<ActionOutcome> {
    try {
      const rules = await this.#api.list(this.#notes);
      for (const { id, value } of rules.filter(({ notes }) => notes === this.#notes)) {
        this.#rules.set(value, id);
      }
      return APPLIED;
    } catch (error) {
      return failed(`Cannot list the rules of Cloudflare: ${messageOf(error)}`);
    }
  }

  #rest(): void {
    this.#working = undefined;
    this.#wake();
  }

  #want(value: string): Promise<ActionOutcome> {
    if (targetOf(value) === undefined) {
      return Promise.resolve(
        failed("Cloudflare blocks addresses and networks of /16, /24 or, for IPv6, /32, /48, /64 only"),
      );
    }
    this.#wanted.add(value);
    return this.#settled(value);
  }

  #unwant(value: string): Promise<ActionOutcome> {
    return this.#wanted.delete(value) || this.#rules.has(value)
      ? this.#settled(value)
      : Promise.resolve(SKIPPED);
  }

  async #removeAll(isEnd: boolean): Promise<ActionOutcome> {
    this.#wanted.clear();
    const all = Promise.all([...this.#rules.keys()].map((value) => this.#settled(value)));
    const cancel: (() => void)[] = [];
    const late = new Promise<undefined>((resolve) => {
      cancel.push(this.#clock.after(LONGEST_STOP, () => resolve(undefined)));
    });
    const outcomes = await Promise.race([all, late]);
    cancel.forEach((call) => call());
    if (isEnd) {
      this.close();
    }
    const problem = outcomes?.find((outcome) => outcome.status === "failed");
    if (problem) {
      return problem;
    }
    return outcomes
      ? APPLIED
      : failed(`${this.#rules.size} rules are still at Cloudflare; the next start finds them`);
  }

  #settled(value: string): Promise<ActionOutcome> {
    return new Promise((resolve) => this.#touch(value, resolve));
  }

  #touchAll(): void {
    new Set([...this.#wanted, ...this.#rules.keys()]).forEach((value) => this.#touch(value));
  }

  #touch(value: string, waiter?: Waiter): void {
    const waiters = this.#dirty.get(value) ?? [];
    this.#dirty.set(value, waiter ? [...waiters, waiter] : waiters);
    this.#wake();
  }

  #wake(): void {
    if (this.#working || this.#isStopped || this.#dirty.size === 0) {
      return;
    }
    const pause = this.#pausedUntil - this.#clock.elapsed();
    if (pause > 0) {
      this.#cancelPause ??= this.#clock.after(pause, () => {
        this.#cancelPause = undefined;
        this.#wake();
      });
      // Whoever asks while nothing can be done hears so at once; it is done when it can be.
      this.#tellAll(failed("Cloudflare cannot be reached or is busy; it is tried again"));
      return;
    }
    this.#working = this.#work().finally(() => this.#rest());
  }

  async #work(): Promise<void> {
    for (const [value, waiters] of this.#dirty) {
      if (this.#isStopped || this.#pausedUntil > this.#clock.elapsed()) {
        return;
      }
      this.#dirty.delete(value);
      const outcome = await this.#mend(value);
      waiters.forEach((tell) => tell(outcome));
    }
  }

  /** Makes the rules about one address what they should be. */
  async #mend(value: string): Promise<ActionOutcome> {
    try {
      const isWanted = this.#wanted.has(value);
      const id = this.#rules.get(value);
      if (isWanted && id === undefined) {
        this.#rules.set(value, await this.#create(value));
      } else if (!isWanted && id !== undefined) {
        if (id !== "") {
          await this.#api.remove(id);
        }
        this.#rules.delete(value);
      }
      return APPLIED;
    } catch (error) {
      return this.#fail(value, error);
    }
  }

  async #create(value: string): Promise<string> {
    try {
      return await this.#api.create(value, this.#notes);
    } catch (error) {
      if (!(error instanceof CloudflareTrouble) || !error.codes.some((code) => DUPLICATE.includes(code))) {
        throw error;
      }
      const rules = await this.#api.find(value);
      const own = rules.find(({ notes }) => notes === this.#notes);
      if (own || rules.some(({ mode }) => mode !== "whitelist")) {
        return own?.id ?? "";
      }
      throw error;
    }
  }

  #fail(value: string, error: unknown): ActionOutcome {
    const message = `Cloudflare, ${value}: ${messageOf(error)}`;
    if (error instanceof CloudflareTrouble && error.isFinal) {
      this.#wanted.delete(value);
      return failed(message);
    }
    const after = error instanceof CloudflareTrouble ? error.after : 30;
    this.#pausedUntil = this.#clock.elapsed() + after;
    this.#log("ERROR", `${message}. The next attempt is in ${Math.ceil(after)} seconds`);
    this.#dirty.set(value, this.#dirty.get(value) ?? []);
    return failed(message);
  }

  #tellAll(outcome: ActionOutcome): void {
    for (const [value, waiters] of this.#dirty) {
      this.#dirty.set(value, []);
      waiters.forEach((tell) => tell(outcome));
    }
  }
}
