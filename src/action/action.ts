import type { ActionSpec, Ban, Family } from "../model";
import type { KnockPolicy } from "./native-knocking";

/** Names of fail2ban's log levels. */
export type ActionLogLevel =
  | "CRITICAL"
  | "ERROR"
  | "WARNING"
  | "NOTICE"
  | "INFO"
  | "MSG"
  | "DEBUG"
  | "TRACEDEBUG"
  | "HEAVYDEBUG";

/** Takes one log message; `logger` is the part after `fail2ban.`, such as `actions`. */
export type ActionLog = (level: ActionLogLevel, logger: string, text: string) => void;

/** The family an action works for: `None` for ids that are no addresses, empty where families do not matter. */
export type ActionFamily = Family | "None" | "";

/** The text that stands for a tag such as `ip` or `F-USER`; `undefined` when there is no such tag. */
export type TagSource = (tag: string) => string | undefined | Promise<string | undefined>;

/** One ban as actions see it. */
export interface BanTarget {
  readonly ban: Ban;
  readonly family: ActionFamily;
  readonly tags: TagSource;
}

/** How one operation of one action ended. `skipped`: there was nothing to do. The message is for people. */
export type ActionOutcome =
  | { readonly status: "applied" }
  | { readonly status: "skipped" }
  | { readonly status: "failed"; readonly message: string };

/** What an action can be asked to do. */
export type ActionOperation =
  | "start"
  | "stop"
  | "ban"
  | "unban"
  | "reban"
  | "prolong"
  | "flush"
  | "reload"
  | "check";

/** What may be done about an environment that is found broken. */
export type CheckMode = "repair" | "report";

/** Something that carries bans out: a set of shell commands, or a native firewall. Failures are values, it never throws. */
export interface Action {
  readonly name: string;
  /** Whether bans restored from the database are not for this action. */
  readonly norestored: boolean;
  /** Whether all bans can be taken back at once. */
  readonly canFlush: boolean;
  /** Grows whenever bans made before may be lost, after a repair. */
  readonly epoch: number;
  /** Offenders whose ban it has confirmed and then lost, with the reason why it is not back so far. */
  readonly lost?: ReadonlyMap<string, string>;
  /** Whether bans may be asked for before earlier ones are done, so that many can be carried out at once. */
  readonly concurrent?: boolean;
  /** `bans` are those it will be asked for at once; it may carry them out before, see `isAhead`. */
  start(bans?: readonly Ban[]): Promise<ActionOutcome>;
  /** Whether it has carried out a ban at its start that it has not been asked for so far. */
  isAhead?(ban: Ban): boolean;
  stop(): Promise<ActionOutcome>;
  /** Stops in place of a flush and a stop, when it is about to be started again: bans stay in force for a while. */
  pause?(): Promise<ActionOutcome>;
  ban(target: BanTarget): Promise<ActionOutcome>;
  /** Bans many at once; gives those that could not be banned, by the ids of the offenders, with the reason. */
  banMany?(bans: readonly Ban[]): Promise<ReadonlyMap<string, string>>;
  unban(target: BanTarget): Promise<ActionOutcome>;
  reban(target: BanTarget): Promise<ActionOutcome>;
  prolong(target: BanTarget): Promise<ActionOutcome>;
  flush(): Promise<ActionOutcome>;
  /** What becomes of bans by what the banned send; absent where nobody looks. */
  readonly knocking?: KnockPolicy | undefined;
  /** Packets of each address since its ban began, by the text of the address; of those that are counted. */
  packets?(): Promise<ReadonlyMap<string, number>>;
  /** Takes over new properties; bans stay as they are. */
  reload(spec: ActionSpec): Promise<ActionOutcome>;
  check(mode: CheckMode): Promise<ActionOutcome>;
}

/** The operation was carried out. */
export const APPLIED: ActionOutcome = { status: "applied" };

/** The operation had nothing to do. */
export const SKIPPED: ActionOutcome = { status: "skipped" };

/** The operation did not work. */
export function failed(message: string): ActionOutcome {
  return { status: "failed", message };
}
