import type { Origin } from "./errors";

/** A configured text and the place it was written at, when it came from a file. */
export interface Sourced {
  readonly text: string;
  readonly origin?: Origin;
}

/** Seconds, or an expression such as `10m` that is still as the user wrote it. */
export type TimeText = string | number;

/** What to do with host names in place of addresses. */
export type UseDns = "yes" | "warn" | "no" | "raw";

/** What one jail looks for in its log lines. Texts are fail2ban's, tags such as `<HOST>` still in them. */
export interface FilterSpec {
  readonly prefregex?: Sourced;
  readonly failregex: readonly Sourced[];
  readonly ignoreregex: readonly Sourced[];
  /** Lines of an own format; absent means the default list. Several patterns are separated by newlines. */
  readonly datepattern?: Sourced;
  /** How many lines one failure may span; 1 is the usual. */
  readonly maxlines: number;
  readonly usedns: UseDns;
  /** Zone of dates that carry none, such as `UTC+0200`; absent means the system's. */
  readonly logtimezone?: string;
}

/** One log a jail follows. `tail` starts at the end of what is there, `head` at the beginning. */
export interface LogSpec {
  readonly path: string;
  readonly position: "head" | "tail";
}

/** Where a jail's lines come from. */
export interface SourceSpec {
  /** As configured, `[args]` included: `auto`, `polling`, `pyinotify`, `systemd[journalpath=…]`. */
  readonly backend: string;
  readonly logs: readonly LogSpec[];
  /** Shell patterns of logs to be read as well as soon as they are there. */
  readonly patterns?: readonly LogSpec[];
  /** Words of each match line, `+` groups already split apart, as journalctl takes them. */
  readonly journalmatch: readonly (readonly string[])[];
  /** A Python codec name, or `auto`. */
  readonly logencoding: string;
}

/** The `bantime.*` family. Absent members are unset. */
export interface IncrementSpec {
  readonly increment?: boolean;
  readonly factor?: string;
  readonly formula?: string;
  readonly multipliers?: string;
  readonly maxtime?: TimeText;
  readonly rndtime?: TimeText;
  readonly overalljails?: boolean;
}

/** Who is never banned by a jail. */
export interface IgnoreSpec {
  readonly ignoreself: boolean;
  readonly ignoreip: readonly string[];
  readonly ignorecommand: string;
  /** As configured: `key="…", max-count=…, max-time=…`. */
  readonly ignorecache?: string;
}

/** An action value as the configuration or a `set` command gives it. */
export type ActionValue = string | number | boolean | null;

/** One action of a jail: its final name and all its properties, `x?family=inet6` variants included. */
export interface ActionSpec {
  readonly name: string;
  readonly properties: ReadonlyMap<string, ActionValue>;
  /** File and keyword arguments (JSON) of an action that is a program: `smtp.py` or a JavaScript module. */
  readonly script?: { readonly file: string; readonly args: string };
}

/** All that one jail is made of: plain data, nothing live. */
export interface JailSpec {
  readonly name: string;
  readonly source: SourceSpec;
  readonly filter: FilterSpec;
  readonly maxretry: number;
  readonly maxmatches: number;
  readonly findtime: TimeText;
  readonly bantime: TimeText;
  readonly increment: IncrementSpec;
  readonly ignore: IgnoreSpec;
  readonly actions: readonly ActionSpec[];
  readonly idle: boolean;
}
