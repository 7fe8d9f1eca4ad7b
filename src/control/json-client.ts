import { connect, type Socket } from "node:net";
import type { Command } from "../model";
import { describeConnectionError } from "./connection-error";
import { LineSplitter } from "./line-splitter";
import { fromJson, toJson, type JsonValue } from "./json-value";
import { RemoteError } from "./remote-error";

/** A parsed line of a server. */
type Message = Readonly<Record<string, JsonValue>>;

/** One connection that speaks JSON lines: sends a request, or listens for events. */
export class JsonClient {
  readonly #socket: Socket;
  readonly #lines: AsyncGenerator<Message, void>;

  /** Connects to the socket at the path; a failure is thrown by the first call. */
  constructor(path: string) {
    this.#socket = connect(path);
    // The reading side tells of every error; without a listener it would end the process.
    this.#socket.on("error", () => {});
    this.#lines = readMessages(this.#socket);
  }

  /** The value a command gives. @throws RemoteError, ConnectionError */
  async send(command: Command): Promise<JsonValue> {
    return this.#ask({ command: toJson([...command]) });
  }

  /** Events as they come, of these names (or `all`), until the server ends. @throws RemoteError, ConnectionError */
  async *events(names: readonly string[]): AsyncGenerator<Message, void> {
    await this.#ask({ subscribe: names });
    yield* this.#lines;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(request: JsonValue): Promise<JsonValue> {
    this.#socket.write(`${JSON.stringify(request)}\n`);
    const { value: reply } = await this.#lines.next();
    if (!reply) {
      throw describeConnectionError({ code: "ECONNRESET" });
    }
    if (reply["ok"] !== true) {
      throw toRemoteError(reply["error"]);
    }
    return reply["value"] ?? null;
  }
}

async function* readMessages(socket: Socket): AsyncGenerator<Message, void> {
  const splitter = new LineSplitter();
  try {
    for await (const chunk of socket) {
      for (const line of splitter.push(chunk as Buffer)) {
        yield JSON.parse(line) as Message;
      }
    }
  } catch (error) {
    throw describeConnectionError(error as NodeJS.ErrnoException);
  }
}

function toRemoteError(error: JsonValue | undefined): RemoteError {
  const { class: name, args } = (error ?? {}) as Message;
  const items = Array.isArray(args) ? args.map((item) => fromJson(item)) : [];
  return new RemoteError(typeof name === "string" ? name : "builtins.Exception", items);
}
