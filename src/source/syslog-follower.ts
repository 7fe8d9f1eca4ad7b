import { systemClock } from "../platform";
import { chooseEncoding } from "./choose-encoding";
import { Delivery } from "./delivery";
import type { Encoding } from "./encoding";
import type { Follower, FollowOptions, FollowStats } from "./follower";
import type { SourceConsumer } from "./source-event";
import { listenAt } from "./syslog-hub";
import { formatArrival, formatSyslog } from "./syslog-message";

/** Bytes of lines that may wait to be matched. Beyond, connections are not read, and datagrams are dropped. */
const MOST_QUEUED = 8 << 20;
/** Bytes handed over at once. */
const PIECE = 1 << 20;
/** How often lost messages are told, in seconds. */
const TELL_EVERY = 60;

/**
 * Listens for syslog messages, over UDP, TCP or a Unix stream socket, and gives them as the lines a syslog daemon would
 * write. Followers of one address share its socket. (Node.js has no Unix datagram sockets: `/dev/log` cannot be had.)
 */
export class SyslogFollower implements Follower {
  readonly #path: string;
  readonly #consumer: SourceConsumer;
  readonly #encoding: Encoding;
  readonly #delivery: Delivery;
  readonly #now: () => number;
  #leave: (() => Promise<void>) | undefined;
  #queue: string[] = [];
  #queued = 0;
  #skipped = 0;
  #lost = 0;
  #lastTold = Number.NEGATIVE_INFINITY;
  #pump: Promise<void> | undefined;
  #room: { readonly wait: Promise<void>; readonly open: () => void } | undefined;
  #isStopped = false;
  #emptyAt = 0;

  constructor(options: FollowOptions, consumer: SourceConsumer) {
    const { path, now = () => systemClock().now() } = options;
    this.#path = path;
    this.#consumer = consumer;
    this.#now = now;
    const encoding = chooseEncoding(options, consumer);
    this.#encoding = encoding;
    this.#delivery = new Delivery(path, consumer, now);
  }

  get stats(): FollowStats {
    const { stats } = this.#delivery;
    return {
      ...stats,
      position: stats.bytesRead,
      behind: this.#queued,
      delay: this.#queued > 0 ? this.#now() - this.#emptyAt : 0,
    };
  }

  start(): void {
    this.#leave ??= listenAt(this.#path, {
      take: (messages, sender, skippedBytes) => this.#take(messages, sender, skippedBytes),
      opened: () => this.#consumer.event?.({ type: "found", path: this.#path, position: 0, hash: "" }),
      failed: (error) => this.#consumer.event?.({ type: "error", path: this.#path, error }),
    });
    this.#consumer.caughtUp?.();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#room?.open();
    await this.#leave?.();
    await this.#pump;
  }

  #take(messages: readonly string[], sender: string, skippedBytes: number): Promise<void> | undefined {
    this.#skipped += skippedBytes;
    const arrival = { date: formatArrival(this.#now()), sender };
    for (const message of messages) {
      if (this.#queued >= MOST_QUEUED) {
        this.#lose();
        continue;
      }
      const line = `${formatSyslog(message, arrival)}\n`;
      this.#queue.push(line);
      this.#queued += line.length;
    }
    if (!this.#pump) {
      this.#emptyAt = this.#now();
      this.#pump = this.#deliver();
    }
    // A connection is not read on; datagrams come all the same.
    return this.#queued >= MOST_QUEUED / 2 && !this.#isStopped ? this.#waitForRoom() : undefined;
  }

  async #deliver(): Promise<void> {
    // A moment later, so that messages that came together are matched together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0 && !this.#isStopped) {
      const { view, lines } = this.#nextPiece();
      const skippedBytes = this.#skipped;
      this.#skipped = 0;
      await this.#delivery.give({ view, lines, skippedBytes }, this.#encoding, "operation");
      this.#queued -= view.length;
      if (this.#queued < MOST_QUEUED / 2) {
        this.#room?.open();
        this.#room = undefined;
      }
    }
    this.#pump = undefined;
  }

  #nextPiece(): { readonly view: string; readonly lines: number } {
    let size = 0;
    let count = 0;
    while (count < this.#queue.length && size < PIECE) {
      size += this.#queue[count++]?.length ?? 0;
    }
    const lines = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return { view: lines.join(""), lines: count };
  }

  #waitForRoom(): Promise<void> {
    if (!this.#room) {
      let open = (): void => {};
      const wait = new Promise<void>((resolve) => {
        open = resolve;
      });
      this.#room = { wait, open };
    }
    return this.#room.wait;
  }

  #lose(): void {
    this.#lost++;
    if (this.#now() - this.#lastTold >= TELL_EVERY) {
      this.#lastTold = this.#now();
      this.#consumer.event?.({ type: "overrun", path: this.#path, messages: this.#lost });
      this.#lost = 0;
    }
  }
}
