import type { WarderError } from "../model";
import { systemClock } from "../platform";
import { Delivery } from "./delivery";
import { chooseEncoding } from "./choose-encoding";
import type { Follower, FollowOptions, FollowStats } from "./follower";
import { isOnNetwork, logError, statLog } from "./log-stat";
import { NamedLog } from "./named-log";
import { RouteWatch } from "./route-watch";
import type { SeekTime } from "./seek-time";
import type { SourceConsumer } from "./source-event";
import { Unwrapper, wrappingTime } from "./unwrapper";

const POLL_MS = 2000;
/** How soon after a round of reading the next begins, so that a busy log is read in larger pieces. */
const PAUSE_MS = 20;
/** After these an open file is of no more use. */
const BROKEN = new Set(["EIO", "ESTALE", "EBADF"]);

/**
 * Follows one path by name: gives every whole line once and in order, over appends, rotation by renaming, truncation,
 * deletion and switched links. Sleeps while nothing happens. Nothing it meets makes it throw: it reports an event
 * and tries again when something changes.
 *
 * What it cannot give, because nobody can know it: lines written and cut off before they were read and kept in no
 * copy beside the log; lines of a file that came, went and left the folder between two looks.
 */
export class FileFollower implements Follower {
  readonly #options: FollowOptions;
  readonly #consumer: SourceConsumer;
  readonly #delivery: Delivery;
  readonly #log: NamedLog;
  readonly #watch: RouteWatch;
  #isStopped = true;
  #isCaughtUp = false;
  #isDirty = false;
  #round: Promise<void> | undefined;
  #rest: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #lastError = "";
  readonly #now: () => number;
  #endReached: number;

  constructor(options: FollowOptions, consumer: SourceConsumer) {
    const { path, now = () => systemClock().now(), position = "head", checkpoint, unwrap } = options;
    this.#options = options;
    this.#consumer = consumer;
    this.#now = now;
    this.#endReached = now();
    this.#delivery = new Delivery(path, consumer, now, unwrap ? new Unwrapper() : undefined);
    this.#log = new NamedLog({
      path,
      encoding: chooseEncoding(options, consumer),
      beginning: { position, checkpoint, seek: unwrap ? unwrapSeek(options.seek) : options.seek },
      consumer,
      delivery: this.#delivery,
      isStopped: () => this.#isStopped,
    });
    this.#watch = new RouteWatch(path, () => this.#wake());
  }

  get stats(): FollowStats {
    const { position } = this.#log;
    const behind = Math.max(0, readSize(this.#options.path) - position);
    // A last line without newline is no delay: there is nothing to be read until it is whole.
    const delay = behind > 0 && this.#round ? Math.max(0, this.#now() - this.#endReached) : 0;
    return { ...this.#delivery.stats, position, behind, delay };
  }

  /** Begins to read; returns before anything has been handed over. */
  start(): void {
    if (!this.#isStopped) {
      return;
    }
    this.#isStopped = false;
    if (this.#options.polling || isOnNetwork(this.#options.path)) {
      this.#startPolling();
    }
    void this.readNow();
  }

  /** Ends reading for good: settles when the block on its way has been taken. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watch.stop();
    clearTimeout(this.#rest);
    clearTimeout(this.#grace);
    clearInterval(this.#poll);
    await this.#round;
    this.#log.close();
  }

  /** Reads what is there now; settles when all of it has been handed over. */
  async readNow(): Promise<void> {
    while (this.#round) {
      await this.#round;
    }
    await this.#startRound(() => this.#read());
  }

  #wake(): void {
    if (this.#isStopped) {
      return;
    }
    if (this.#round || this.#rest) {
      this.#isDirty = true;
    } else {
      void this.#startRound(() => this.#read());
    }
  }

  #startRound(work: () => Promise<void>): Promise<void> {
    this.#isDirty = false;
    // The work begins a moment later: events that it brings about itself must find the round under way.
    this.#round = Promise.resolve()
      .then(() => this.#guard(work))
      .then(() => this.#endRound());
    return this.#round;
  }

  #endRound(): void {
    this.#round = undefined;
    if (this.#isStopped) {
      return;
    }
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      if (this.#isDirty) {
        this.#wake();
      }
    }, PAUSE_MS);
    this.#armGrace();
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#lastError = "";
    } catch (error) {
      if (BROKEN.has((error as NodeJS.ErrnoException).code ?? "")) {
        this.#log.close();
      }
      this.#fail(logError(this.#options.path, error));
    }
  }

  async #read(): Promise<void> {
    if (this.#isStopped) {
      return;
    }
    if (this.#poll === undefined) {
      this.#watchAgain();
    }
    // A round begins where nothing waited, and ends when all has been read.
    this.#endReached = this.#now();
    await this.#log.catchUp();
    if (!this.#isCaughtUp && !this.#isStopped) {
      this.#isCaughtUp = true;
      this.#consumer.caughtUp?.();
    }
  }

  #watchAgain(): void {
    const failure = this.#watch.refresh();
    if (failure) {
      this.#consumer.event?.({ type: "hindered", path: this.#options.path, error: failure });
      this.#startPolling();
    }
  }

  #startPolling(): void {
    this.#watch.stop();
    this.#poll ??= setInterval(() => this.#wake(), POLL_MS);
  }

  /** An error is told once, not at every look. */
  #fail(error: WarderError): void {
    if (error.code !== this.#lastError) {
      this.#lastError = error.code;
      this.#consumer.event?.({ type: "error", path: this.#options.path, error });
    }
  }

  #armGrace(): void {
    if (this.#grace || !this.#log.holdsOld) {
      return;
    }
    const release = async (): Promise<void> => {
      this.#grace = undefined;
      while (this.#round) {
        await this.#round;
      }
      await this.#startRound(() => this.#log.releaseOld());
    };
    this.#grace = setTimeout(() => void release(), (this.#options.grace ?? 60) * 1000);
  }
}

/** In the log of a container the time on the wrapping tells the age of a line. */
function unwrapSeek(seek: SeekTime | undefined): SeekTime | undefined {
  return seek && { from: seek.from, timeOf: (line) => wrappingTime(line) ?? seek.timeOf(line) };
}

function readSize(path: string): number {
  try {
    return statLog(path)?.size ?? 0;
  } catch {
    return 0;
  }
}
