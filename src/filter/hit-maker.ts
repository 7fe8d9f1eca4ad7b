import type { Failure, Groups, MatchedLine, Worth } from "../model";
import { BareSessions, factsOf, identifyBare, type Facts } from "./bare-sessions";
import type { ClockContext } from "./clock-rules";
import type { CompiledFilter } from "./compile-filter";
import { identify, textOf, type Identity } from "./identity";
import { PackedHit } from "./packed-hit";
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
  readonly identity?: Identity | undefined;
  /** What the failregex says of its matches. */
  readonly worth?: Worth | undefined;
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

/** The same of which only the kind is asked for. */
export interface BareFinding extends Pick<Finding, "index" | "ignoreregex" | "clock" | "checkAll"> {
  readonly facts: Facts;
}

/** Says what a match means, which may depend on what came before it. */
export class HitMaker {
  readonly #compiled: CompiledFilter;
  readonly sessions = new Sessions();
  readonly #bareSessions: BareSessions;
  /** Hits that differ in nothing are one. */
  readonly #bareHits = new Map<number, Hit>();

  constructor(compiled: CompiledFilter) {
    this.#compiled = compiled;
    this.#bareSessions = new BareSessions(compiled.hosts);
  }

  make(finding: Finding): Hit {
    if (finding.isBare) {
      return this.makeBare({ ...finding, facts: factsOf(finding.groups) });
    }
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

  /** A hit without groups, lines, time and offender. */
  makeBare({ index, ignoreregex, facts, clock, checkAll }: BareFinding): Hit {
    if (ignoreregex >= 0) {
      return { kind: "ignored", failregex: index, ignoreregex, groups: NO_GROUPS, matches: NO_LINES };
    }
    if (facts.session !== undefined) {
      const { kind, identity } = this.#bareSessions.join(facts, clock.now, checkAll);
      return this.#bareHit(kind, index, { identity, isQuiet: false });
    }
    const identity = identifyBare(facts, this.#compiled.hosts);
    return this.#bareHit(identity ? "failure" : "nameless", index, { identity, isQuiet: facts.isQuiet });
  }

  #bareHit(
    kind: Hit["kind"],
    failregex: number,
    { identity, isQuiet }: { readonly identity: Identity | undefined; readonly isQuiet: boolean },
  ): Hit {
    const groups = isQuiet ? QUIET_GROUPS : NO_GROUPS;
    if (identity?.host !== undefined) {
      return { kind, failregex, groups, matches: NO_LINES, identity };
    }
    const key = (failregex * KINDS.length + KINDS.indexOf(kind)) * 2 + (isQuiet ? 1 : 0);
    let hit = this.#bareHits.get(key);
    if (!hit) {
      hit = { kind, failregex, groups, matches: NO_LINES };
      this.#bareHits.set(key, hit);
    }
    return hit;
  }

  #conclude({ groups, matches, clock, checkAll }: Finding): Hit {
    const { hosts } = this.#compiled;
    if (!groups.has("mlfid")) {
      const identity = identify(groups, hosts);
      return identity
        ? { kind: "failure", groups, matches, identity }
        : { kind: "nameless", groups, matches };
    }
    const session = this.sessions.join(groups, matches, clock.now);
    if (!session.isFailure) {
      // Jails have no use for it; a report that tries all regexes tells whom the line is about.
      const identity = checkAll ? identify(session.groups(), hosts) : undefined;
      return identity ? { kind: "quiet", groups, matches, identity } : { kind: "quiet", groups, matches };
    }
    const known = session.groups();
    const identity = identify(known, hosts);
    if (!identity) {
      session.postpone();
      return { kind: "pending", groups: known, matches: session.matches };
    }
    return { kind: "failure", groups: known, matches: session.matches, identity };
  }
}

const KINDS: readonly Hit["kind"][] = ["failure", "quiet", "pending", "nameless", "ignored"];
const NO_LINES: readonly MatchedLine[] = [];
const NO_GROUPS: Groups = new Map();
const QUIET_GROUPS: Groups = new Map([["nofail", "?"]]);

/** The failure a hit stands for; `undefined` for hits that are none or have no time. */
export function failureOf(hit: Hit): Failure | undefined {
  if (hit instanceof PackedHit) {
    return hit.kind === "failure" ? hit : undefined;
  }
  const { kind, time, identity, groups, matches, worth } = hit;
  if (kind !== "failure" || time === undefined || !identity) {
    return undefined;
  }
  const { id, ip, host } = identity;
  return {
    time,
    id,
    ip,
    host,
    groups,
    matches,
    count: countOf(groups),
    weight: worth?.weight,
    bantime: worth?.bantime,
  };
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
