import { isSingle } from "../model";
import type { CommandRunner } from "../platform";
import {
  isFailure,
  type Backend,
  type BlockedElement,
  type FirewallChange,
  type FirewallFailure,
  type FirewallListing,
  type Properties,
  type Ruleset,
  type RulesetOwner,
} from "./native-backend";
import {
  formatOutlineQuery,
  formatSetQuery,
  formatTableQuery,
  NOTHING,
  parseListing,
  type NftListing,
} from "./native-listing";
import type { Nft } from "./native-nft";
import { applyScript, ask } from "./native-run";
import {
  BASE_SETS,
  formatAdditions,
  formatDeletions,
  formatRemoval,
  formatSet,
  formatSkeleton,
  isOwnChain,
  parseSetName,
  rulesForEach,
  setName,
  setOf,
  type NftSet,
} from "./native-script";
import { nftLabel, readNftSettings, USUAL_TABLE, type NftSettings } from "./native-settings";
import type { Cutter } from "./native-cut";
import type { FirewallWatch } from "./native-watch";

/** With more elements than that in one transaction the monitor would only be in the way. */
const MOST_WATCHED = 1000;

/** The nftables of a system. */
export function createNftBackend(nft: Nft, cutter: Cutter): Backend {
  return {
    title: "nftables",
    counts: true,
    cutter,
    open: (properties: Properties, { jail, action }: RulesetOwner) => {
      const settings = readNftSettings(properties, nftLabel(jail, action), jail);
      return typeof settings === "string" ? settings : new NftRuleset(nft, settings);
    },
  };
}

/** The part of a table of nftables that belongs to one action of one jail. Every method is one transaction. */
export class NftRuleset implements Ruleset {
  readonly expires = true;
  readonly #nft: Nft;
  readonly #settings: NftSettings;
  /** Names of sets that are there. */
  #sets = new Map<string, NftSet>();
  /** Keys of elements that are there, or were until the kernel let go of them. */
  #held = new Set<string>();

  constructor(nft: Nft, settings: NftSettings) {
    this.#nft = nft;
    this.#settings = settings;
  }

  get watch(): FirewallWatch {
    return this.#nft.watch;
  }

  get clearing(): string {
    const { table } = this.#settings;
    const flushes = [...this.#sets.keys()].map((name) => `flush set inet ${table} ${name}`);
    return table === USUAL_TABLE ? `nft delete table inet ${table}` : `nft '${flushes.join("; ")}'`;
  }

  get tables(): readonly string[] {
    return [`inet ${this.#settings.table}`];
  }

  async build(
    elements: Iterable<BlockedElement>,
    now: number,
    old: Ruleset = this,
  ): Promise<FirewallFailure | undefined> {
    const settings = this.#settings;
    const sets = new Map(BASE_SETS.map((set) => [setName(settings, set), set]));
    const held = new Set<string>();
    const additions = formatAdditions(settings, this.#noting(elements, { sets, held }), now);
    const script = formatRemoval(settings) + formatSkeleton(settings, [...sets.values()]) + additions;
    this.#nft.users.enter(settings.table, this);
    const failure = (await this.#apply(script, held.size)) ?? (await this.#verify([...sets.keys()]));
    if (failure) {
      if (old !== this) {
        this.release();
      }
      return failure;
    }
    this.#sets = sets;
    this.#held = held;
    return old === this ? undefined : this.#dismiss(old);
  }

  async change(changes: readonly FirewallChange[], now: number): Promise<FirewallFailure | undefined> {
    const additions = changes.flatMap(({ wanted }) => (wanted ? [wanted] : []));
    const stale = changes.map(({ ip }) => ip).filter((ip) => this.#held.has(ip.text));
    const missing = this.#missingSets(additions);
    const script =
      [...missing.values()].map((set) => formatSet(this.#settings, set)).join("") +
      formatDeletions(this.#settings, stale) +
      formatAdditions(this.#settings, additions, now);
    const failure = script === "" ? undefined : await this.#apply(script, changes.length);
    if (!failure) {
      this.#note(changes, missing);
    }
    return failure;
  }

  release(): void {
    this.#nft.users.leave(this.#settings.table, this);
  }

  async remove(): Promise<FirewallFailure | undefined> {
    const { users } = this.#nft;
    const { table } = this.#settings;
    const failure = await this.#apply(formatRemoval(this.#settings), this.#held.size);
    users.leave(table, this);
    if (failure) {
      return failure;
    }
    this.#sets.clear();
    this.#held.clear();
    const left = await this.#names(formatOutlineQuery(this.#settings));
    if (!isFailure(left) && left.chains.length + left.sets.length === 0 && !users.isUsed(table)) {
      await this.#apply(`add table inet ${table}\ndelete table inet ${table}\n`, 0);
    }
    return undefined;
  }

  isUsable(): Promise<boolean | FirewallFailure> {
    return this.watch.isAwake ? Promise.resolve(true) : this.isIntact();
  }

  async isIntact(): Promise<boolean | FirewallFailure> {
    const names = await this.#names();
    return isFailure(names) ? names : this.#isComplete(this.#ownPart(names));
  }

  async list(): Promise<FirewallListing | FirewallFailure> {
    const names = await this.#names();
    if (isFailure(names)) {
      return names;
    }
    const own = this.#ownPart(names);
    const elements = new Map(own.elements);
    for (const name of own.sets) {
      const listing = await this.#query(this.#nft.elements, formatSetQuery(this.#settings, name));
      if (isFailure(listing)) {
        return listing;
      }
      for (const [key, element] of listing.elements) {
        elements.set(key, element);
      }
    }
    return { isComplete: this.#isComplete(own), elements };
  }

  /** A ruleset of the same table and label has been replaced already. */
  async #dismiss(old: Ruleset): Promise<FirewallFailure | undefined> {
    if (old instanceof NftRuleset && old.#settings.table === this.#settings.table) {
      this.#nft.users.leave(this.#settings.table, old);
      return undefined;
    }
    return old.remove();
  }

  #ownPart(listing: NftListing): NftListing {
    return {
      ...listing,
      sets: listing.sets.filter((name) => parseSetName(this.#settings, name) !== undefined),
      chains: listing.chains.filter((name) => isOwnChain(this.#settings, name)),
    };
  }

  #isComplete(own: NftListing): boolean {
    const rules = this.#sets.size * rulesForEach(this.#settings);
    return (
      this.#hasParts(own, [...this.#sets.keys()]) &&
      own.chains.every((chain) => own.rules.get(chain) === rules)
    );
  }

  #hasParts({ chains, sets }: NftListing, wanted: readonly string[]): boolean {
    return chains.length === this.#settings.hooks.length && wanted.every((name) => sets.includes(name));
  }

  #apply(script: string, elements: number): Promise<FirewallFailure | undefined> {
    const run = (): Promise<FirewallFailure | undefined> => applyScript(this.#nft.apply, "nft", script);
    return elements > MOST_WATCHED ? this.#nft.watch.unwatched(run) : run();
  }

  /** Whether chains and sets are there: an nft that prints nonsense may end as if all were well. */
  async #verify(sets: readonly string[]): Promise<FirewallFailure | undefined> {
    const names = await this.#names(formatOutlineQuery(this.#settings));
    if (isFailure(names)) {
      return names;
    }
    const isThere = this.#hasParts(this.#ownPart(names), sets);
    const message = "nft: the rules are not there, although it has reported no error";
    return isThere ? undefined : { message, isMissing: false, isTotal: true };
  }

  /** Writes down what comes by. */
  *#noting(
    elements: Iterable<BlockedElement>,
    { sets, held }: { readonly sets: Map<string, NftSet>; readonly held: Set<string> },
  ): Iterable<BlockedElement> {
    for (const element of elements) {
      const { ip } = element;
      if (!isSingle(ip)) {
        const set = setOf(ip);
        sets.set(setName(this.#settings, set), set);
      }
      held.add(ip.text);
      yield element;
    }
  }

  async #names(query = formatTableQuery(this.#settings)): Promise<NftListing | FirewallFailure> {
    const listing = await this.#query(this.#nft.names, query);
    return isFailure(listing) && listing.isMissing ? NOTHING : listing;
  }

  async #query(runner: CommandRunner, query: string): Promise<NftListing | FirewallFailure> {
    const answer = await ask(runner, "nft", query);
    if (typeof answer !== "string") {
      return answer;
    }
    const unreadable = { message: "nft: unreadable listing", isMissing: false, isTotal: true };
    return parseListing(answer, this.#settings) ?? unreadable;
  }

  /** Sets that these elements need and that are not there. */
  #missingSets(elements: readonly BlockedElement[]): ReadonlyMap<string, NftSet> {
    const missing = new Map<string, NftSet>();
    for (const { ip } of elements) {
      const set = setOf(ip);
      const name = setName(this.#settings, set);
      if (!this.#sets.has(name)) {
        missing.set(name, set);
      }
    }
    return missing;
  }

  #note(changes: readonly FirewallChange[], added: ReadonlyMap<string, NftSet>): void {
    for (const [name, set] of added) {
      this.#sets.set(name, set);
    }
    for (const { ip, wanted } of changes) {
      if (wanted) {
        this.#held.add(ip.text);
      } else {
        this.#held.delete(ip.text);
      }
    }
  }
}
