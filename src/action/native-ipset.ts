import type { Family } from "../model";
import {
  isFailure,
  type Backend,
  type BlockedElement,
  type FirewallChange,
  type FirewallFailure,
  type FirewallListing,
  type HeldElement,
  type Ruleset,
} from "./native-backend";
import { formatEntries, formatNewSet, ipsetName, parseEntries, parseSizes } from "./native-ipset-script";
import type { Cutter } from "./native-cut";
import type { FirewallWatch } from "./native-watch";
import type { Xtables } from "./native-xtables";
import { hasChain, isInPlace } from "./native-xtables-script";
import { XtablesChains } from "./native-xtables-chains";
import { readXtablesSettings, rulesFor, type XtablesSettings } from "./native-xtables-settings";

const FAMILIES: readonly Family[] = ["inet4", "inet6"];
/** A set is in use for a moment longer than the rule that looked into it. */
const DESTROY_ATTEMPTS = 20;
const DESTROY_PAUSE = 0.05;

/** The ipset of a system, with one rule of iptables that looks into a set. */
export function createIpsetBackend(xtables: Xtables, cutter: Cutter): Backend {
  return {
    title: "ipset",
    cutter,
    open: (properties, owner) => {
      const settings = readXtablesSettings(properties, owner);
      return typeof settings === "string" ? settings : new IpsetRuleset(xtables, settings);
    },
  };
}

/** A set of addresses and networks for each family, and a chain of iptables with one rule that looks into it. */
class IpsetRuleset implements Ruleset {
  readonly expires = true;
  readonly tables = ["ip filter", "ip6 filter"];
  readonly #xtables: Xtables;
  readonly #settings: XtablesSettings;
  readonly #chains: XtablesChains;
  readonly #families = new Set<Family>(["inet4"]);
  /** Ends of the elements that were put into the sets. */
  #held = new Map<string, BlockedElement>();

  constructor(xtables: Xtables, settings: XtablesSettings) {
    this.#xtables = xtables;
    this.#settings = settings;
    this.#chains = new XtablesChains(xtables, settings);
  }

  get clearing(): string {
    return [...this.#families].map((family) => `ipset flush ${ipsetName(this.#settings, family)}`).join("; ");
  }

  get watch(): FirewallWatch {
    return this.#xtables.watch;
  }

  async build(wanted: Iterable<BlockedElement>, now: number): Promise<FirewallFailure | undefined> {
    const elements = [...wanted];
    const sizes = await this.#sizes();
    if (isFailure(sizes)) {
      return sizes;
    }
    for (const family of FAMILIES) {
      const own = elements.filter(({ ip }) => ip.family === family);
      const isWanted = family === "inet4" || own.length > 0 || sizes.has(ipsetName(this.#settings, family));
      const failure = isWanted ? await this.#buildFamily(family, own, { now, sizes }) : undefined;
      if (failure) {
        return failure;
      }
    }
    this.#held = new Map(elements.map((element) => [element.ip.text, element]));
    return undefined;
  }

  async change(changes: readonly FirewallChange[], now: number): Promise<FirewallFailure | undefined> {
    for (const family of FAMILIES) {
      const isNew =
        changes.some(({ ip, wanted }) => wanted && ip.family === family) && !this.#families.has(family);
      const sizes = isNew ? await this.#sizes() : undefined;
      const failure = isFailure(sizes)
        ? sizes
        : sizes && (await this.#buildFamily(family, [], { now, sizes }));
      if (failure) {
        return failure;
      }
    }
    // A set cannot be asked to forget what its family has never held.
    const known = changes.filter(({ ip }) => this.#families.has(ip.family));
    const failure = await this.#restore(formatEntries(this.#settings, known, now));
    if (!failure) {
      for (const { ip, wanted } of known) {
        if (wanted) {
          this.#held.set(ip.text, wanted);
        } else {
          this.#held.delete(ip.text);
        }
      }
    }
    return failure;
  }

  release(): void {
    // Sets and chains belong to nobody else.
  }

  async remove(): Promise<FirewallFailure | undefined> {
    const families = [...this.#families];
    const sizes = await this.#sizes();
    const failure = await this.#chains.remove(families);
    if (failure ?? isFailure(sizes)) {
      return failure ?? (isFailure(sizes) ? sizes : undefined);
    }
    for (const name of families.map((family) => ipsetName(this.#settings, family))) {
      const left = !isFailure(sizes) && sizes.has(name) ? await this.#destroy(name) : undefined;
      if (left) {
        return left;
      }
    }
    return undefined;
  }

  async isUsable(): Promise<boolean | FirewallFailure> {
    const isSeen = this.watch.isAwake && (await this.#xtables.isSeen());
    return isSeen ? this.#hasSets() : this.isIntact();
  }

  async isIntact(): Promise<boolean | FirewallFailure> {
    const hasSets = await this.#hasSets();
    return hasSets === true ? this.#hasRules() : hasSets;
  }

  async list(): Promise<FirewallListing | FirewallFailure> {
    const elements = new Map<string, HeldElement>();
    const sizes = await this.#sizes();
    if (isFailure(sizes)) {
      return sizes;
    }
    for (const family of FAMILIES) {
      const name = ipsetName(this.#settings, family);
      const text = sizes.has(name) ? await this.#xtables.run(["ipset", "list", name]) : "";
      if (isFailure(text)) {
        return text;
      }
      for (const element of parseEntries(text)) {
        elements.set(element.ip.text, element);
      }
    }
    const isComplete = await this.isIntact();
    return isFailure(isComplete) ? isComplete : { isComplete, elements };
  }

  /** The set is made beside the old one and takes its place; then the rules that look into it. */
  async #buildFamily(
    family: Family,
    elements: readonly BlockedElement[],
    { now, sizes }: { readonly now: number; readonly sizes: ReadonlyMap<string, number> },
  ): Promise<FirewallFailure | undefined> {
    const name = ipsetName(this.#settings, family);
    const match = `-m set --match-set ${name} src`;
    const failure =
      (await this.#restore(formatNewSet(this.#settings, family, { elements, now, sizes }))) ??
      (await this.#chains.build(family, rulesFor(this.#settings, match, family)));
    if (!failure) {
      this.#families.add(family);
    }
    return failure;
  }

  async #hasSets(): Promise<boolean | FirewallFailure> {
    const sizes = await this.#sizes();
    if (isFailure(sizes)) {
      return sizes;
    }
    const now = Date.now() / 1000;
    return [...this.#families].every((family) => {
      const size = sizes.get(ipsetName(this.#settings, family));
      return size !== undefined && (size > 0 || !this.#holds(family, now));
    });
  }

  #holds(family: Family, now: number): boolean {
    return [...this.#held.values()].some(({ ip, end }) => ip.family === family && end > now);
  }

  async #hasRules(): Promise<boolean | FirewallFailure> {
    for (const family of this.#families) {
      const lines = await this.#chains.lines(family);
      if (isFailure(lines)) {
        return lines;
      }
      const { chain } = this.#settings;
      const isThere = hasChain(lines, chain) && isInPlace(this.#settings, lines);
      const name = ipsetName(this.#settings, family);
      if (
        !isThere ||
        !lines.some((line) => line.startsWith(`-A ${chain} `) && line.includes(` ${name} src`))
      ) {
        return false;
      }
    }
    return true;
  }

  /** How many entries each set of the system has. */
  async #sizes(): Promise<ReadonlyMap<string, number> | FirewallFailure> {
    const text = await this.#xtables.run(["ipset", "list", "-t"]);
    return isFailure(text) ? text : parseSizes(text);
  }

  async #restore(script: string): Promise<FirewallFailure | undefined> {
    const answer = script === "" ? "" : await this.#xtables.run(["ipset", "-exist", "restore"], script);
    return isFailure(answer) ? answer : undefined;
  }

  async #destroy(name: string): Promise<FirewallFailure | undefined> {
    let failure: FirewallFailure | undefined;
    for (let i = 0; i < DESTROY_ATTEMPTS; i++) {
      const answer = await this.#xtables.run(["ipset", "destroy", name]);
      failure = isFailure(answer) ? answer : undefined;
      if (!failure?.message.includes("in use")) {
        return failure;
      }
      await new Promise((resolve) => {
        setTimeout(resolve, DESTROY_PAUSE * 1000);
      });
    }
    return failure;
  }
}
