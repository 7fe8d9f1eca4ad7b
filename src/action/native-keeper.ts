import type { Ban, Ip } from "../model";
import { compareElements } from "./native-compare";
import { NativeElements, type Moment } from "./native-elements";
import {
  isFailure,
  type BlockedElement,
  type FirewallChange,
  type FirewallFailure,
  type Ruleset,
} from "./native-backend";

/** What a keeper needs to know. */
export interface KeeperNeeds {
  /** What the firewall is called in messages. */
  readonly title: string;
  readonly now: () => number;
  readonly log: (text: string) => void;
  /** Told when everything has been made anew. */
  readonly rebuilt: () => void;
}

/** A ban, or its end, and the address it is about. */
interface WantedChange {
  readonly ip: Ip;
  readonly ban: Ban;
  readonly isBan: boolean;
}

/**
 * Keeps the kernel at what should be blocked. Its elements are the truth: when the kernel has lost them, one
 * transaction brings everything back. Where a transaction is refused, its halves are tried until those to blame are
 * found; all others are carried out.
 */
export class FirewallKeeper {
  readonly elements = new NativeElements();
  /** Of an earlier run, not restored so far. */
  inherited = new Map<string, BlockedElement>();
  readonly #needs: KeeperNeeds;
  #ruleset: Ruleset;
  /** Addresses that should be blocked and are not, with the reason. */
  #refused: ReadonlyMap<string, string> = new Map();
  /** Nobody knows how the last transaction ended. */
  #isUncertain = false;
  #isBuildingAround = false;

  constructor(ruleset: Ruleset, needs: KeeperNeeds) {
    this.#ruleset = ruleset;
    this.#needs = needs;
  }

  get ruleset(): Ruleset {
    return this.#ruleset;
  }

  /** Addresses that should be blocked and are not, with the reason; those whose ban has failed are not among them. */
  get refused(): ReadonlyMap<string, string> {
    return this.#refused;
  }

  /** Keeps what a run before has left in force, for at most so many seconds, until its bans are restored. */
  async inherit(seconds: number): Promise<void> {
    const listing = await this.#ruleset.list();
    if (!isFailure(listing)) {
      const now = this.#needs.now();
      const entries = [...listing.elements.values()].map(({ ip, left }): [string, BlockedElement] => [
        ip.text,
        { ip, end: now + Math.min(left, seconds) },
      ]);
      this.inherited = new Map(entries);
    }
  }

  /** Makes everything anew, with another ruleset from now on if given. Fails only when nothing of it is in force. */
  async rebuild(next = this.#ruleset): Promise<FirewallFailure | undefined> {
    const now = this.#needs.now();
    const old = this.#ruleset;
    const failure = await next.build(this.#wanted(now), now, old);
    const wanted = failure ? [...this.#wanted(now)] : [];
    // No address is to blame when something is missing, and building around some would unblock the others meanwhile.
    if (failure && (failure.isTotal || failure.isMissing || wanted.length === 0)) {
      this.#isUncertain ||= failure.isTotal || failure.isMissing;
      this.#refused = blame(wanted, failure);
      return failure;
    }
    this.#ruleset = next;
    this.#isUncertain = false;
    this.#isBuildingAround = true;
    this.#refused = failure ? await this.#buildAround(wanted, old) : new Map();
    this.#isBuildingAround = false;
    this.#refused.forEach((reason, key) => this.#needs.log(`${key} cannot be blocked: ${reason}`));
    this.#needs.rebuilt();
    return undefined;
  }

  /** Changes what should be in the kernel, and gives what it was before. */
  take(operations: readonly WantedChange[]): ReadonlyMap<string, Moment> {
    const moments = new Map<string, Moment>();
    for (const { ip, ban, isBan } of operations) {
      if (!moments.has(ip.text)) {
        moments.set(ip.text, this.elements.moment(ip));
      }
      if (isBan) {
        this.elements.add(ip, ban);
      } else {
        this.elements.remove(ip.text, ban.offender.id);
      }
      this.inherited.delete(ip.text);
    }
    return moments;
  }

  /** Gives the keys of changes that could not be made, with the reason. */
  async apply(changes: readonly FirewallChange[]): Promise<ReadonlyMap<string, string>> {
    const failures = await this.#applyAll(changes);
    if (this.#refused.size > 0) {
      const changed = new Set(changes.map(({ ip }) => ip.text));
      this.#refused = new Map([...this.#refused].filter(([key]) => !changed.has(key)));
    }
    return failures;
  }

  async #applyAll(changes: readonly FirewallChange[]): Promise<ReadonlyMap<string, string>> {
    const why = await this.#whyRebuild();
    if (why !== undefined) {
      this.#needs.log(`${why}; making everything anew`);
      return this.#applyByRebuilding(changes);
    }
    return this.#applyPart(changes);
  }

  /** How the kernel differs from what should be there; `undefined` when it does not. */
  async difference(): Promise<string | undefined> {
    const listing = await this.#ruleset.list();
    if (isFailure(listing)) {
      return listing.message;
    }
    const { title, now } = this.#needs;
    if (!listing.isComplete) {
      return `${title}: rules or sets of this jail are missing`;
    }
    const elements = [...this.elements.current(now())].filter(({ ip }) => !this.#refused.has(ip.text));
    const tolerated = new Set([...this.inherited.keys(), ...this.#refused.keys()]);
    const difference = compareElements(listing.elements, { elements, tolerated }, now());
    return difference === undefined ? undefined : `${title}: ${difference}`;
  }

  /** Packets of each address, of those that the kernel counts. */
  async packets(): Promise<ReadonlyMap<string, number>> {
    const listing = await this.#ruleset.list();
    const held = isFailure(listing) ? [] : [...listing.elements.values()];
    return new Map(held.flatMap(({ ip, packets }) => (packets === undefined ? [] : [[ip.text, packets]])));
  }

  /** Lets go of everything by itself after these seconds, and keeps it until then. */
  linger(seconds: number): Promise<FirewallFailure | undefined> {
    const now = this.#needs.now();
    return this.#ruleset.build(shorten(this.#wanted(now), now + seconds), now);
  }

  /** Why a change alone would not do. */
  async #whyRebuild(): Promise<string | undefined> {
    if (this.#isUncertain) {
      return "the last attempt ended in the middle";
    }
    return (await this.#ruleset.isUsable()) === false ? "rules or elements are missing" : undefined;
  }

  async #applyPart(changes: readonly FirewallChange[]): Promise<ReadonlyMap<string, string>> {
    const failure = await this.#ruleset.change(changes, this.#needs.now());
    if (!failure) {
      return new Map();
    }
    if (failure.isMissing && !this.#isBuildingAround) {
      this.#needs.log(`${failure.message}: rules are missing; making everything anew`);
      return this.#applyByRebuilding(changes);
    }
    if (failure.isTotal || changes.length < 2) {
      this.#isUncertain ||= failure.isTotal;
      return blame(changes, failure);
    }
    const middle = changes.length >> 1;
    const first = await this.#applyPart(changes.slice(0, middle));
    return new Map([...first, ...(await this.#applyPart(changes.slice(middle)))]);
  }

  async #applyByRebuilding(changes: readonly FirewallChange[]): Promise<ReadonlyMap<string, string>> {
    const failure = await this.rebuild();
    if (failure) {
      return blame(changes, failure);
    }
    const refused = changes.filter(({ ip }) => this.#refused.has(ip.text));
    return new Map(refused.map(({ ip }) => [ip.text, this.#refused.get(ip.text) ?? ""]));
  }

  /** Something among these elements is refused: one half is built, the other comes to it bit by bit. */
  async #buildAround(
    elements: readonly BlockedElement[],
    old: Ruleset,
  ): Promise<ReadonlyMap<string, string>> {
    const now = this.#needs.now();
    const half = elements.slice(0, elements.length >> 1);
    const failure = await this.#ruleset.build(half, now, old);
    if (failure && half.length === 0) {
      return blame(elements, failure);
    }
    const before = failure ? await this.#buildAround(half, old) : new Map<string, string>();
    const others = elements.slice(half.length).map((element) => ({ ip: element.ip, wanted: element }));
    const after = others.length > 0 ? await this.#applyPart(others) : new Map<string, string>();
    return new Map([...before, ...after]);
  }

  /** One by one: a list of a hundred thousand is garbage that takes longer to collect than to make. */
  *#wanted(now: number): Iterable<BlockedElement> {
    yield* this.elements.current(now);
    for (const element of this.inherited.values()) {
      if (element.end > now) {
        yield element;
      }
    }
  }
}

function* shorten(elements: Iterable<BlockedElement>, last: number): Iterable<BlockedElement> {
  for (const { ip, end } of elements) {
    yield { ip, end: Math.min(end, last) };
  }
}

function blame(
  changes: readonly { readonly ip: BlockedElement["ip"] }[],
  failure: FirewallFailure,
): ReadonlyMap<string, string> {
  return new Map(changes.map(({ ip }) => [ip.text, failure.message]));
}
