import type { Failure, IgnoreReason, Ip, Offender } from "../model";
import { IgnoreCache, type IgnoreCacheSettings } from "./ignore-cache";
import { IgnoreList } from "./ignore-list";

/**
 * What the rules say about a failure. `cached`: ignored, and already told so; `ask`: nothing known says ignore,
 * `ignorecommand` has to be run; `undefined`: it counts.
 */
export type IgnoreVerdict = IgnoreReason | "cached" | "ask" | undefined;

/** All rules by which failures are ignored, in fail2ban's order: cache, own addresses, list, command. */
export class IgnoreRules {
  readonly list = new IgnoreList();
  #ignoreself = true;
  /** The command to ask last; empty when there is none. */
  ignorecommand = "";
  #own: ReadonlySet<string> = new Set();
  #cache: IgnoreCache | undefined;
  #changes = 0;

  /** Whether this machine's own addresses are ignored. */
  get ignoreself(): boolean {
    return this.#ignoreself;
  }

  set ignoreself(ignoreself: boolean) {
    this.#ignoreself = ignoreself;
    this.#changes++;
  }

  /**
   * As long as it is the same, the rules say the same of an offender. Not a number, and so never the same, where a
   * command or what was remembered decides.
   */
  get version(): number {
    const isDecidedHere = this.ignorecommand === "" && this.#cache === undefined;
    return isDecidedHere ? this.#changes + this.list.changes : Number.NaN;
  }

  /** Tells which addresses are this machine's own. */
  setOwnAddresses(addresses: readonly Ip[]): void {
    this.#own = new Set(addresses.map(({ text }) => text));
    this.#changes++;
  }

  /** The settings of the verdict cache; `undefined` when there is none. */
  get ignorecache(): IgnoreCacheSettings | undefined {
    return this.#cache?.settings;
  }

  /** Starts an empty cache with other settings, or switches it off. */
  setCache(settings: IgnoreCacheSettings | undefined): void {
    this.#cache = settings && new IgnoreCache(settings);
  }

  /** Whether an offender, by its id in normal form, counts for certain: there is little that would speak for it. */
  isClear(id: string): boolean {
    const isDecidedHere = this.ignorecommand === "" && this.#cache === undefined;
    return isDecidedHere && !(this.ignoreself && this.#own.has(id)) && this.list.isClear(id);
  }

  /** What is known at once about an offender and its failure. */
  check(offender: Offender, now: number, failure?: Failure): IgnoreVerdict {
    const key = this.#cache?.keyOf(offender, failure) ?? "";
    const known = this.#cache?.get(key, now);
    if (known !== undefined) {
      return known ? "cached" : undefined;
    }
    const reason =
      this.ignoreself && this.#own.has(offender.id) ? "ignoreself rule" : this.list.match(offender);
    if (!reason && this.ignorecommand !== "") {
      return "ask";
    }
    if (reason !== "ip" || !this.list.hasSingle(offender)) {
      this.#cache?.set(key, reason !== undefined, now);
    }
    return reason;
  }

  /** Remembers what `ignorecommand` said, for as long as the cache keeps verdicts. */
  remember(offender: Offender, ignored: boolean, now: number, failure?: Failure): void {
    this.#cache?.set(this.#cache.keyOf(offender, failure), ignored, now);
  }
}
