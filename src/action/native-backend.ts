import type { ActionValue, Ip } from "../model";
import type { Cutter } from "./native-cut";
import type { FirewallWatch } from "./native-watch";

/** An address or network that is to be blocked until `end`, in seconds since 1970; infinity for ever. */
export interface BlockedElement {
  readonly ip: Ip;
  readonly end: number;
}

/** What is to become of one address: blocked as the element says, or not blocked. */
export interface FirewallChange {
  readonly ip: Ip;
  readonly wanted: BlockedElement | undefined;
}

/** Why the firewall did not do it. */
export interface FirewallFailure {
  readonly message: string;
  /** The table, a set or a chain is not there (any more). */
  readonly isMissing: boolean;
  /** Nothing in the script is to blame, so a part of it would fare no better. */
  readonly isTotal: boolean;
}

/** An element as the kernel tells of it. */
export interface HeldElement {
  readonly ip: Ip;
  /** Seconds; infinity without end. */
  readonly left: number;
  /** Packets of that address since it was blocked, where they are counted. */
  readonly packets?: number;
}

/** What the kernel holds of one action of one jail. */
export interface FirewallListing {
  /** Whether all rules and sets are there, and in their place. */
  readonly isComplete: boolean;
  /** By the text of the address. */
  readonly elements: ReadonlyMap<string, HeldElement>;
}

/** The part of a firewall that belongs to one action of one jail. Nothing rejects. */
export interface Ruleset {
  /** Whether the kernel lets go of elements by itself. */
  readonly expires: boolean;
  /** How the firewall is watched for what others do to it. */
  readonly watch: FirewallWatch;
  /** The command that unblocks everybody, for people. */
  readonly clearing: string;
  /** Tables whose changes concern it, as `family name`. */
  readonly tables: readonly string[];
  /**
   * Makes everything anew so that exactly these elements are blocked; `old` is what was in force before, and goes.
   * Whoever is in both is blocked all the time. The elements are gone through once.
   */
  build(elements: Iterable<BlockedElement>, now: number, old?: Ruleset): Promise<FirewallFailure | undefined>;
  /** Carries changes out, each for another address. */
  change(changes: readonly FirewallChange[], now: number): Promise<FirewallFailure | undefined>;
  /** Leaves everything as it is, and to others. */
  release(): void;
  /** Removes everything. */
  remove(): Promise<FirewallFailure | undefined>;
  /** A quick look before something is changed: whether what could have gone unseen is as it should be. */
  isUsable(): Promise<boolean | FirewallFailure>;
  /** A quick look that reads no elements: whether rules and sets are there, and sets not emptied. */
  isIntact(): Promise<boolean | FirewallFailure>;
  list(): Promise<FirewallListing | FirewallFailure>;
}

/** Whose part of a firewall it is. */
export interface RulesetOwner {
  readonly jail: string;
  readonly action: string;
}

export type Properties = ReadonlyMap<string, ActionValue>;

/** A kind of firewall. */
export interface Backend {
  /** Its name in messages. */
  readonly title: string;
  /** Whether it can count the packets of each of the banned. */
  readonly counts?: boolean;
  /** Ends open connections on the machine whose firewall it is. */
  readonly cutter: Cutter;
  /** The ruleset these properties ask for; a text is a complaint about one that cannot be used. */
  open(properties: Properties, owner: RulesetOwner): Ruleset | string;
}

/** Whether an answer is a failure. */
export function isFailure(answer: unknown): answer is FirewallFailure {
  return typeof answer === "object" && answer !== null && "isTotal" in answer;
}
