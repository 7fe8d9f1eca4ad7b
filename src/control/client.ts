import { connect, type Socket } from "node:net";
import type { Command } from "../model";
import { ConnectionError, describeConnectionError } from "./connection-error";
import { CLOSE, frameMessage, MessageSplitter } from "./framing";
import { encodePickle } from "./pickle-encode";
import { decodeReply, type Reply } from "./reply";

/** Milliseconds until the next attempt when more clients wait to be accepted than the kernel queues. */
const QUEUE_RETRY = 20;

/** One connection to a server; commands are sent one after the other. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #splitter = new MessageSplitter();
  readonly #replies: Buffer[] = [];
  #wake: (() => void) | undefined;
  #error: ConnectionError | undefined;

  private constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(describeConnectionError(error)));
    this.#socket.on("close", () => this.#fail(describeConnectionError({ code: "ECONNRESET" })));
  }

  /**
   * Connects to the socket at the path. No timeout (in milliseconds) means to wait for as long as it takes.
   * @throws ConnectionError
   */
  static async connect(path: string, timeoutMs?: number): Promise<ControlClient> {
    const deadline = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
    for (;;) {
      const client = new ControlClient(path);
      try {
        await client.#wait(() => !client.#socket.connecting, timeoutMs);
        return client;
      } catch (error) {
        client.#socket.destroy();
        if (!isQueueFull(error) || performance.now() >= deadline) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, QUEUE_RETRY));
      }
    }
  }

  /**
   * Sends a command and waits for its reply. After an error the connection is of no more use.
   * @throws ConnectionError, PickleError
   */
  async send(command: Command, timeoutMs?: number): Promise<Reply> {
    this.#socket.write(frameMessage(encodePickle([...command])));
    await this.#wait(() => this.#replies.length > 0, timeoutMs);
    return decodeReply(this.#replies.shift() ?? Buffer.alloc(0));
  }

  /** Says goodbye and closes; never fails. */
  close(): void {
    this.#error ??= new ConnectionError("connection-lost", "The connection was closed.");
    if (this.#socket.writable) {
      this.#socket.end(frameMessage(CLOSE));
    }
    this.#socket.destroySoon();
  }

  async #wait(isDone: () => boolean, timeoutMs: number | undefined): Promise<void> {
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => this.#fail(new ConnectionError("timeout", "timed out")), timeoutMs);
    const wakeOnConnect = (): void => this.#wake?.();
    this.#socket.once("connect", wakeOnConnect);
    try {
      while (!isDone() && !this.#error) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      this.#socket.off("connect", wakeOnConnect);
    }
    if (!isDone() || (this.#error && this.#replies.length === 0)) {
      throw this.#error ?? new ConnectionError("connection-lost", "The connection was closed.");
    }
  }

  #receive(chunk: Buffer): void {
    try {
      this.#replies.push(...this.#splitter.push(chunk));
    } catch (error) {
      this.#fail(new ConnectionError("connection-lost", "The reply is too long.", { cause: error }));
      this.#socket.destroy();
    }
    this.#wake?.();
  }

  #fail(error: ConnectionError): void {
    this.#error ??= error;
    this.#wake?.();
  }
}

function isQueueFull(error: unknown): boolean {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === "EAGAIN";
}
