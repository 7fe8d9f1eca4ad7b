import type { Failure, Groups, MatchedLine, Worth } from "../model";
import type { ClockContext } from "./clock-rules";
import type { CompiledFilter } from "./compile-filter";
import { identify, textOf, type Identity } from "./identity";
import { Sessions } from "./sessions";

/**
 * What one failregex made of a line. `failure`: it names an offender; `quiet`: part of a session but no failure;
 * `pending`: a failure whose address is still to come; `nameless`: matched, but its offender may not be used
 * (a host name with `usedns = no`); `ignored`: an ignoreregex spoke against it.
 */
export interface Hit {
  readonly kind: "failure" | "quiet" | "pending" | "nameless" | "ignored";
  /** Index into the filter's failregexes; absent when an ignoreregex dropped the line before any was tried. */
  readonly failregex?: number;
  /** Index of the ignoreregex that dropped it. */
  readonly ignoreregex?: number;
  /** Seconds since 1970; `undefined` for a line that has no date at all. */
  readonly time?: number;
  readonly identity?: Identity;
  /** What the failregex says of its matches. */
  readonly worth?: Worth;
  readonly groups: Groups;
  readonly matches: readonly MatchedLine[];
}

/** What a failregex found in a line. */
export interface Finding {
  readonly index: number;
  /** The ignoreregex that speaks against it, -1 for none. */
  readonly ignoreregex: number;
  readonly groups: Groups;
  readonly matches: readonly MatchedLine[];
  readonly time: number | undefined;
  readonly clock: ClockContext;
  readonly checkAll: boolean;
  /** See `FeedOptions`. */
  readonly isBare?: boolean;
}

/** Says what a match means, which may depend on what came before it. */
export class HitMaker {
  readonly #compiled: CompiledFilter;
  readonly #sessions = new Sessions();

  constructor(compiled: CompiledFilter) {
    this.#compiled = compiled;
  }

  make(finding: Finding): Hit {
    const { index, ignoreregex, groups, matches, time } = finding;
    const hit: Mutable<Hit> =
      ignoreregex < 0 ? this.#conclude(finding) : { kind: "ignored", groups, matches, ignoreregex };
    const worth = ignoreregex < 0 ? this.#compiled.failregex[index]?.worth : undefined;
    hit.failregex = index;
    if (time !== undefined) {
      hit.time = time;
    }
    if (worth) {
      hit.worth = worth;
    }
    return hit;
  }

  #identify(groups: Groups, isBare: boolean): Identity | undefined {
    const isNamed = isBare && (groups.has("ip4") || groups.has("ip6") || groups.has("fid"));
    return isNamed ? SOMEBODY : identify(groups, this.#compiled.hosts);
  }

  #conclude({ groups, matches, clock, checkAll, isBare = false }: Finding): Hit {
    if (!groups.has("mlfid")) {
      const identity = this.#identify(groups, isBare);
      return identity
        ? { kind: "failure", groups, matches, identity }
        : { kind: "nameless", groups, matches };
    }
    const session = this.#sessions.join(groups, matches, clock.now);
    if (!session.isFailure) {
      // Jails have no use for it; a report that tries all regexes tells whom the line is about.
      const identity = checkAll ? this.#identify(session.groups(), isBare) : undefined;
      return identity ? { kind: "quiet", groups, matches, identity } : { kind: "quiet", groups, matches };
    }
    const known = session.groups();
    const identity = this.#identify(known, isBare);
    if (!identity) {
      session.postpone();
      return { kind: "pending", groups: known, matches: session.matches };
    }
    return { kind: "failure", groups: known, matches: session.matches, identity };
  }
}

/** Stands for whomever an address or an own id names. */
const SOMEBODY: Identity = { id: "?" };

/** The failure a hit stands for; `undefined` for hits that are none or have no time. */
export function failureOf(hit: Hit): Failure | undefined {
  const { kind, time, identity, groups, matches, worth } = hit;
  if (kind !== "failure" || time === undefined || !identity) {
    return undefined;
  }
  const failure: Mutable<Failure> = { time, groups, matches, count: countOf(groups) };
  return Object.assign(failure, identity, worth);
}

/** More failures in one line than this are not believed. */
const MOST_COUNTED = 1000;

/**
 * `<F-COUNT>` tells how many failures a line stands for ("failed login, 7 times").
 * DIFFERS: to fail2ban it is a group like any other.
 */
function countOf(groups: Groups): number {
  const text = textOf(groups.get("count"));
  const count = text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : 1;
  return Math.min(Math.max(1, count), MOST_COUNTED);
}

/** Members are set where they are there: spreading objects together costs as much as matching. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
