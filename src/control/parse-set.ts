import { formatPython, formatPythonText, type Command } from "../model";
import { toInt } from "./coerce";
import { listAt, textAt, textsFrom, toCommand, wordAt } from "./command-words";
import { BANTIME_PREFIX, JAIL_OPTIONS, SERVER_OPTIONS } from "./parse-get";
import { plainError, valueError } from "./remote-error";
import type { JailOption, RegexList, Request, ServerOption } from "./request";

type Parse = (jail: string, command: Command, multiple: boolean) => Request;

const NUMBERS: ReadonlySet<string> = new Set<JailOption>(["maxretry", "maxmatches", "maxlines"]);

/** Words are counted in the whole command: `set JAIL WORD …`. */
const SPECIAL: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ["idle", parseIdle],
  ["addignoreip", (jail, command) => ({ type: "add-ignoreip", jail, ips: textsFrom(command, 3) })],
  ["delignoreip", (jail, command) => ({ type: "del-ignoreip", jail, ip: textAt(command, 3) })],
  ["addlogpath", parseAddLogPath],
  ["dellogpath", (jail, command) => ({ type: "del-logpath", jail, path: textAt(command, 3) })],
  ["addjournalmatch", (jail, command) => ({ type: "add-journalmatch", jail, words: textsFrom(command, 3) })],
  ["deljournalmatch", (jail, command) => ({ type: "del-journalmatch", jail, words: textsFrom(command, 3) })],
  ["addfailregex", (...args) => parseAddRegex("failregex", ...args)],
  ["addignoreregex", (...args) => parseAddRegex("ignoreregex", ...args)],
  ["delfailregex", (jail, command) => parseDelRegex("failregex", jail, command)],
  ["delignoreregex", (jail, command) => parseDelRegex("ignoreregex", jail, command)],
  [
    "attempt",
    (jail, command) => ({ type: "attempt", jail, ip: textAt(command, 3), matches: textsFrom(command, 4) }),
  ],
  ["banip", (jail, command) => ({ type: "banip", jail, ids: textsFrom(command, 3) })],
  ["unbanip", parseUnban],
  ["addaction", parseAddAction],
  ["delaction", (jail, command) => ({ type: "del-action", jail, action: textAt(command, 3) })],
  ["action", parseAction],
]);

/** `set …` and, with `multiple`, `multi-set …`. @throws RemoteError */
export function parseSet(command: Command, multiple: boolean): Request {
  const name = textAt(command, 1);
  if (SERVER_OPTIONS.has(name) || name === "allowipv6") {
    return { type: "set-server", option: name as ServerOption, value: wordAt(command, 2) };
  }
  const what = textAt(command, 2);
  if (JAIL_OPTIONS.has(what)) {
    return parseOption(name, what as JailOption, command);
  }
  if (what.startsWith(BANTIME_PREFIX)) {
    const option = what.slice(BANTIME_PREFIX.length);
    return { type: "set-bantime-option", jail: name, option, value: wordAt(command, 3) };
  }
  const parse = SPECIAL.get(what);
  if (!parse) {
    throw plainError(`Invalid command ${formatPython(what)} (no set action or not yet implemented)`);
  }
  return parse(name, command, multiple);
}

function parseOption(jail: string, option: JailOption, command: Command): Request {
  const value = wordAt(command, 3);
  return { type: "set-option", jail, option, value: NUMBERS.has(option) ? toInt(value) : value };
}

function parseIdle(jail: string, command: Command): Request {
  const word = wordAt(command, 3);
  if (word !== "on" && word !== "off") {
    throw plainError("Invalid idle option, must be 'on' or 'off'");
  }
  return { type: "set-idle", jail, idle: word === "on" };
}

function parseAddLogPath(jail: string, command: Command): Request {
  const path = textAt(command, 3);
  if (command.length > 5) {
    throw valueError("Only one file can be added at a time");
  }
  const position = formatPythonText(command[4] ?? "head").toLowerCase();
  if (position !== "head" && position !== "tail") {
    throw valueError("File option must be 'head' or 'tail'");
  }
  return { type: "add-logpath", jail, path, position };
}

function parseAddRegex(list: RegexList, jail: string, command: Command, multiple: boolean): Request {
  const word = wordAt(command, 3);
  const patterns = multiple && Array.isArray(word) ? textsFrom(listAt(command, 3), 0) : [textAt(command, 3)];
  return { type: "add-regex", jail, list, patterns, multiple };
}

function parseDelRegex(list: RegexList, jail: string, command: Command): Request {
  return { type: "del-regex", jail, list, index: toInt(wordAt(command, 3)) };
}

function parseUnban(jail: string, command: Command): Request {
  const reportAbsent = wordAt(command, 3) === "--report-absent";
  return { type: "unbanip", jail, ids: textsFrom(command, reportAbsent ? 4 : 3), reportAbsent };
}

function parseAddAction(jail: string, command: Command): Request {
  const action = textAt(command, 3);
  if (command.length < 5) {
    return { type: "add-action", jail, action };
  }
  return { type: "add-action", jail, action, script: { file: textAt(command, 4), args: textAt(command, 5) } };
}

function parseAction(jail: string, command: Command, multiple: boolean): Request {
  const action = textAt(command, 3);
  if (!multiple) {
    return { type: "set-action", jail, action, words: command.slice(4) };
  }
  return { type: "multi-set-action", jail, action, entries: listAt(command, 4).map(toCommand) };
}
