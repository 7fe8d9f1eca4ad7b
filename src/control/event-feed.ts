import type { Socket } from "node:net";
import type { DomainEvent } from "../model";
import { describeEvent } from "./event-json";
import { Subscription } from "./subscription";

/** Hands events on to the clients that asked for them; costs next to nothing while nobody did. */
export class EventFeed {
  readonly #subscriptions = new Set<Subscription>();

  /** A subscription for a client, which wants nothing yet; it ends when the client is gone. */
  add(socket: Socket): Subscription {
    const subscription = new Subscription(socket);
    this.#subscriptions.add(subscription);
    socket.once("close", () => this.#subscriptions.delete(subscription));
    return subscription;
  }

  /** Whether anybody wants to hear of such events. */
  isHeard(type: DomainEvent["type"]): boolean {
    for (const subscription of this.#subscriptions) {
      if (subscription.wants(type)) {
        return true;
      }
    }
    return false;
  }

  /** Tells all who want to hear of it; `at` is in seconds since 1970. */
  publish(event: DomainEvent, at: number): void {
    let line: string | undefined;
    for (const subscription of this.#subscriptions) {
      if (subscription.wants(event.type)) {
        line ??= `${JSON.stringify(describeEvent(event, at))}\n`;
        subscription.send(line, at);
      }
    }
  }
}
