import type { Ban } from "./ban";
import type { Failure } from "./failure";
import type { Numeric } from "./numeric";

/** Why a failure did not count. */
export type IgnoreReason = "ignoreself rule" | "ip" | "dns" | "command" | `file:${string}`;

/** Everything that happens to offenders and logs. Listeners (log, actions, store …) react; no stage calls a later one. */
export type DomainEvent =
  | { readonly type: "found"; readonly jail: string; readonly id: string; readonly failure: Failure }
  | { readonly type: "ignored"; readonly jail: string; readonly id: string; readonly reason: IgnoreReason }
  | Weighted
  | { readonly type: "ban"; readonly ban: Ban }
  | Increased
  | { readonly type: "already-banned"; readonly ban: Ban; readonly time: number }
  /** `by`: what makes it end later, as if it were a ban of its own. */
  | { readonly type: "prolonged"; readonly ban: Ban; readonly by: Pick<Ban, "time" | "bantime"> }
  | { readonly type: "unban"; readonly ban: Ban; readonly why: UnbanReason }
  | { readonly type: "expired"; readonly jail: string; readonly id: string };

/** A failure of an offender that was banned before counted for more than one. */
export interface Weighted {
  readonly type: "weighted";
  readonly jail: string;
  readonly id: string;
  readonly time: number;
  /** Bans before. */
  readonly bancount: number;
  /** How many failures it counted for; an int when maxretry capped it. */
  readonly weight: Numeric;
  /** Whether it led to a ban. */
  readonly ban: boolean;
}

/** The ban just made got its time from the bans before it. */
export interface Increased {
  readonly type: "increased";
  readonly ban: Ban;
  /** Bans before, and when the last of them began. */
  readonly bancount: number;
  readonly timeofban: number;
  readonly from: Numeric;
  readonly to: Numeric;
}

/** `expiry`: the time is over; `command`: somebody asked; `stop`: the jail ends, the ban stays in the database. */
export type UnbanReason = "expiry" | "command" | "stop";
