import type { Socket } from "node:net";
import type { CommandValue } from "../model";
import type { Answer, ConnectionOptions } from "./connection";
import { formatJsonReply, parseJsonRequest, type JsonRequest } from "./json-request";
import { LineSplitter } from "./line-splitter";
import { makeErrorReply } from "./reply";
import { plainError } from "./remote-error";
import type { Subscription } from "./subscription";

/** One client that speaks JSON lines. */
export class JsonConversation {
  readonly #splitter: LineSplitter;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  #subscription: Subscription | undefined;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#splitter = new LineSplitter(options.maxMessage);
    this.#socket = socket;
    this.#options = options;
  }

  /** The replies to what a chunk completes; ends after a line that cannot be understood. @throws WarderError */
  async *answer(chunk: Buffer): AsyncGenerator<Buffer, "go-on" | "hang-up"> {
    for (const line of this.#splitter.push(chunk)) {
      if (line.trim() === "") {
        continue;
      }
      let request: JsonRequest;
      try {
        request = parseJsonRequest(line);
      } catch (error) {
        yield Buffer.from(formatJsonReply(makeErrorReply(error)));
        return "hang-up";
      }
      yield Buffer.from(await this.#answerRequest(request));
    }
    return "go-on";
  }

  async #answerRequest(request: JsonRequest): Promise<string> {
    const answer = this.#options.answer();
    if (!answer) {
      const reply = makeErrorReply(plainError("Server is shutting down"));
      return formatJsonReply(reply, request.id);
    }
    if (request.type === "subscribe") {
      this.#subscription ??= this.#options.events.add(this.#socket);
      this.#subscription.names = new Set(request.names);
      return formatJsonReply({ ok: true, value: request.names }, request.id);
    }
    return formatJsonReply(await settle(answer, request.command), request.id);
  }
}

function settle(answer: Answer, command: CommandValue): ReturnType<Answer> {
  return answer(command).catch(makeErrorReply);
}
