import type { Socket } from "node:net";
import { messageOf, type CommandValue } from "../model";
import type { EventFeed } from "./event-feed";
import { CLOSE, frameMessage, MessageSplitter } from "./framing";
import { JsonConversation } from "./json-connection";
import { decodePickle } from "./pickle-decode";
import { encodePickle } from "./pickle-encode";
import { encodeReply, makeErrorReply, type Reply } from "./reply";

/** Answers one decoded request; must not throw. */
export type Answer = (request: CommandValue) => Promise<Reply>;

/** What one connection needs of its server. */
export interface ConnectionOptions {
  /** `undefined` while the server shuts down: requests are then answered with `["SHUTDOWN"]`. */
  readonly answer: () => Answer | undefined;
  readonly events: EventFeed;
  readonly onProblem: (text: string) => void;
  readonly maxMessage: number;
}

/** Replies to the bytes of a client as they come; with `hang-up` the conversation is over. */
interface Conversation {
  answer(chunk: Buffer): AsyncGenerator<Buffer, "go-on" | "hang-up">;
}

/** First bytes of JSON lines, `{` and `[`; no pickle begins with them. */
const JSON_STARTS: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b]);

/**
 * Serves one client: its requests one after the other, in order. Nothing more is read while a command runs
 * or while the client does not take its replies, so a client can make nobody but itself wait.
 */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  let conversation: Conversation | undefined;
  try {
    // Not destroyed on return: the last replies may still be on their way.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      conversation ??= JSON_STARTS.has(bytes[0])
        ? new JsonConversation(socket, options)
        : new PickleConversation(options);
      if ((await replyTo(bytes, conversation, socket)) === "hang-up") {
        return;
      }
    }
  } catch (error) {
    reportProblem(error, options);
  } finally {
    socket.end();
    socket.destroySoon();
  }
}

async function replyTo(
  chunk: Buffer,
  conversation: Conversation,
  socket: Socket,
): Promise<"go-on" | "hang-up"> {
  const replies = conversation.answer(chunk);
  for (let next = await replies.next(); ; next = await replies.next()) {
    if (next.done) {
      return next.value;
    }
    await send(socket, next.value);
  }
}

/** One client that speaks fail2ban's protocol. */
class PickleConversation implements Conversation {
  readonly #splitter: MessageSplitter;
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#splitter = new MessageSplitter(options.maxMessage);
    this.#options = options;
  }

  async *answer(chunk: Buffer): AsyncGenerator<Buffer, "go-on" | "hang-up"> {
    for (const message of this.#splitter.push(chunk)) {
      if (message.equals(CLOSE)) {
        return "hang-up";
      }
      yield frameMessage(await answerMessage(message, this.#options));
    }
    return "go-on";
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
  if (!socket.write(reply) && !socket.destroyed) {
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
