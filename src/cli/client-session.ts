import { accessSync, constants } from "node:fs";
import { ConnectionError, ControlClient, formatReply, toFloat, type Reply } from "../control";
import { messageOf, type Command } from "../model";
import type { ClientIo, ClientLog } from "./client-io";

/** What it takes to send commands and show their replies. */
export interface ClientSession {
  readonly socket: string;
  readonly io: ClientIo;
  readonly log: ClientLog;
}

/** How one command is sent. */
export interface SendOptions {
  readonly timeoutMs?: number;
  /** Whether to print replies and connection problems; otherwise only refusals are logged. */
  readonly show: boolean;
}

/** Sends a command and prints the reply. Whether it worked; every failure has then been told. */
export async function runCommand(
  session: ClientSession,
  command: Command,
  options: SendOptions = { show: true },
): Promise<boolean> {
  let reply: Reply;
  try {
    reply = await exchange(session.socket, command, options.timeoutMs);
  } catch (error) {
    if (options.show) {
      session.log.error(describeFailure(error, session.socket, command[0] === "ping"));
    }
    return false;
  }
  return showReply(session, command, reply, options.show);
}

/** A command as somebody typed it, nothing but its words: sends it and prints the reply. Whether it worked. */
export function runPlainCommand(session: ClientSession, words: readonly string[]): Promise<boolean> {
  const [name, seconds] = words;
  const timeoutMs = name === "ping" && seconds !== undefined ? toFloat(seconds) * 1000 : undefined;
  return runCommand(session, words, {
    show: true,
    ...(timeoutMs === undefined || timeoutMs < 0 ? {} : { timeoutMs }),
  });
}

/** Whether a server answers at the socket within a time (milliseconds); says nothing. */
export async function isServerAlive(socket: string, timeoutMs?: number): Promise<boolean> {
  try {
    return (await exchange(socket, ["ping"], timeoutMs)).ok;
  } catch {
    return false;
  }
}

async function exchange(socket: string, command: Command, timeoutMs?: number): Promise<Reply> {
  const client = await ControlClient.connect(socket, timeoutMs);
  try {
    return await client.send(command, timeoutMs);
  } finally {
    client.close();
  }
}

function showReply(session: ClientSession, command: Command, reply: Reply, show: boolean): boolean {
  if (!reply.ok) {
    session.log.error(`NOK: ${reply.error.argsRepr}`);
  }
  if (reply.ok && command[0] === "server-stream" && Array.isArray(reply.value)) {
    // What a server of ours could not use; fail2ban's says nothing here.
    reply.value.forEach((problem) => session.log.error(String(problem)));
  }
  if (show || (reply.ok && (command[0] === "echo" || command[0] === "server-status"))) {
    session.io.out(`${formatReply(command, reply, { unicode: session.io.unicode })}\n`);
  }
  return reply.ok;
}

function describeFailure(error: unknown, socket: string, isPing: boolean): string {
  if (!(error instanceof ConnectionError)) {
    return messageOf(error);
  }
  if (!isAccessible(socket, constants.F_OK)) {
    return `Failed to access socket path: ${socket}. Is fail2ban running?`;
  }
  if (!isAccessible(socket, constants.W_OK)) {
    return `Permission denied to socket: ${socket}, (you must be root)`;
  }
  return isPing ? error.message : `[${error.message}] Unable to contact server. Is it running?`;
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
