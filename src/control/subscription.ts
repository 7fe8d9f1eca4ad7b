import type { Socket } from "node:net";
import type { DomainEvent } from "../model";
import type { EventJson } from "./event-json";

/** Bytes of events that may wait for a client that is slow to take them. */
const MOST_WAITING = 1024 * 1024;

/**
 * What one client wants to hear of. A client that does not take its events loses them and is told how many; nobody
 * waits for it, and it holds no more than a bounded amount of memory.
 */
export class Subscription {
  readonly #socket: Socket;
  #names: ReadonlySet<string> = new Set();
  #dropped = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Names of the events wanted from now on. */
  set names(names: ReadonlySet<string>) {
    this.#names = names;
  }

  /** Whether an event of this name is wanted. */
  wants(name: DomainEvent["type"]): boolean {
    return this.#names.has(name);
  }

  /** Sends an event, given as the line it is written as. */
  send(line: string, at: number): void {
    if (this.#socket.destroyed || this.#socket.writableLength > MOST_WAITING) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) {
      const notice: EventJson = { event: "dropped", at, count: this.#dropped };
      this.#dropped = 0;
      this.#socket.write(`${JSON.stringify(notice)}\n`);
    }
    this.#socket.write(line);
  }
}
