import { messageOf, type CommandValue } from "../model";
import { EVENT_NAMES } from "./event-json";
import { fromJson, toJson, type JsonValue } from "./json-value";
import type { Reply } from "./reply";
import { typeError, valueError, type RemoteError } from "./remote-error";

/** One line of a client: a command, or the wish to hear of events; `id` comes back in the reply. */
export type JsonRequest = { readonly id?: JsonValue } & (
  | { readonly type: "command"; readonly command: CommandValue }
  | { readonly type: "subscribe"; readonly names: readonly string[] }
);

/**
 * Reads a line: `{"command": ["status"], "id": 1}`, `["status"]`, `{"subscribe": ["ban"]}` or `{"subscribe": ["all"]}`.
 * @throws RemoteError when it is none of these
 */
export function parseJsonRequest(line: string): JsonRequest {
  const parsed = parseLine(line);
  if (Array.isArray(parsed)) {
    return { type: "command", command: fromJson(parsed) };
  }
  if (typeof parsed !== "object" || parsed === null) {
    throw typeError("A request is an object or a list");
  }
  const { id, command, subscribe } = parsed as Readonly<Record<string, unknown>>;
  const mark = isMark(id) ? { id } : {};
  if (command !== undefined) {
    return { type: "command", command: fromJson(command), ...mark };
  }
  if (subscribe !== undefined) {
    return { type: "subscribe", names: readNames(subscribe), ...mark };
  }
  throw valueError('A request has a member "command" or "subscribe"');
}

/** The line that answers a request. */
export function formatJsonReply(reply: Reply, id?: JsonValue): string {
  const mark = id === undefined ? {} : { id };
  const body = reply.ok
    ? { ...mark, ok: true, value: toJson(reply.value) }
    : { ...mark, ok: false, error: describeError(reply.error) };
  return `${JSON.stringify(body)}\n`;
}

function describeError(error: RemoteError): JsonValue {
  return { class: error.pythonClass, args: error.args.map(toJson), message: error.message };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw valueError(`The line is no JSON: ${messageOf(error).slice(0, 200)}`);
  }
}

function isMark(id: unknown): id is string | number | null {
  return id === null || typeof id === "string" || typeof id === "number";
}

function readNames(value: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.includes("all")) {
    return EVENT_NAMES;
  }
  return names.map((name) => {
    const known = EVENT_NAMES.find((one) => one === name);
    if (known === undefined) {
      throw valueError(
        `There is no event ${String(name).slice(0, 100)}. Use "all" or ${EVENT_NAMES.join(", ")}`,
      );
    }
    return known;
  });
}
