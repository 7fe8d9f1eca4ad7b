import type { Ban } from "./ban";
import type { Failure } from "./failure";

/** Why a failure did not count. */
export type IgnoreReason = "ignoreself rule" | "ip" | "dns" | "command" | `file:${string}`;

/** Everything that happens to offenders and logs. Listeners (log, actions, store …) react; no stage calls a later one. */
export type DomainEvent =
  | { readonly type: "found"; readonly jail: string; readonly id: string; readonly failure: Failure }
  | { readonly type: "ignored"; readonly jail: string; readonly id: string; readonly reason: IgnoreReason }
  | { readonly type: "ban"; readonly ban: Ban }
  | { readonly type: "already-banned"; readonly ban: Ban; readonly time: number }
  | { readonly type: "prolonged"; readonly ban: Ban }
  | { readonly type: "unban"; readonly ban: Ban; readonly why: UnbanReason }
  | { readonly type: "expired"; readonly jail: string; readonly id: string };

/** `expiry`: the time is over; `command`: somebody asked; `stop`: the jail ends, the ban stays in the database. */
export type UnbanReason = "expiry" | "command" | "stop";
