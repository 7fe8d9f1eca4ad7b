import { FileFollower } from "./file-follower";
import type { Follower, FollowOptions, FollowStats } from "./follower";
import { isPipe, PipeFollower } from "./pipe-follower";
import type { SourceConsumer } from "./source-event";

const RETRY_MS = 5000;

/** Follows whatever a path leads to, a log file or a named pipe, also when one takes the place of the other. */
export class PathFollower implements Follower {
  readonly #options: FollowOptions;
  readonly #consumer: SourceConsumer;
  #current: Follower;
  #changing: Promise<void> = Promise.resolve();
  #isStopped = true;
  #isCaughtUp = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: FollowOptions, consumer: SourceConsumer) {
    this.#options = options;
    this.#consumer = consumer;
    this.#current = this.#make();
  }

  get stats(): FollowStats {
    return this.#current.stats;
  }

  start(): void {
    this.#isStopped = false;
    this.#current.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    await this.#changing;
    await this.#current.stop();
  }

  #make(): Follower {
    const { path } = this.#options;
    return isPipe(path)
      ? new PipeFollower(this.#options, this.#shared(), () => this.#pipeGone())
      : new FileFollower(this.#options, this.#filed());
  }

  #shared(): SourceConsumer {
    const consumer = this.#consumer;
    return {
      block: (block, phase) => consumer.block(block, phase),
      caughtUp: () => this.#caughtUp(),
      checkpoint: (checkpoint) => consumer.checkpoint?.(checkpoint),
      event: (event) => consumer.event?.(event),
    };
  }

  /** A file's reader that finds a pipe in its place makes way for a pipe's. */
  #filed(): SourceConsumer {
    return {
      ...this.#shared(),
      event: (event) => {
        if (event.type === "error" && event.error.code === "log-not-a-file" && isPipe(this.#options.path)) {
          this.#change();
        } else {
          this.#consumer.event?.(event);
        }
      },
    };
  }

  #caughtUp(): void {
    if (!this.#isCaughtUp) {
      this.#isCaughtUp = true;
      this.#consumer.caughtUp?.();
    }
  }

  /** A pipe that is there but cannot be opened is tried again later; anything else is looked for at once. */
  #pipeGone(): void {
    if (isPipe(this.#options.path)) {
      this.#retry = setTimeout(() => this.#change(), RETRY_MS);
    } else {
      this.#change();
    }
  }

  #change(): void {
    const old = this.#current;
    // Later, because the old one is calling: it could not end before this call returns.
    this.#changing = this.#changing.then(async () => {
      await old.stop();
      if (!this.#isStopped) {
        this.#current = this.#make();
        this.#current.start();
      }
    });
  }
}
