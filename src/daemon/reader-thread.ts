import { Worker } from "node:worker_threads";
import { Desk } from "./desk";
import { EventInbox } from "./event-inbox";
import type { ReaderPort } from "./reader-host";
import type { ReaderEvent } from "./reader-messages";
import { ReaderStopped } from "./reader-stopped";

/** Looks at the desk while the reader is at work, in milliseconds. */
const LOOK_EVERY = 1000;
/** Looks at which the same line lies there before the reader counts as stuck. */
const PATIENCE = 3;

/** Starts a reader in a thread of its own from a bundled script. */
export function startReaderThread(script: string): ReaderPort {
  return new ReaderThread(script);
}

/**
 * A reader in a thread, and a watch over it: a line that keeps a regex busy for seconds ends the thread, and the
 * error says which. Looks only while the reader says that it works, so that nothing ticks when nothing happens.
 */
class ReaderThread implements ReaderPort {
  readonly #worker: Worker;
  readonly #desk = new Desk();
  readonly #crashListeners: ((error: ReaderStopped) => void)[] = [];
  readonly #inbox = new EventInbox((event: ReaderEvent) =>
    this.#listeners.forEach((listener) => listener(event)),
  );
  readonly #listeners: ((event: ReaderEvent) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastTurn = 0;
  #looks = 0;
  #error: Error | undefined;
  #isEnding = false;
  #isStuck = false;

  constructor(script: string) {
    this.#worker = new Worker(script, { name: "warder-reader", workerData: this.#desk.shared });
    this.#worker.on("error", (error) => {
      this.#error = error;
    });
    this.#worker.on("exit", (code) => this.#exit(code));
    this.#worker.on("message", (event: ReaderEvent) => {
      if (event.type === "working") {
        this.#watch();
      } else {
        this.#inbox.push(event);
      }
    });
  }

  post(request: Parameters<ReaderPort["post"]>[0]): void {
    this.#worker.postMessage(request);
  }

  onEvent(listener: (event: ReaderEvent) => void): void {
    this.#listeners.push(listener);
  }

  onCrash(listener: (error: ReaderStopped) => void): void {
    this.#crashListeners.push(listener);
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    clearInterval(this.#timer);
    await this.#worker.terminate();
  }

  #watch(): void {
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY).unref();
  }

  #look(): void {
    const { turn } = this.#desk;
    this.#looks = turn === this.#lastTurn ? this.#looks + 1 : 0;
    this.#lastTurn = turn;
    if (this.#looks < PATIENCE) {
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#looks = 0;
    if (this.#desk.look()) {
      this.#isStuck = true;
      void this.#worker.terminate();
    }
  }

  #exit(code: number): void {
    clearInterval(this.#timer);
    if (!this.#isEnding) {
      // What was found before must not be found once more by the next reader.
      this.#inbox.drain();
      const error = this.#describe(code);
      this.#crashListeners.forEach((listener) => listener(error));
    }
  }

  #describe(code: number): ReaderStopped {
    const task = this.#desk.look();
    if (this.#isStuck) {
      return new ReaderStopped("reader-stuck", `one line took more than ${PATIENCE} seconds`, task);
    }
    const why = this.#error?.message ?? `the reader thread ended with code ${code}`;
    return new ReaderStopped("reader-died", why, task);
  }
}
