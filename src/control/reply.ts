import { messageOf, PyTuple, type CommandValue } from "../model";
import { encodePickle, encodePickledError } from "./pickle-encode";
import { decodePickledReply } from "./pickle-decode";
import { plainError, RemoteError } from "./remote-error";

/** What a server answers to one command. */
export type Reply =
  | { readonly ok: true; readonly value: CommandValue }
  | { readonly ok: false; readonly error: RemoteError };

/** The reply to anything a handler may throw: a `RemoteError` as it is, others as a plain exception. */
export function makeErrorReply(error: unknown): Reply {
  return { ok: false, error: error instanceof RemoteError ? error : plainError(messageOf(error)) };
}

/** The bytes of a reply, without terminator. */
export function encodeReply(reply: Reply): Buffer {
  return reply.ok ? encodePickle(new PyTuple([0, reply.value])) : encodePickledError(reply.error);
}

/**
 * Reads the bytes of a reply. What is neither `(0, value)` nor `(1, exception)` – the text a server sends when it
 * could not read the request, or `["SHUTDOWN"]` – becomes a plain error of that text.
 * @throws PickleError
 */
export function decodeReply(bytes: Uint8Array): Reply {
  const value = decodePickledReply(bytes);
  if (value instanceof RemoteError) {
    return { ok: false, error: value };
  }
  if (value instanceof PyTuple && value.items.length === 2 && value.items[0] === 0) {
    return { ok: true, value: value.items[1] ?? null };
  }
  return { ok: false, error: plainError(describeOddReply(value)) };
}

function describeOddReply(value: CommandValue): string {
  if (Array.isArray(value) && value[0] === "SHUTDOWN") {
    return "Server is shutting down";
  }
  return typeof value === "string" ? value : "Server sent a reply of an unknown form";
}
