import { messageOf } from "../../model";
import type { Clock } from "../../platform";
import type { Carrier, Delivery, NoticeBatch, QueuedNotice } from "./notice";
import type { NoticeQueue } from "./notice-queue";

/** How a storm is kept off, all times in seconds. */
export interface ChannelLimits {
  /** Notices that come within this time after the first become one message. */
  readonly gather: number;
  /** No more messages than this … */
  readonly burst: number;
  /** … within this time; what comes meanwhile becomes one digest. */
  readonly per: number;
  /** What could not be delivered for so long is given up. */
  readonly keep: number;
  /** Notices that may wait; more are only counted. */
  readonly queue: number;
}

/** What a channel works with. */
export interface ChannelNeeds {
  readonly clock: Clock;
  readonly queue: NoticeQueue;
  readonly carrier: Carrier;
  readonly log: (level: "ERROR" | "WARNING" | "INFO", text: string) => void;
  /** False for a notice whose action has another receiver by now; it is taken over there. */
  readonly keeps?: (entry: QueuedNotice) => boolean;
}

/** How many were only counted, by action. */
type Counts = ReadonlyMap<string, number>;

const NOTHING: Counts = new Map();
/** Waits between attempts, in seconds; the last one repeats. */
const WAITS = [10, 30, 60, 120, 300, 600, 1800, 3600];
/** Notices of one message. */
const MOST_AT_ONCE = 1000;

/**
 * The way to one receiver, shared by all actions that have the same one: gathers, brakes, tries again. What is added
 * is delivered, given up after `keep`, or counted in a later message; nothing is forgotten in silence.
 */
export class Channel {
  readonly #needs: ChannelNeeds;
  readonly #limits: ChannelLimits;
  #waiting: QueuedNotice[] = [];
  readonly #reduced = new Set<number>();
  /** Keys of actions whose notices were counted only. */
  readonly #omitting = new Set<string>();
  /** When the last messages went. */
  #sent: number[] = [];
  #gatherSince = 0;
  #retryAt = 0;
  #attempts = 0;
  #busy: Promise<void> | undefined;
  #cancel: (() => void) | undefined;

  constructor(limits: ChannelLimits, needs: ChannelNeeds) {
    this.#limits = limits;
    this.#needs = needs;
  }

  /** Nothing waits and nothing is under way. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#omitting.size === 0 && this.#busy === undefined;
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#limits.queue;
  }

  add(entry: QueuedNotice): void {
    if (this.#waiting.length === 0) {
      this.#gatherSince = this.#elapsed();
    }
    this.#waiting.push(entry);
    this.#arm();
  }

  /** Some notices of this action are only counted, in the queue. */
  noteOmitted(key: string): void {
    if (this.#omitting.size === 0) {
      this.#needs.log(
        "WARNING",
        `More than ${this.#limits.queue} notices wait; further ones are only counted`,
      );
    }
    this.#omitting.add(key);
    this.#arm();
  }

  /** Gives back what waits for an action. */
  take(key: string): readonly QueuedNotice[] {
    const taken = this.#waiting.filter((entry) => entry.key === key);
    this.#waiting = this.#waiting.filter((entry) => entry.key !== key);
    this.#omitting.delete(key);
    return taken;
  }

  /** Tries to deliver everything now, once, whatever the brake says; settles when that is over. */
  async drain(): Promise<void> {
    this.#disarm();
    await this.#busy;
    if (this.#retryAt > this.#elapsed()) {
      return;
    }
    for (let before = -1; this.#waiting.length > 0 && this.#waiting.length !== before; ) {
      before = this.#waiting.length;
      await this.#send();
      this.#disarm();
    }
  }

  stop(): void {
    this.#disarm();
  }

  /** By a clock that nobody sets. */
  #elapsed(): number {
    return this.#needs.clock.elapsed();
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    if (this.#cancel || this.#busy || (this.#waiting.length === 0 && this.#omitting.size === 0)) {
      return;
    }
    const now = this.#elapsed();
    const { burst, per, gather } = this.#limits;
    this.#sent = this.#sent.filter((time) => time > now - per).slice(-burst);
    const free = this.#sent.length < burst ? 0 : (this.#sent[0] ?? 0) + per;
    const due = Math.max(this.#gatherSince + gather, free, this.#retryAt);
    this.#cancel = this.#needs.clock.after(Math.max(0, due - now), () => {
      this.#cancel = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#busy = this.#sendBatch();
    await this.#busy;
    this.#busy = undefined;
    this.#arm();
  }

  async #sendBatch(): Promise<void> {
    this.#giveUpOld();
    const [first] = this.#waiting;
    const isReduced = first !== undefined && this.#reduced.has(first.id);
    const same = this.#waiting.findIndex(({ id }) => this.#reduced.has(id) !== isReduced);
    const most = this.#needs.carrier.gathers ? MOST_AT_ONCE : 1;
    const entries = this.#waiting.splice(0, Math.min(most, same < 0 ? this.#waiting.length : same));
    const omitted = this.#countOmitted();
    if (entries.length === 0 && omitted.sum === 0) {
      return;
    }
    const batch: NoticeBatch = {
      notices: entries.map(({ notice }) => notice),
      omitted: omitted.sum,
      isReduced,
      id: batchId(entries, omitted.sum, this.#needs.clock),
    };
    const delivery = await carry(this.#needs.carrier, batch);
    if (delivery.status !== "later") {
      this.#sent.push(this.#elapsed());
    }
    this.#settle(entries, omitted.counts, delivery);
  }

  #countOmitted(): { readonly counts: Counts; readonly sum: number } {
    const counts = new Map([...this.#omitting].map((key) => [key, this.#needs.queue.omitted(key)]));
    return { counts, sum: [...counts.values()].reduce((sum, count) => sum + count, 0) };
  }

  #settle(entries: readonly QueuedNotice[], omitted: Counts, delivery: Delivery): void {
    const { log } = this.#needs;
    if (delivery.status === "delivered") {
      if (this.#attempts > 0) {
        log("INFO", `Delivered after ${this.#attempts} attempts that failed`);
      }
      this.#attempts = 0;
      if (delivery.note !== undefined) {
        log("WARNING", delivery.note);
      }
      this.#forget(entries, omitted);
      return;
    }
    if (delivery.status === "later") {
      const wait = delivery.after ?? WAITS[Math.min(this.#attempts, WAITS.length - 1)] ?? 0;
      this.#attempts++;
      this.#retryAt = this.#elapsed() + wait;
      this.#waiting.unshift(...entries);
      log(
        "ERROR",
        `${count(entries)} not delivered: ${delivery.reason}. The next attempt is in ${Math.ceil(wait)} seconds`,
      );
      return;
    }
    const isReduced = entries.some(({ id }) => this.#reduced.has(id));
    if (isReduced || entries.length === 0 || !this.#needs.carrier.gathers) {
      log("ERROR", `${count(entries)} refused and given up: ${delivery.reason}`);
      this.#forget(entries, omitted);
      return;
    }
    log("WARNING", `${count(entries)} refused: ${delivery.reason}. Trying again without log lines`);
    entries.forEach(({ id }) => this.#reduced.add(id));
    this.#waiting.unshift(...entries);
  }

  #forget(entries: readonly QueuedNotice[], omitted: Counts): void {
    const { queue } = this.#needs;
    entries.forEach(({ id }) => this.#reduced.delete(id));
    if (entries.length > 0) {
      void queue.finish(entries);
    }
    for (const [key, count] of omitted) {
      void queue.omit(key, -count);
      if (queue.omitted(key) === 0) {
        this.#omitting.delete(key);
      }
    }
  }

  #giveUpOld(): void {
    const oldest = this.#needs.clock.now() - this.#limits.keep;
    const old = this.#waiting.filter(({ notice }) => notice.at < oldest);
    if (old.length > 0) {
      this.#waiting = this.#waiting.filter(({ notice }) => notice.at >= oldest);
      this.#needs.log(
        "ERROR",
        `${count(old)} given up: too old, not delivered for ${this.#limits.keep} seconds`,
      );
      this.#forget(old, NOTHING);
    }
  }
}

function count(entries: readonly QueuedNotice[]): string {
  return entries.length === 1 ? "1 notice" : `${entries.length} notices`;
}

/**
 * The same however often the same batch is tried, even after a restart. Another one when there is more in it: receivers
 * that know the id would take it for the old message.
 */
function batchId(entries: readonly QueuedNotice[], omitted: number, clock: Clock): string {
  const [first] = entries;
  const at = Math.round((first?.notice.at ?? clock.now()) * 1000);
  return [first?.id ?? 0, entries.at(-1)?.id ?? 0, entries.length, omitted, at].join("-");
}

/** A carrier that rejects in spite of its contract must not lose what it carries. */
async function carry(carrier: Carrier, batch: NoticeBatch): Promise<Delivery> {
  try {
    return await carrier.carry(batch);
  } catch (error) {
    return { status: "later", reason: messageOf(error) };
  }
}
