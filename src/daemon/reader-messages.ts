import type { FilterSpec, Origin } from "../model";
import type { LogLevel } from "../platform";
import type { TimeNotice } from "../filter";
import type { LineMark } from "./desk";
import type { FailureBatch } from "./failure-wire";

/** Where reading of a log left off: SHA-1 of its first line and the byte after the last line read. */
export interface LogPosition {
  readonly hash: string;
  readonly position: number;
}

/** One log to follow; without `resume` it starts where `position` says. */
export interface ReaderLog {
  readonly path: string;
  readonly position: "head" | "tail";
  readonly resume?: LogPosition;
}

/** The journal as a source: match groups as journalctl takes them, options of the backend, and where to go on. */
export interface ReaderJournal {
  readonly matches: readonly (readonly string[])[];
  readonly options: Readonly<Record<string, string>>;
  /** Time of the last entry handled before: as text in `hash`, in seconds since 1970 in `position`. */
  readonly resume?: LogPosition;
}

/** All a reader needs to know of a jail. */
export interface ReaderJail {
  readonly name: string;
  readonly filter: FilterSpec;
  readonly findtime: number;
  readonly logencoding: string;
  readonly polling: boolean;
  readonly journal?: ReaderJournal;
  /** Lines to pass over: a reader before was stuck at them. */
  readonly skip: readonly LineMark[];
  /** Regexes, as the user wrote them, that are not tried any more: they got stuck too often. */
  readonly outOfService: readonly string[];
}

/** What the daemon tells a reader. */
export type ReaderRequest =
  | { readonly type: "open"; readonly jail: ReaderJail; readonly logs: readonly ReaderLog[] }
  | { readonly type: "update"; readonly jail: ReaderJail }
  | { readonly type: "add-log"; readonly jail: string; readonly log: ReaderLog }
  | { readonly type: "remove-log"; readonly jail: string; readonly path: string }
  | { readonly type: "close"; readonly jail: string; readonly reply: number }
  | { readonly type: "ack"; readonly count: number }
  | { readonly type: "inspect"; readonly reply: number };

/** How far a source has got. */
export interface SourceState {
  readonly jail: string;
  readonly path: string;
  readonly state: "following" | "waiting" | "failed";
  readonly lines: number;
  readonly position: number;
  readonly health: SourceHealth;
}

/** Whether a source does what it should. Times in seconds. */
export interface SourceHealth {
  readonly bytes: number;
  /** Bytes that wait to be read, and for how long they have. */
  readonly behind: number;
  readonly delay: number;
  /** Lines that a failregex of the jail matched, whatever came of it. */
  readonly matched: number;
  /** About how long the jail's filter has looked at lines. */
  readonly filterSeconds: number;
  /** Lines whose date was looked at, one a second at most, and how many had none. */
  readonly sampled: number;
  readonly undated: number;
  /** When the last line came, since 1970. */
  readonly lastLine?: number;
  /** How far the last date looked at lay after the clock. */
  readonly offset?: number;
  /** It used to speak and does no more. */
  readonly isSilent: boolean;
}

/** What a reader tells the daemon. Messages of one jail come in the order of its lines. */
export type ReaderEvent =
  /** Lines are being looked at; said once a second at most. */
  | { readonly type: "working" }
  /** Failures of one block of lines; jails that read alike have the same. */
  | { readonly type: "failures"; readonly jails: readonly string[]; readonly failures: FailureBatch }
  | {
      readonly type: "position";
      readonly jails: readonly string[];
      readonly path: string;
      readonly at: LogPosition;
    }
  | { readonly type: "notice"; readonly jail: string; readonly notice: TimeNotice; readonly line: string }
  | { readonly type: "caught-up"; readonly jails: readonly string[]; readonly path: string }
  | { readonly type: "log"; readonly level: LogLevel; readonly logger: string; readonly message: string }
  | { readonly type: "broken"; readonly jail: string; readonly message: string; readonly origin?: Origin }
  | { readonly type: "closed"; readonly reply: number }
  | { readonly type: "inspected"; readonly reply: number; readonly sources: readonly SourceState[] };
