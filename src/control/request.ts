import type { Command, CommandValue } from "../model";

/** Settings of the whole server. */
export type ServerOption =
  | "loglevel"
  | "logtarget"
  | "syslogsocket"
  | "allowipv6"
  | "thread"
  | "dbfile"
  | "dbmaxmatches"
  | "dbpurgeage";

/** Settings of a jail that are one value, set and read under the same name. */
export type JailOption =
  | "ignoreself"
  | "ignorecommand"
  | "ignorecache"
  | "logencoding"
  | "prefregex"
  | "usedns"
  | "findtime"
  | "bantime"
  | "datepattern"
  | "logtimezone"
  | "maxretry"
  | "maxmatches"
  | "maxlines";

/** The two lists of regular expressions of a jail. */
export type RegexList = "failregex" | "ignoreregex";
/** Lists of a jail that can be read. */
export type JailList = "logpath" | "journalmatch" | "ignoreip" | "actions" | RegexList;
/** What a reload is asked to do besides. */
export type ReloadOption = "--restart" | "--unban" | "--if-exists";

/** Requests to the server as a whole. */
export type ServerRequest =
  | { readonly type: "ping" }
  | { readonly type: "version" }
  | { readonly type: "server-status" }
  | { readonly type: "flushlogs" }
  | { readonly type: "echo"; readonly words: readonly CommandValue[] }
  | { readonly type: "sleep"; readonly seconds: number }
  | { readonly type: "config-error"; readonly message: string }
  | { readonly type: "stats" }
  /** `all`: with the status of every jail. The flavor is as given; unknown ones count as `basic`, with a warning. */
  | { readonly type: "status"; readonly all: boolean; readonly flavor: string }
  /** Jails in which each of the addresses is banned; of all addresses when none is named. */
  | { readonly type: "banned"; readonly ids: readonly string[] }
  | { readonly type: "unban"; readonly ids: readonly string[] }
  | { readonly type: "unban-all" }
  | { readonly type: "stop-server" }
  | { readonly type: "stop-all-jails" }
  /** `jail` is absent for all jails. The stream is executed quietly: set requests in it answer None. */
  | {
      readonly type: "reload";
      readonly jail?: string;
      readonly options: readonly ReloadOption[];
      readonly stream: readonly Command[];
      readonly more?: CommandValue;
    }
  /** `more` is what our own client adds behind the stream, where fail2ban's server does not look. */
  | { readonly type: "server-stream"; readonly stream: readonly Command[]; readonly more?: CommandValue }
  | { readonly type: "get-server"; readonly option: ServerOption }
  | { readonly type: "set-server"; readonly option: ServerOption; readonly value: CommandValue };

/** Requests that only ask about one jail. */
export type JailQuery =
  | { readonly type: "jail-status"; readonly jail: string; readonly flavor: string }
  | { readonly type: "get-option"; readonly jail: string; readonly option: JailOption }
  | { readonly type: "get-list"; readonly jail: string; readonly list: JailList }
  /** `bantime.NAME`: the name is as given and may be unknown. */
  | { readonly type: "get-bantime-option"; readonly jail: string; readonly option: string }
  | { readonly type: "get-banned"; readonly jail: string; readonly ids: readonly string[] }
  | { readonly type: "get-banip"; readonly jail: string; readonly withTime: boolean }
  | { readonly type: "get-action"; readonly jail: string; readonly action: string; readonly property: string }
  | { readonly type: "get-action-properties"; readonly jail: string; readonly action: string }
  | { readonly type: "get-action-methods"; readonly jail: string; readonly action: string }
  /** How the sources of a jail are doing: a word of ours. */
  | { readonly type: "get-sources"; readonly jail: string }
  /** How many bans are in force, pending and failed: a word of ours. */
  | { readonly type: "get-enforcement"; readonly jail: string }
  /** Packets of each of the banned, where a firewall counts them: a word of ours. */
  | { readonly type: "get-packets"; readonly jail: string };

/** Requests that change one jail. Values are as given, texts from a command line or numbers from a stream. */
export type JailChange =
  | { readonly type: "add-jail"; readonly jail: string; readonly backend: string }
  | { readonly type: "start-jail"; readonly jail: string }
  | { readonly type: "stop-jail"; readonly jail: string }
  | { readonly type: "set-idle"; readonly jail: string; readonly idle: boolean }
  /** The value of `maxretry`, `maxmatches` and `maxlines` has become a number. */
  | {
      readonly type: "set-option";
      readonly jail: string;
      readonly option: JailOption;
      readonly value: CommandValue;
    }
  | {
      readonly type: "set-bantime-option";
      readonly jail: string;
      readonly option: string;
      readonly value: CommandValue;
    }
  | { readonly type: "add-ignoreip"; readonly jail: string; readonly ips: readonly string[] }
  | { readonly type: "del-ignoreip"; readonly jail: string; readonly ip: string }
  | {
      readonly type: "add-logpath";
      readonly jail: string;
      readonly path: string;
      readonly position: "head" | "tail";
    }
  | { readonly type: "del-logpath"; readonly jail: string; readonly path: string }
  | { readonly type: "add-journalmatch"; readonly jail: string; readonly words: readonly string[] }
  | { readonly type: "del-journalmatch"; readonly jail: string; readonly words: readonly string[] }
  /** `multiple` (from `multi-set`): answer True instead of the list. */
  | {
      readonly type: "add-regex";
      readonly jail: string;
      readonly list: RegexList;
      readonly patterns: readonly string[];
      readonly multiple: boolean;
    }
  | { readonly type: "del-regex"; readonly jail: string; readonly list: RegexList; readonly index: number }
  /** Not executed in a stream. */
  | {
      readonly type: "attempt";
      readonly jail: string;
      readonly ip: string;
      readonly matches: readonly string[];
    }
  | { readonly type: "banip"; readonly jail: string; readonly ids: readonly string[] }
  | {
      readonly type: "unbanip";
      readonly jail: string;
      readonly ids: readonly string[];
      readonly reportAbsent: boolean;
    }
  /** `script` names an action that is a program; `args` is its JSON text. */
  | {
      readonly type: "add-action";
      readonly jail: string;
      readonly action: string;
      readonly script?: { readonly file: string; readonly args: string };
    }
  | { readonly type: "del-action"; readonly jail: string; readonly action: string }
  /**
   * Sets a property, or calls a method with JSON arguments; which of the two the action knows. `words` may be too
   * short: whether jail and action exist comes first (then `wordAt` them). Methods are not called in a stream.
   */
  | { readonly type: "set-action"; readonly jail: string; readonly action: string; readonly words: Command }
  /** `multi-set`: several of these at once; answers True. */
  | {
      readonly type: "multi-set-action";
      readonly jail: string;
      readonly action: string;
      readonly entries: readonly Command[];
    };

/** Every command of the protocol, read and checked as far as that is possible without the server's state. */
export type Request = ServerRequest | JailQuery | JailChange;
