import type { Ip } from "../model";
import type { CommandRunner } from "../platform";
import {
  BASE_SETS,
  formatAdditions,
  formatDeletions,
  formatRemoval,
  formatSet,
  formatSkeleton,
  setName,
  setOf,
  isOwnChain,
  parseSetName,
  type NftElement,
  type NftSet,
} from "./native-script";
import { formatSetQuery, formatTableQuery, NOTHING, parseListing, type NftListing } from "./native-listing";
import { applyScript, ask, type Nft, type NftFailure } from "./native-nft";
import type { NftSettings } from "./native-settings";

/** What is to become of one address: blocked as the element says, or not blocked. */
export interface NftChange {
  readonly ip: Ip;
  readonly wanted: NftElement | undefined;
}

/** The part of the kernel's rules that belongs to one action of one jail. Every method is one transaction. */
export class NftRuleset {
  readonly #nft: Nft;
  #settings: NftSettings;
  /** Names of sets that are there. */
  #sets = new Map<string, NftSet>();
  /** Keys of elements that are there, or were until the kernel let go of them. */
  #held = new Set<string>();

  constructor(nft: Nft, settings: NftSettings) {
    this.#nft = nft;
    this.#settings = settings;
  }

  get settings(): NftSettings {
    return this.#settings;
  }

  /** Makes everything anew so that exactly these elements are blocked, with other settings from now on if given. */
  async build(
    elements: readonly NftElement[],
    now: number,
    settings = this.#settings,
  ): Promise<NftFailure | undefined> {
    const old = this.#settings;
    const sets = new Map<string, NftSet>();
    for (const set of [...BASE_SETS, ...elements.map(({ ip }) => setOf(ip))]) {
      sets.set(setName(settings, set), set);
    }
    const removal = await this.#removal(old);
    if (typeof removal !== "string") {
      return removal;
    }
    const removals = old === settings ? removal : removal + formatRemoval(settings, NOTHING);
    const script =
      removals + formatSkeleton(settings, [...sets.values()]) + formatAdditions(settings, elements, now);
    const failure = await applyScript(this.#nft, script);
    if (!failure) {
      this.#settings = settings;
      this.#sets = sets;
      this.#held = new Set(elements.map(({ ip }) => ip.text));
    }
    return failure;
  }

  /** Carries changes out, each for another address. */
  async change(changes: readonly NftChange[], now: number): Promise<NftFailure | undefined> {
    const additions = changes.flatMap(({ wanted }) => (wanted ? [wanted] : []));
    const stale = changes.map(({ ip }) => ip).filter((ip) => this.#held.has(ip.text));
    const missing = this.#missingSets(additions);
    const script =
      [...missing.values()].map((set) => formatSet(this.#settings, set)).join("") +
      formatDeletions(this.#settings, stale) +
      formatAdditions(this.#settings, additions, now);
    const failure = script === "" ? undefined : await applyScript(this.#nft, script);
    if (!failure) {
      this.#note(changes, missing);
    }
    return failure;
  }

  /** Removes everything; the table too when nothing else is in it and `withTable` still says so then. */
  async remove(withTable: () => boolean): Promise<NftFailure | undefined> {
    const removal = await this.#removal(this.#settings);
    if (typeof removal !== "string") {
      return removal;
    }
    const failure = await applyScript(this.#nft, removal);
    if (failure) {
      return failure;
    }
    this.#sets.clear();
    this.#held.clear();
    const left = await this.#names();
    if ("chains" in left && left.chains.length + left.sets.length === 0 && withTable()) {
      const table = `inet ${this.#settings.table}`;
      await applyScript(this.#nft, `add table ${table}\ndelete table ${table}\n`);
    }
    return undefined;
  }

  /** What is there of this action, with its elements. A missing table is an empty one. */
  async list(): Promise<NftListing | NftFailure> {
    const names = await this.#names();
    if ("message" in names) {
      return names;
    }
    const sets = names.sets.filter((name) => parseSetName(this.#settings, name) !== undefined);
    const chains = names.chains.filter((name) => isOwnChain(this.#settings, name));
    const elements = new Map(names.elements);
    for (const name of sets) {
      const listing = await this.#query(this.#nft.elements, formatSetQuery(this.#settings, name));
      if ("message" in listing) {
        return listing;
      }
      for (const [key, element] of listing.elements) {
        elements.set(key, element);
      }
    }
    return { chains, sets, rules: names.rules, elements };
  }

  /** Whether the chains, rules and sets are there that were made. */
  isComplete({ chains, sets, rules }: NftListing): boolean {
    const { hooks } = this.#settings;
    return (
      chains.length === hooks.length &&
      chains.every((chain) => rules.get(chain) === this.#sets.size) &&
      [...this.#sets.keys()].every((name) => sets.includes(name))
    );
  }

  async #removal(settings: NftSettings): Promise<string | NftFailure> {
    const names = await this.#names();
    return "message" in names ? names : formatRemoval(settings, names);
  }

  async #names(): Promise<NftListing | NftFailure> {
    const listing = await this.#query(this.#nft.names, formatTableQuery(this.#settings));
    return "message" in listing && listing.isMissing ? NOTHING : listing;
  }

  async #query(runner: CommandRunner, query: string): Promise<NftListing | NftFailure> {
    const answer = await ask(runner, query);
    if (typeof answer !== "string") {
      return answer;
    }
    const unreadable = { message: "nft: unreadable listing", isMissing: false, isTotal: true };
    return parseListing(answer, this.#settings) ?? unreadable;
  }

  /** Sets that these elements need and that are not there. */
  #missingSets(elements: readonly NftElement[]): ReadonlyMap<string, NftSet> {
    const missing = new Map<string, NftSet>();
    for (const set of elements.map(({ ip }) => setOf(ip))) {
      const name = setName(this.#settings, set);
      if (!this.#sets.has(name)) {
        missing.set(name, set);
      }
    }
    return missing;
  }

  #note(changes: readonly NftChange[], added: ReadonlyMap<string, NftSet>): void {
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
