import { Worker } from "node:worker_threads";
import { Desk } from "./desk";
import { EventInbox } from "./event-inbox";
import type { ReaderPort } from "./reader-host";
import type { ReaderEvent } from "./reader-messages";
import { ReaderStopped } from "./reader-stopped";

/** Between two looks at the desk while the reader is at work, in milliseconds. */
const LOOK_EVERY = 150;
/** Milliseconds of work on one line after which the reader counts as stuck: with the looks less than a second. */
const PATIENCE = 700;
/** So many whatever the processor did: on a busy machine a reader may not get to work at all for a while. */
const LONGEST_PATIENCE = 3000;
/** No two looks count for more, however far apart: this process may have stood still between them. */
const LONGEST_WAIT = 2 * LOOK_EVERY;
/** Looks without a new line after which the reader is at rest. */
const MOST_IDLE = 10;

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
  /** The turn of the desk that is waited for to end, for how long, and the processor's time at the beginning. */
  #turn = 0;
  #waited = 0;
  #lookedAt = 0;
  #cpu = process.cpuUsage();
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
    if (!this.#timer) {
      this.#beginWaiting();
      this.#timer = setInterval(() => this.#look(), LOOK_EVERY).unref();
    }
  }

  #look(): void {
    const now = performance.now();
    this.#waited += Math.min(now - this.#lookedAt, LONGEST_WAIT);
    this.#lookedAt = now;
    if (this.#desk.turn !== this.#turn) {
      this.#beginWaiting();
      return;
    }
    this.#looks += 1;
    if (!this.#desk.look()) {
      if (this.#looks >= MOST_IDLE) {
        this.#endWatch();
      }
      return;
    }
    const { user, system } = process.cpuUsage(this.#cpu);
    const isWorking = (user + system) / 1000 >= PATIENCE;
    if ((isWorking && this.#waited >= PATIENCE) || this.#waited >= LONGEST_PATIENCE) {
      this.#endWatch();
      this.#isStuck = true;
      void this.#worker.terminate();
    }
  }

  #beginWaiting(): void {
    this.#turn = this.#desk.turn;
    this.#looks = 0;
    this.#waited = 0;
    this.#lookedAt = performance.now();
    this.#cpu = process.cpuUsage();
  }

  #endWatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
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
      return new ReaderStopped("reader-stuck", `one line took nearly a second`, task);
    }
    const why = this.#error?.message ?? `the reader thread ended with code ${code}`;
    return new ReaderStopped("reader-died", why, task);
  }
}
