import { parseIp, type Family, type Ip } from "../model";
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
import type { Cutter } from "./native-cut";
import type { FirewallWatch } from "./native-watch";
import type { Xtables } from "./native-xtables";
import { hasChain, isInPlace, rulesOf, type RuleLines } from "./native-xtables-script";
import { XtablesChains } from "./native-xtables-chains";
import { readXtablesSettings, rulesFor, type XtablesSettings } from "./native-xtables-settings";

const FAMILIES: readonly Family[] = ["inet4", "inet6"];

/** The iptables of a system, one rule for each address. */
export function createIptablesBackend(xtables: Xtables, cutter: Cutter): Backend {
  return {
    title: "iptables",
    cutter,
    open: (properties, owner) => {
      const settings = readXtablesSettings(properties, owner);
      return typeof settings === "string" ? settings : new IptablesRuleset(xtables, settings);
    },
  };
}

/** A chain of iptables, and of ip6tables once it is needed, with a rule for each address. */
class IptablesRuleset implements Ruleset {
  readonly expires = false;
  readonly tables = ["ip filter", "ip6 filter"];
  readonly #xtables: Xtables;
  readonly #settings: XtablesSettings;
  readonly #chains: XtablesChains;
  /** Texts of addresses that have a rule. */
  #held = new Set<string>();
  readonly #families = new Set<Family>(["inet4"]);

  constructor(xtables: Xtables, settings: XtablesSettings) {
    this.#xtables = xtables;
    this.#settings = settings;
    this.#chains = new XtablesChains(xtables, settings);
  }

  get clearing(): string {
    const programs = [...this.#families].map((family) => (family === "inet4" ? "iptables" : "ip6tables"));
    return programs.map((program) => `${program} -F ${this.#settings.chain}`).join("; ");
  }

  get watch(): FirewallWatch {
    return this.#xtables.watch;
  }

  async build(wanted: Iterable<BlockedElement>): Promise<FirewallFailure | undefined> {
    const elements = [...wanted];
    for (const family of FAMILIES) {
      const rules = elements.filter(({ ip }) => ip.family === family).flatMap(({ ip }) => this.#rules(ip));
      const failure = await this.#buildFamily(family, rules, rules.length > 0 || family === "inet4");
      if (failure) {
        return failure;
      }
    }
    this.#held = new Set(elements.map(({ ip }) => ip.text));
    return undefined;
  }

  async change(changes: readonly FirewallChange[]): Promise<FirewallFailure | undefined> {
    for (const family of FAMILIES) {
      const own = changes.filter(({ ip }) => ip.family === family);
      const failure = own.length > 0 ? await this.#changeFamily(family, own) : undefined;
      if (failure) {
        return failure;
      }
    }
    return undefined;
  }

  release(): void {
    // Sets and chains belong to nobody else.
  }

  remove(): Promise<FirewallFailure | undefined> {
    return this.#chains.remove([...this.#families]);
  }

  async isUsable(): Promise<boolean | FirewallFailure> {
    return (this.watch.isAwake && (await this.#xtables.isSeen())) || this.isIntact();
  }

  async isIntact(): Promise<boolean | FirewallFailure> {
    const listing = await this.#list();
    return isFailure(listing) ? listing : listing.isComplete && listing.elements.size >= this.#held.size;
  }

  list(): Promise<FirewallListing | FirewallFailure> {
    return this.#list();
  }

  /** A family that nobody wants is only looked after when there is a chain of it. */
  async #buildFamily(
    family: Family,
    rules: readonly string[],
    isWanted: boolean,
  ): Promise<FirewallFailure | undefined> {
    if (!isWanted) {
      const lines = await this.#chains.lines(family);
      if (isFailure(lines) || !hasChain(lines, this.#settings.chain)) {
        return undefined;
      }
    }
    const failure = await this.#chains.build(family, rules);
    if (!failure) {
      this.#families.add(family);
    }
    return failure;
  }

  async #changeFamily(
    family: Family,
    changes: readonly FirewallChange[],
  ): Promise<FirewallFailure | undefined> {
    const added = changes.filter(({ ip, wanted }) => wanted && !this.#held.has(ip.text)).map(({ ip }) => ip);
    const removed = changes
      .filter(({ ip, wanted }) => !wanted && this.#held.has(ip.text))
      .map(({ ip }) => ip);
    if (added.length > 0 && !this.#families.has(family)) {
      const failure = await this.#buildFamily(family, [], true);
      if (failure) {
        return failure;
      }
    }
    const { chain } = this.#settings;
    const lines = [
      ...added.flatMap((ip) => this.#rules(ip).map((rule) => `-A ${chain} ${rule}`)),
      ...removed.flatMap((ip) => this.#rules(ip).map((rule) => `-D ${chain} ${rule}`)),
    ];
    const failure = lines.length > 0 ? await this.#chains.apply(family, lines) : undefined;
    if (!failure) {
      added.forEach((ip) => this.#held.add(ip.text));
      removed.forEach((ip) => this.#held.delete(ip.text));
    }
    return failure;
  }

  async #list(): Promise<FirewallListing | FirewallFailure> {
    const elements = new Map<string, HeldElement>();
    let isComplete = true;
    for (const family of FAMILIES) {
      const lines = await this.#chains.lines(family);
      if (isFailure(lines) && this.#families.has(family)) {
        return lines;
      }
      if (!isFailure(lines)) {
        isComplete &&= !this.#families.has(family) || isInPlace(this.#settings, lines);
        readElements(lines, this.#settings.chain).forEach((ip) =>
          elements.set(ip.text, { ip, left: Number.POSITIVE_INFINITY }),
        );
      }
    }
    return { isComplete, elements };
  }

  #rules(ip: Ip): readonly string[] {
    return rulesFor(this.#settings, `-s ${ip.text}`, ip.family);
  }
}

/** Addresses with a rule in our chain: `-A CHAIN -s 192.0.2.1/32 -j …`. */
function readElements(lines: RuleLines, chain: string): readonly Ip[] {
  return rulesOf(lines, chain).flatMap((line) => {
    const ip = parseIp(/ -s (\S+)/.exec(line)?.[1] ?? "");
    return ip ? [ip] : [];
  });
}
