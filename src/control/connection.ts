import type { Socket } from "node:net";
import { messageOf, type CommandValue } from "../model";
import { CLOSE, frameMessage, MessageSplitter } from "./framing";
import { decodePickle } from "./pickle-decode";
import { encodePickle } from "./pickle-encode";
import { encodeReply, makeErrorReply, type Reply } from "./reply";

/** Answers one decoded request; must not throw. */
export type Answer = (request: CommandValue) => Promise<Reply>;

/** What one connection needs of its server. */
export interface ConnectionOptions {
  /** `undefined` while the server shuts down: requests are then answered with `["SHUTDOWN"]`. */
  readonly answer: () => Answer | undefined;
  readonly onProblem: (text: string) => void;
  readonly maxMessage: number;
}

/**
 * Serves one client: its requests one after the other, in order. Nothing more is read while a command runs
 * or while the client does not take its replies, so a client can make nobody but itself wait.
 */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  const splitter = new MessageSplitter(options.maxMessage);
  try {
    // Not destroyed on return: the last replies may still be on their way.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      for (const message of splitter.push(chunk as Buffer)) {
        if (message.equals(CLOSE)) {
          return;
        }
        await send(socket, await answerMessage(message, options));
      }
    }
  } catch (error) {
    reportProblem(error, options);
  } finally {
    socket.end();
    socket.destroySoon();
  }
}

async function answerMessage(message: Buffer, options: ConnectionOptions): Promise<Buffer> {
  let request: CommandValue;
  try {
    request = decodePickle(message);
  } catch (error) {
    options.onProblem(`PROTO-error: load message failed: ${messageOf(error)}`);
    return encodePickle(`ERROR: ${messageOf(error)}`);
  }
  const answer = options.answer();
  if (!answer) {
    return encodePickle(["SHUTDOWN"]);
  }
  return encodeReply(await answer(request).catch(makeErrorReply));
}

async function send(socket: Socket, reply: Buffer): Promise<void> {
  if (!socket.write(frameMessage(reply)) && !socket.destroyed) {
    await drained(socket);
  }
}

/** Resolves once the client has taken what was written, or is gone. */
async function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off("drain", settle);
      socket.off("close", settle);
      resolve();
    };
    socket.on("drain", settle);
    socket.on("close", settle);
  });
}

/** A client that goes away in the middle is nothing to tell anybody. */
function reportProblem(error: unknown, options: ConnectionOptions): void {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== "ECONNRESET" && code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") {
    options.onProblem(`Unexpected communication error: ${messageOf(error)}`);
  }
}
