import type { MatchedLine } from "../model";
import type { CommandRunner } from "../platform";
import type { ActionLog } from "./action";
import type { ActionThreads } from "./notices/action-threads";

/** What actions may know of their jail; the numbers are read when a tag asks for them. */
export interface JailView {
  readonly name: string;
  readonly banned: number;
  readonly bannedTotal: number;
  readonly found: number;
  readonly foundTotal: number;
  /** Seconds. */
  readonly bantime: number;
}

/** What the database knows of an offender: lines of older bans with those of the current one, and all failures. */
export interface MergedBans {
  readonly matches: readonly MatchedLine[];
  readonly failures: number;
}

/** Whose bans are merged: those of every jail, or of the action's own. */
export type MergeScope = "all" | "jail";

/** What the world has to tell when a tag asks; each is asked only for tags that a command contains. */
export interface TagLookups {
  /** `undefined` when the database knows nothing of that id. */
  merged(id: string, scope: MergeScope): MergedBans | undefined;
  /** The host name of an address, `undefined` when it has none. Whoever owns the address chose that text. */
  hostNameOf(ip: string): Promise<string | undefined>;
  /** Names of this machine, fully qualified and short. */
  ownNames(): { readonly full: string; readonly short: string };
}

/** All that the actions of one jail need from outside. */
export interface ActionContext {
  readonly jail: JailView;
  readonly runner: CommandRunner;
  readonly lookups: TagLookups;
  readonly log: ActionLog;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly ipv6Allowed: () => boolean;
  /** For actions that run in threads; without it there are none. */
  readonly threads?: ActionThreads;
}
