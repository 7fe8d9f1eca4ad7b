import type { Command } from "../model";
import { textAt, textsFrom } from "./command-words";
import { plainError } from "./remote-error";
import type { JailList, JailOption, Request, ServerOption } from "./request";

/** Settings of the whole server. */
export const SERVER_OPTIONS: ReadonlySet<string> = new Set<ServerOption>([
  "loglevel",
  "logtarget",
  "syslogsocket",
  "thread",
  "dbfile",
  "dbmaxmatches",
  "dbpurgeage",
]);
/** Single values of a jail. */
export const JAIL_OPTIONS: ReadonlySet<string> = new Set<JailOption>([
  "ignoreself",
  "ignorecommand",
  "ignorecache",
  "logencoding",
  "prefregex",
  "usedns",
  "findtime",
  "bantime",
  "datepattern",
  "logtimezone",
  "maxretry",
  "maxmatches",
  "maxlines",
]);
/** What the option names of ban-time growth begin with. */
export const BANTIME_PREFIX = "bantime.";
const JAIL_LISTS: ReadonlySet<string> = new Set<JailList>([
  "logpath",
  "journalmatch",
  "ignoreip",
  "actions",
  "failregex",
  "ignoreregex",
]);

type Parse = (jail: string, command: Command) => Request;

/** Words are counted in the whole command: `get JAIL WORD …`. */
const SPECIAL: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ["banned", (jail, command) => ({ type: "get-banned", jail, ids: textsFrom(command, 3) })],
  ["banip", (jail, command) => ({ type: "get-banip", jail, withTime: command[3] === "--with-time" })],
  [
    "action",
    (jail, command) => ({
      type: "get-action",
      jail,
      action: textAt(command, 3),
      property: textAt(command, 4),
    }),
  ],
  [
    "actionproperties",
    (jail, command) => ({ type: "get-action-properties", jail, action: textAt(command, 3) }),
  ],
  ["sources", (jail) => ({ type: "get-sources", jail })],
  ["enforcement", (jail) => ({ type: "get-enforcement", jail })],
  ["packets", (jail) => ({ type: "get-packets", jail })],
  ["actionmethods", (jail, command) => ({ type: "get-action-methods", jail, action: textAt(command, 3) })],
]);

/** `get …`. @throws RemoteError */
export function parseGet(command: Command): Request {
  const name = textAt(command, 1);
  if (SERVER_OPTIONS.has(name)) {
    return { type: "get-server", option: name as ServerOption };
  }
  const what = textAt(command, 2);
  if (JAIL_OPTIONS.has(what)) {
    return { type: "get-option", jail: name, option: what as JailOption };
  }
  if (JAIL_LISTS.has(what)) {
    return { type: "get-list", jail: name, list: what as JailList };
  }
  if (what.startsWith(BANTIME_PREFIX)) {
    return { type: "get-bantime-option", jail: name, option: what.slice(BANTIME_PREFIX.length) };
  }
  const parse = SPECIAL.get(what);
  if (!parse) {
    throw plainError("Invalid command (no get action or not yet implemented)");
  }
  return parse(name, command);
}
