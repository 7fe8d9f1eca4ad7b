import type { Packed } from "./packed-failure";
import type { Worth } from "./worth";

/** A matched line: text before the date, the date's own text, text after it. Joined, they are the line. */
export type MatchedLine = readonly [before: string, date: string, after: string] | string;

/** The whole line of a match. */
export function formatMatch(match: MatchedLine): string {
  return typeof match === "string" ? match : match.join("");
}

/** A named part of a match: text, or the set of users of a session. */
export type GroupValue = string | ReadonlySet<string> | readonly string[];

/** What filters took from the lines: group name in lower case → value; groups that took no part are absent. */
export type Groups = ReadonlyMap<string, GroupValue>;

/**
 * One match of a failregex: who failed, when, and the lines that say so.
 * Exactly one of `id` and `host` names the offender: `host` is a name that still has to be resolved.
 * `weight` and `bantime` are those its failregex asks for, if it does.
 */
export interface Failure {
  /** Seconds since 1970; from the line, or the clock when the line has no usable date. */
  readonly time: number;
  /** Offender id in normal form (see `parseOffender`). */
  readonly id?: string | undefined;
  /** The id as a number where it is a single IPv4 address: its 32 bits, signed, which V8 keeps without a box. */
  readonly address?: number | undefined;
  /** The address when the id is not the address itself. */
  readonly ip?: string | undefined;
  /** A host name to resolve, when the filter found no address and `usedns` allows names. */
  readonly host?: string | undefined;
  readonly groups: Groups;
  readonly matches: readonly MatchedLine[];
  /** How many failures this counts for; 1 unless the filter says otherwise. */
  readonly count: number;
  /** See `Worth`. */
  readonly weight?: Worth["weight"] | undefined;
  readonly bantime?: Worth["bantime"] | undefined;
  /** Groups and lines once more, as they came from a reader. */
  readonly packed?: Packed | undefined;
}

/** The same failure at another time, or of an offender known by now. Its groups and lines may be of any kind. */
export function changeFailure(failure: Failure, change: Partial<Pick<Failure, "time" | "id">>): Failure {
  const { time, id, ip, groups, matches, count, weight, bantime, packed } = failure;
  const address = change.id === undefined ? failure.address : undefined;
  return { time, id, address, ip, groups, matches, count, weight, bantime, packed, ...change };
}
