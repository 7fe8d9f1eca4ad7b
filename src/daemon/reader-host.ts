import type { ReaderStopped } from "./reader-stopped";
import type { ReaderEvent, ReaderRequest, SourceState } from "./reader-messages";

/** The other end of a reader: a thread, or in tests the reader itself. */
export interface ReaderPort {
  post(request: ReaderRequest): void;
  onEvent(listener: (event: ReaderEvent) => void): void;
  /** Called once, when the reader is gone without having been asked to end. */
  onCrash(listener: (error: ReaderStopped) => void): void;
  end(): Promise<void>;
}

/** Sends requests to a reader and pairs its replies with them. */
export class ReaderHost {
  readonly #port: ReaderPort;
  readonly #waiting = new Map<number, (event: ReaderEvent) => void>();
  #nextReply = 1;
  #isGone = false;

  constructor(port: ReaderPort, listener: (event: ReaderEvent) => void) {
    this.#port = port;
    port.onEvent((event) => {
      if (event.type === "closed" || event.type === "inspected") {
        this.#waiting.get(event.reply)?.(event);
        this.#waiting.delete(event.reply);
        return;
      }
      listener(event);
    });
    port.onCrash(() => this.#abandon());
  }

  post(request: Exclude<ReaderRequest, { readonly reply: number }>): void {
    this.#port.post(request);
  }

  /** Stops reading for a jail; settles when no more failures of it can come. */
  async close(jail: string): Promise<void> {
    await this.#ask((reply) => ({ type: "close", jail, reply }));
  }

  /** How far every source has got. */
  async inspect(): Promise<readonly SourceState[]> {
    const event = await this.#ask((reply) => ({ type: "inspect", reply }));
    return event.type === "inspected" ? event.sources : [];
  }

  async end(): Promise<void> {
    await this.#port.end();
  }

  #ask(make: (reply: number) => ReaderRequest): Promise<ReaderEvent> {
    const reply = this.#nextReply++;
    if (this.#isGone) {
      return Promise.resolve({ type: "closed", reply });
    }
    return new Promise((resolve) => {
      this.#waiting.set(reply, resolve);
      this.#port.post(make(reply));
    });
  }

  /** Nobody must wait for the answer of a reader that is gone. */
  #abandon(): void {
    this.#isGone = true;
    for (const [reply, answer] of this.#waiting) {
      answer({ type: "closed", reply });
    }
    this.#waiting.clear();
  }
}
