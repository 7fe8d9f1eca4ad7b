import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { systemClock } from "../platform";
import { chooseEncoding } from "./choose-encoding";
import { Delivery } from "./delivery";
import type { Encoding } from "./encoding";
import type { Follower, FollowOptions, FollowStats } from "./follower";
import { isSameFile, logError, type FileIdentity } from "./log-stat";
import { RouteWatch } from "./route-watch";
import type { SourceConsumer } from "./source-event";
import { StreamLines } from "./stream-lines";

/** Whether a path leads to a named pipe. */
export function isPipe(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
  } catch {
    return false;
  }
}

/**
 * Reads a named pipe such as syslog daemons write to (`|/run/warder/auth.pipe`): each line arrives the moment it is
 * written, writers may go and come back. What is written while nobody reads is the writer's to keep.
 */
export class PipeFollower implements Follower {
  readonly #path: string;
  readonly #consumer: SourceConsumer;
  readonly #gone: () => void;
  readonly #encoding: Encoding;
  readonly #delivery: Delivery;
  readonly #lines: StreamLines;
  readonly #watch: RouteWatch;
  #identity: FileIdentity | undefined;
  #socket: Socket | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = true;

  /** Calls `gone` when the path no longer leads to the pipe, or the pipe cannot be opened; nothing is read after. */
  constructor(options: FollowOptions, consumer: SourceConsumer, gone: () => void) {
    const { path, now = () => systemClock().now() } = options;
    this.#path = path;
    this.#consumer = consumer;
    this.#gone = gone;
    this.#encoding = chooseEncoding(options, consumer);
    this.#delivery = new Delivery(path, consumer, now);
    this.#lines = new StreamLines(this.#encoding);
    this.#watch = new RouteWatch(path, () => this.#look());
  }

  get stats(): FollowStats {
    const { stats } = this.#delivery;
    return { ...stats, position: stats.bytesRead, behind: 0, delay: 0 };
  }

  start(): void {
    this.#isStopped = false;
    try {
      this.#open();
    } catch (error) {
      const event = { type: "error", path: this.#path, error: logError(this.#path, error) } as const;
      this.#consumer.event?.(event);
      this.#end();
      return;
    }
    this.#watch.refresh();
    this.#consumer.event?.({ type: "found", path: this.#path, position: 0, hash: "" });
    this.#consumer.caughtUp?.();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watch.stop();
    this.#socket?.destroy();
    await this.#reading;
  }

  #open(): void {
    const fd = openPipe(this.#path);
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFIFO()) {
      closeSync(fd);
      throw Object.assign(new Error("not a named pipe"), { code: "ENODEV" });
    }
    this.#identity = stat;
    const socket = new Socket({ fd, readable: true, writable: false });
    this.#socket = socket;
    this.#reading = this.#read(socket);
  }

  async #read(socket: Socket): Promise<void> {
    try {
      for await (const bytes of socket) {
        const lines = this.#lines.push(bytes as Buffer);
        if (lines) {
          await this.#delivery.give(lines, this.#encoding, "operation");
        }
      }
    } catch (error) {
      if (!this.#isStopped) {
        this.#consumer.event?.({ type: "error", path: this.#path, error: logError(this.#path, error) });
      }
    }
    if (!this.#isStopped) {
      this.#again();
    }
  }

  /** Only a pipe that may not be opened for writing comes to an end: when its last writer has gone. */
  #again(): void {
    this.#lines.clear();
    try {
      this.#open();
    } catch {
      this.#end();
    }
  }

  #look(): void {
    this.#watch.refresh();
    if (this.#isStopped || this.#isThere()) {
      return;
    }
    this.#consumer.event?.({ type: "lost", path: this.#path, reason: "pipe is gone" });
    this.#end();
  }

  #isThere(): boolean {
    try {
      const there = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
      return there !== undefined && this.#identity !== undefined && isSameFile(there, this.#identity);
    } catch {
      return false;
    }
  }

  #end(): void {
    if (!this.#isStopped) {
      void this.stop();
      this.#gone();
    }
  }
}

/** Open for writing too, a pipe has always a writer: it never ends, and reading sleeps until there is something. */
function openPipe(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") {
      return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    }
    throw error;
  }
}
