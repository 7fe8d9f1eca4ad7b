import { formatPythonString } from "../model";
import type { Budget } from "./budget";
import { ConfigError } from "./config-error";
import { isPythonSpace, stripEnd, stripText } from "./python-text";

/** `name[key=value, …]`, as `filter`, `action`, `backend` and `logtarget` are written. */
export interface Call {
  readonly name: string;
  readonly args: ReadonlyMap<string, string>;
}

const NAME_CHARACTER = /[\p{L}\p{N}_.-]/u;

/**
 * Takes `name[args]` apart. The name is not stripped: `sshd [a=1]` names `"sshd "`. Values are in double or single
 * quotes, or bare up to a comma or bracket; of the same key the last one counts.
 * Throws `ConfigError` whose message is fail2ban's, for it becomes part of the command stream.
 */
export function parseCall(text: string): Call {
  const open = text.indexOf("[");
  const closed = stripEnd(text);
  if (open === 0 || text === "" || (open > 0 && !(closed.endsWith("]") && closed.length > open + 1))) {
    throw new ConfigError("config-syntax", "unexpected option syntax");
  }
  if (open < 0) {
    return { name: text, args: new Map() };
  }
  return { name: text.slice(0, open), args: parseArguments(closed.slice(open + 1, -1)) };
}

/**
 * Splits a list of calls at blanks and line breaks outside of brackets. A call whose brackets are malformed is
 * split at its blanks and left for `parseCall` to refuse.
 */
export function splitCalls(text: string, budget: Budget): string[] {
  const calls: string[] = [];
  for (let at = skipSpace(text, 0); at < text.length; ) {
    const end = findCallEnd(text, at, budget);
    calls.push(text.slice(at, end));
    at = skipSpace(text, end);
  }
  return calls;
}

function parseArguments(text: string): Map<string, string> {
  const args = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const key = readKey(text, skipSpace(text, at));
    if (key === undefined) {
      if (isTrailing(text.slice(at))) {
        break;
      }
      throw new ConfigError(
        "config-syntax",
        `expected option, wrong syntax at ${at}: ${text.slice(at, at + 25)}`,
      );
    }
    const value = readValue(text, key.end);
    args.set(key.name, stripText(value.text));
    at = readSeparator(text, value.end, key.name);
  }
  return args;
}

/** A comma and blanks may end the list. */
function isTrailing(rest: string): boolean {
  return stripText(rest.startsWith(",") ? rest.slice(1) : rest) === "";
}

/** `name=` or `name?key=value=` (a value for one condition); `end` is behind the equals sign. */
function readKey(text: string, start: number): { name: string; end: number } | undefined {
  let end = skipName(text, start);
  if (end > start && text.charAt(end) === "?") {
    const equals = skipName(text, end + 1);
    end = text.charAt(equals) === "=" ? skipName(text, equals + 1) : start;
  }
  return end > start && text.charAt(end) === "=" ? { name: text.slice(start, end), end: end + 1 } : undefined;
}

function readValue(text: string, start: number): { text: string; end: number } {
  const quote = text.charAt(start);
  const close = quote === '"' || quote === "'" ? text.indexOf(quote, start + 1) : -1;
  return close > 0 ? { text: text.slice(start + 1, close), end: close + 1 } : readBare(text, start);
}

function readBare(text: string, start: number): { text: string; end: number } {
  let end = start;
  while (end < text.length && text.charAt(end) !== "," && text.charAt(end) !== "]") {
    end++;
  }
  return { text: text.slice(start, end), end };
}

function readSeparator(text: string, at: number, key: string): number {
  const next = readGroupSeparator(text, at);
  if (next !== undefined) {
    return next;
  }
  // One line break at the very end counts as the end.
  if (at === text.length || text.slice(at) === "\n") {
    return text.length;
  }
  const rest = text.slice(at, at + 25);
  const message = `unexpected syntax at ${at} after option ${formatPythonString(key)}: ${rest}`;
  throw new ConfigError("config-syntax", message);
}

/** Behind a comma, or behind `] [`; `undefined` when neither is there. */
function readGroupSeparator(text: string, at: number): number | undefined {
  if (text.charAt(at) === ",") {
    return at + 1;
  }
  const open = text.charAt(at) === "]" ? skipSpace(text, at + 1) : -1;
  return open > 0 && text.charAt(open) === "[" ? open + 1 : undefined;
}

function findCallEnd(text: string, start: number, budget: Budget): number {
  let end = start;
  while (end < text.length && text.charAt(end) !== "[" && !isPythonSpace(text.charAt(end))) {
    end++;
  }
  const open = skipSpace(text, end);
  const group = end > start && text.charAt(open) === "[" ? findGroupEnd(text, open, budget) : undefined;
  if (group !== undefined) {
    return group;
  }
  while (end < text.length && !isPythonSpace(text.charAt(end))) {
    end++;
  }
  return end;
}

/** Behind the last bracket that closes well-formed groups and has a blank or the end after it. */
function findGroupEnd(text: string, open: number, budget: Budget): number | undefined {
  let good: number | undefined;
  for (let at = skipSpace(text, open + 1); at < text.length; ) {
    if (text.charAt(at) === "]") {
      good = endsToken(text, at + 1) ? at + 1 : good;
      const next = readGroupSeparator(text, at);
      if (next === undefined) {
        return good;
      }
      at = skipSpace(text, next);
      continue;
    }
    const key = readKey(text, at);
    if (key === undefined) {
      return good;
    }
    const value = skipSpace(text, findValueEnd(text, key.end));
    // Brackets that never close are searched for their end from every call anew.
    budget.spend(value - at);
    at = skipSpace(text, text.charAt(value) === "," ? value + 1 : value);
  }
  return good;
}

/** A quoted value counts as one only if something sensible comes after it. */
function findValueEnd(text: string, start: number): number {
  const { end } = readValue(text, start);
  const next = skipSpace(text, end);
  const sensible =
    text.charAt(next) === "," || text.charAt(next) === "]" || readKey(text, next) !== undefined;
  return sensible ? end : readBare(text, start).end;
}

function endsToken(text: string, at: number): boolean {
  return at >= text.length || isPythonSpace(text.charAt(at));
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && isPythonSpace(text.charAt(at))) {
    at++;
  }
  return at;
}

function skipName(text: string, start: number): number {
  let at = start;
  while (at < text.length && NAME_CHARACTER.test(text.charAt(at))) {
    at++;
  }
  return at;
}
