import { formatPython, type Command, type CommandValue } from "../model";
import { toFloat } from "./coerce";
import { listAt, textAt, textsFrom, toCommand, wordAt } from "./command-words";
import { parseGet } from "./parse-get";
import { parseSet } from "./parse-set";
import { plainError } from "./remote-error";
import type { ReloadOption, Request } from "./request";

type Parse = (command: Command) => Request;

const RELOAD_OPTIONS: readonly string[] = ["--restart", "--unban", "--if-exists"] satisfies ReloadOption[];
const ALL = "--all";

const PARSERS: ReadonlyMap<CommandValue, Parse> = new Map<CommandValue, Parse>([
  ["ping", () => ({ type: "ping" })],
  ["version", () => ({ type: "version" })],
  ["server-status", () => ({ type: "server-status" })],
  ["flushlogs", () => ({ type: "flushlogs" })],
  ["echo", (command) => ({ type: "echo", words: command.slice(1) })],
  ["sleep", (command) => ({ type: "sleep", seconds: toFloat(wordAt(command, 1)) })],
  ["config-error", (command) => ({ type: "config-error", message: textAt(command, 1) })],
  ["status", parseStatus],
  ["stats", () => ({ type: "stats" })],
  ["statistic", () => ({ type: "stats" })],
  ["statistics", () => ({ type: "stats" })],
  ["banned", (command) => ({ type: "banned", ids: textsFrom(command, 1) })],
  ["unban", parseUnban],
  ["add", parseAdd],
  ["start", (command) => ({ type: "start-jail", jail: textAt(command, 1) })],
  ["stop", parseStop],
  ["reload", parseReload],
  ["server-stream", parseServerStream],
  ["get", parseGet],
  ["set", (command) => parseSet(command, false)],
  ["multi-set", (command) => parseSet(command, true)],
]);

/**
 * What a command asks for.
 * @throws RemoteError with fail2ban's class and text: unknown words, too few words, values that are none
 */
export function parseCommand(command: Command): Request {
  const parse = PARSERS.get(wordAt(command, 0));
  if (!parse) {
    throw plainError("Invalid command");
  }
  return parse(command);
}

function parseStatus(command: Command): Request {
  if (command.length > 3) {
    throw plainError("Invalid command (no status)");
  }
  const flavor = command.length > 2 ? textAt(command, 2) : "basic";
  if (command.length === 1 || command[1] === ALL) {
    return { type: "status", all: command.length > 1, flavor };
  }
  return { type: "jail-status", jail: textAt(command, 1), flavor };
}

function parseUnban(command: Command): Request {
  if (command.length < 2) {
    throw plainError("Invalid command");
  }
  return command.length === 2 && command[1] === ALL
    ? { type: "unban-all" }
    : { type: "unban", ids: textsFrom(command, 1) };
}

function parseAdd(command: Command): Request {
  const jail = textAt(command, 1);
  if (jail === ALL) {
    throw plainError(`Reserved name ${formatPython(jail)}`);
  }
  return { type: "add-jail", jail, backend: command.length > 2 ? textAt(command, 2) : "auto" };
}

function parseStop(command: Command): Request {
  if (command.length === 1) {
    return { type: "stop-server" };
  }
  return command[1] === ALL ? { type: "stop-all-jails" } : { type: "stop-jail", jail: textAt(command, 1) };
}

function parseServerStream(command: Command): Request {
  const stream = listAt(command, 1).map(toCommand);
  return { type: "server-stream", stream, ...moreOf(command[2]) };
}

function moreOf(more: CommandValue | undefined): { readonly more?: CommandValue } {
  return more === undefined ? {} : { more };
}

/** DIFFERS: an unknown option is refused before anything is touched; fail2ban ignores it. */
function parseReload(command: Command): Request {
  const jail = textAt(command, 1);
  const options = textsFrom(listAt(command, 2), 0);
  const stream = listAt(command, 3).map(toCommand);
  const unknown = options.find((option) => !RELOAD_OPTIONS.includes(option));
  if (unknown !== undefined) {
    throw plainError(`Invalid reload option ${formatPython(unknown)}`);
  }
  const base = { type: "reload", options: options as ReloadOption[], stream } as const;
  const request = { ...base, ...moreOf(command[4]) };
  return jail === ALL ? request : { ...request, jail };
}
