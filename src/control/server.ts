import { lstatSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Command, CommandValue, DomainEvent } from "../model";
import { toCommand } from "./command-words";
import { serveConnection, type Answer } from "./connection";
import { EventFeed } from "./event-feed";
import { MAX_MESSAGE } from "./framing";
import { makeErrorReply, type Reply } from "./reply";
import { clearSocketPath, listenOnPath } from "./socket-file";

/** Executes one command. What it throws becomes the error reply; a `RemoteError` is sent exactly as it is. */
export type CommandHandler = (command: Command) => Promise<CommandValue>;

/** Where to listen: a path of our own, or a listening socket inherited from a service manager. */
export type Endpoint =
  | { readonly path: string; readonly force?: boolean }
  | { readonly fileDescriptor: number };

/** What a control server needs. */
export interface ControlServerOptions {
  readonly endpoint: Endpoint;
  readonly handler: CommandHandler;
  /** A line for the log, level error: unreadable requests, broken connections, failed commands. */
  readonly onProblem?: (text: string) => void;
  /** Bytes of the longest request. */
  readonly maxMessage?: number;
}

/**
 * Answers commands on a Unix socket, in fail2ban's wire format or as JSON lines. Each connection has its commands executed in order, one at a time.
 * DIFFERS: connections do not wait for each other: a slow action command in one does not delay a `ping` in another.
 */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #events = new EventFeed();
  /** Inode of the socket file, so that nobody else's is removed at the end. */
  #inode: number | undefined;
  #isStopping = false;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  /**
   * Starts listening. DIFFERS: a socket file left by a crash is replaced, not a reason to refuse.
   * @throws WarderError `server-running` or `socket-path`; system errors of bind
   */
  async listen(): Promise<void> {
    const { endpoint } = this.#options;
    if ("fileDescriptor" in endpoint) {
      await this.#listenOnDescriptor(endpoint.fileDescriptor);
      return;
    }
    await clearSocketPath(endpoint.path, endpoint.force ?? false);
    await listenOnPath(this.#server, endpoint.path);
    this.#inode = lstatSync(endpoint.path, { throwIfNoEntry: false })?.ino;
    this.#watchErrors();
  }

  /** Whether some client wants to hear of such events. */
  isHeard(type: DomainEvent["type"]): boolean {
    return this.#events.isHeard(type);
  }

  /** Tells the clients that subscribed to it; `at` is in seconds since 1970. Waits for nobody. */
  publish(event: DomainEvent, at: number): void {
    this.#events.publish(event, at);
  }

  /** From now on every request is answered with `["SHUTDOWN"]`; commands under way still get their reply. */
  stopCommands(): void {
    this.#isStopping = true;
  }

  /** Closes the socket and all connections once their last replies are out, at the latest after `graceMs`. */
  async close(graceMs = 500): Promise<void> {
    this.stopCommands();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) {
      socket.end();
    }
    const timer = setTimeout(() => this.#destroyAll(), graceMs);
    await closed;
    clearTimeout(timer);
    this.#removeFile();
  }

  async #listenOnDescriptor(fileDescriptor: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ fd: fileDescriptor }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#watchErrors();
  }

  /** Failing to accept one client (no descriptors left, for one) must not end the server. */
  #watchErrors(): void {
    this.#server.on("error", (error) => this.#report(`Accept socket error: ${error.message}`));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // The reading side tells of every error; without a listener it would end the process.
    socket.on("error", () => socket.destroy());
    void serveConnection(socket, {
      answer: () => (this.#isStopping ? undefined : this.#answer),
      events: this.#events,
      onProblem: (text) => this.#report(text),
      maxMessage: this.#options.maxMessage ?? MAX_MESSAGE,
    });
  }

  readonly #answer: Answer = async (request): Promise<Reply> => {
    try {
      return { ok: true, value: await this.#options.handler(toCommand(request)) };
    } catch (error) {
      return makeErrorReply(error);
    }
  };

  #report(text: string): void {
    this.#options.onProblem?.(text);
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  #removeFile(): void {
    const { endpoint } = this.#options;
    if (!("path" in endpoint) || this.#inode === undefined) {
      return;
    }
    if (lstatSync(endpoint.path, { throwIfNoEntry: false })?.ino === this.#inode) {
      unlinkSync(endpoint.path);
    }
  }
}
