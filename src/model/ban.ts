import type { Groups, MatchedLine } from "./failure";
import type { Offender } from "./offender";

/** Seconds of a ban that never ends. */
export const PERMANENT = -1;

/** What a ban remembers of the failures behind it. */
export interface BanData {
  readonly matches: readonly MatchedLine[];
  readonly failures: number;
  readonly groups: Groups;
}

/** One offender banned in one jail. */
export interface Ban {
  readonly jail: string;
  readonly offender: Offender;
  /** The address when the offender's id is not the address itself (tag `<ip>`). */
  readonly ip?: string;
  /** Start, in seconds since 1970: the time of the last failure, or of the command. */
  readonly time: number;
  /** Seconds; `PERMANENT` never ends. */
  readonly bantime: number;
  /** How many times this offender has been banned, this ban included. */
  readonly bancount: number;
  /** Whether it was taken from the database at start. */
  readonly restored: boolean;
  readonly data: BanData;
}

/** When the ban ends, in seconds since 1970; infinity when it never does. */
export function banEnd(ban: Pick<Ban, "time" | "bantime">): number {
  return ban.bantime === PERMANENT ? Number.POSITIVE_INFINITY : ban.time + ban.bantime;
}
