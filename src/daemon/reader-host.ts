import { Worker } from "node:worker_threads";
import type { ReaderEvent, ReaderRequest, SourceState } from "./reader-messages";

/** The other end of a reader: a thread, or in tests the reader itself. */
export interface ReaderPort {
  post(request: ReaderRequest): void;
  onEvent(listener: (event: ReaderEvent) => void): void;
  /** Called when the reader is gone without having been asked to end. */
  onCrash(listener: (error: Error) => void): void;
  end(): Promise<void>;
}

/** Starts a reader in a thread of its own from a bundled script. */
export function startReaderThread(script: string): ReaderPort {
  const worker = new Worker(script, { name: "warder-reader" });
  let isEnding = false;
  return {
    post: (request) => worker.postMessage(request),
    onEvent: (listener) => worker.on("message", listener),
    onCrash: (listener) => {
      worker.on("error", listener);
      worker.on("exit", (code) => {
        if (!isEnding) {
          listener(new Error(`the reader thread ended with code ${code}`));
        }
      });
    },
    end: async () => {
      isEnding = true;
      await worker.terminate();
    },
  };
}

/** Sends requests to a reader and pairs its replies with them. */
export class ReaderHost {
  readonly #port: ReaderPort;
  readonly #waiting = new Map<number, (event: ReaderEvent) => void>();
  #nextReply = 1;

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
    // Nobody must wait for the answer of a thread that is gone.
    port.onCrash(() => {
      for (const [reply, answer] of this.#waiting) {
        answer({ type: "closed", reply });
      }
      this.#waiting.clear();
    });
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
    return new Promise((resolve) => {
      this.#waiting.set(reply, resolve);
      this.#port.post(make(reply));
    });
  }
}
