import { createHash } from "node:crypto";
import { WarderError, type Phase } from "../model";
import { systemClock } from "../platform";
import { chooseEncoding } from "./choose-encoding";
import { startCommand, type CommandProcess } from "./command-process";
import { Delivery } from "./delivery";
import type { Encoding } from "./encoding";
import type { Follower, FollowOptions, FollowStats } from "./follower";
import type { SourceConsumer } from "./source-event";
import { StreamLines } from "./stream-lines";

/** What the path of a command begins with. */
export const COMMAND_PREFIX = "command:";

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
/** A run that lasted as long was a good one: the next may follow soon. */
const GOOD_RUN_MS = 60_000;
/** So long without a line, and what the command had to tell of the past has been told. */
const QUIET_MS = 1000;
const LONGEST_PAST_MS = 30_000;
/** Complaints of a command told per run. */
const MOST_COMPLAINTS = 20;

/**
 * Reads what a shell command writes, such as `docker logs -f web`, line by line. A command that ends is started again,
 * later each time up to a minute. It finds in `WARDER_SINCE` the second (since 1970) from which lines are wanted:
 * `docker logs -f --since "$WARDER_SINCE" web` tells nothing twice.
 */
export class CommandFollower implements Follower {
  readonly #options: FollowOptions;
  readonly #consumer: SourceConsumer;
  readonly #encoding: Encoding;
  readonly #delivery: Delivery;
  readonly #lines: StreamLines;
  readonly #now: () => number;
  #since: number;
  #process: CommandProcess | undefined;
  #loop: Promise<void> | undefined;
  #phase: Phase = "initial";
  #isCaughtUp = false;
  #isStopped = false;
  #quiet: NodeJS.Timeout | undefined;
  #wakeUp: (() => void) | undefined;
  #lastFailure = "";

  constructor(options: FollowOptions, consumer: SourceConsumer) {
    const { path, now = () => systemClock().now(), checkpoint, seek } = options;
    this.#options = options;
    this.#consumer = consumer;
    this.#now = now;
    this.#encoding = chooseEncoding(options, consumer);
    this.#delivery = new Delivery(path, consumer, now);
    this.#lines = new StreamLines(this.#encoding);
    this.#since = Math.floor(Math.max(checkpoint?.position ?? 0, seek?.from ?? now()));
  }

  get stats(): FollowStats {
    const { stats } = this.#delivery;
    return { ...stats, position: stats.bytesRead, behind: 0, delay: 0 };
  }

  start(): void {
    this.#loop ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#quiet);
    this.#process?.stop();
    this.#wakeUp?.();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    let delay = FIRST_DELAY_MS;
    while (!this.#isStopped) {
      const started = performance.now();
      await this.#run();
      if (this.#isStopped) {
        return;
      }
      delay = performance.now() - started >= GOOD_RUN_MS ? FIRST_DELAY_MS : delay;
      await this.#sleep(delay);
      delay = Math.min(LONGEST_DELAY_MS, delay * 2);
    }
  }

  async #run(): Promise<void> {
    const command = this.#options.path.slice(COMMAND_PREFIX.length);
    const child = startCommand(command, { WARDER_SINCE: String(this.#since) });
    this.#process = child;
    this.#phase = "initial";
    this.#waitForQuiet(performance.now() + LONGEST_PAST_MS);
    const [end] = await Promise.all([child.ended, this.#readLines(child), this.#readComplaints(child)]);
    clearTimeout(this.#quiet);
    await this.#finish(end);
  }

  async #readLines(child: CommandProcess): Promise<void> {
    const pastEnds = performance.now() + LONGEST_PAST_MS;
    try {
      for await (const bytes of child.stdout) {
        await this.#take(bytes as Buffer);
        this.#waitForQuiet(pastEnds);
      }
    } catch {
      // Why it broke off, its end tells.
    }
  }

  async #take(bytes: Buffer): Promise<void> {
    const lines = this.#lines.push(bytes);
    if (!lines || this.#isStopped) {
      return;
    }
    const time = this.#now();
    await this.#delivery.give(lines, this.#encoding, this.#phase);
    this.#lastFailure = "";
    this.#since = Math.max(this.#since, Math.floor(time));
    this.#consumer.checkpoint?.({ hash: hashOf(this.#options.path), position: this.#since });
  }

  #waitForQuiet(pastEnds: number): void {
    clearTimeout(this.#quiet);
    if (this.#phase === "operation" || this.#isStopped) {
      return;
    }
    const wait = Math.min(QUIET_MS, Math.max(0, pastEnds - performance.now()));
    this.#quiet = setTimeout(() => this.#beginOperation(), wait);
  }

  #beginOperation(): void {
    this.#phase = "operation";
    if (!this.#isCaughtUp) {
      this.#isCaughtUp = true;
      this.#consumer.event?.({ type: "found", path: this.#options.path, position: 0, hash: "" });
      this.#consumer.caughtUp?.();
    }
  }

  async #readComplaints(child: CommandProcess): Promise<void> {
    const lines = new StreamLines(this.#encoding, 1000);
    let told = 0;
    try {
      for await (const bytes of child.stderr) {
        const text = this.#encoding.decode(lines.push(bytes as Buffer)?.view ?? "");
        for (const line of text.split("\n").filter((part) => part.trim() !== "")) {
          if (++told <= MOST_COMPLAINTS) {
            this.#consumer.event?.({ type: "complaint", path: this.#options.path, text: line });
          }
        }
      }
    } catch {
      // Why it broke off, its end tells.
    }
  }

  /** Of a command that was cut off, half a last line could name another offender than the whole one. */
  async #finish(end: number | string): Promise<void> {
    const rest = end === 0 && !this.#isStopped ? this.#lines.end() : undefined;
    this.#lines.clear();
    if (rest) {
      await this.#delivery.give(rest, this.#encoding, this.#phase);
    }
    const failure = typeof end === "number" ? `it ended with status ${end}` : `it ended with ${end}`;
    if (!this.#isStopped && failure !== this.#lastFailure) {
      this.#lastFailure = failure;
      const error = new WarderError("command-ended", `${failure}; it is started again`);
      this.#consumer.event?.({ type: "error", path: this.#options.path, error });
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function hashOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
