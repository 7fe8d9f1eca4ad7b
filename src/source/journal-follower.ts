import { messageOf, WarderError, type Entry, type Phase } from "../model";
import { systemClock, type Clock } from "../platform";
import { journalArguments, type JournalPlace, type JournalStart } from "./journal-command";
import type { JournalEntry } from "./journal-entry";
import { runJournal, type JournalEnd, type JournalRun } from "./journal-reader";

/** How far the journal has been handed over. */
export interface JournalCheckpoint {
  /** Place in the journal; absent when only the time is known. */
  readonly cursor?: string;
  /** Time of the last entry, in seconds since 1970. */
  readonly time: number;
  /** That time as the store keeps it: `2026-11-21T00:47:40.014642+00:00 `. */
  readonly date: string;
}

/** How the journal is to be followed. */
export interface JournalOptions {
  readonly place: JournalPlace;
  /** Groups of match words; an entry is wanted when it fits one group. None means all entries. */
  readonly matches: readonly (readonly string[])[];
  readonly checkpoint?: JournalCheckpoint | undefined;
  /** Seconds since 1970: older entries are not read. */
  readonly from: number;
  /** Default `journalctl`. */
  readonly command?: string;
  readonly clock?: Clock;
}

/** What happens to the journal besides its entries. */
export type JournalEvent =
  | { readonly type: "error"; readonly error: WarderError }
  | { readonly type: "unreadable"; readonly entries: number };

/** Who takes the entries; while a promise of `entries` is open nothing more is read. */
export interface JournalConsumer {
  entries(entries: readonly Entry[], phase: Phase): void | Promise<void>;
  /** Once: all that was there at the start has been handed over. */
  caughtUp?(): void;
  checkpoint?(checkpoint: JournalCheckpoint): void;
  event?(event: JournalEvent): void;
}

const FIRST_DELAY = 1;
const LONGEST_DELAY = 60;

/**
 * Follows the systemd journal through a journalctl child: first one that gives what is there and ends, then one that
 * waits for more. A child that dies is started again after the last entry, later each time up to a minute.
 *
 * DIFFERS: after a restart fail2ban reads the last entry a second time; here it is not.
 */
export class JournalFollower {
  readonly #options: JournalOptions;
  readonly #consumer: JournalConsumer;
  readonly #clock: Clock;
  #last: JournalCheckpoint | undefined;
  #skipTime: number | undefined;
  #run: JournalRun | undefined;
  #loop: Promise<void> | undefined;
  #phase: Phase = "initial";
  #isStopped = false;
  #delay = FIRST_DELAY;
  #lastError = "";
  #wakeUp: (() => void) | undefined;

  constructor(options: JournalOptions, consumer: JournalConsumer) {
    this.#options = options;
    this.#consumer = consumer;
    this.#clock = options.clock ?? systemClock();
    this.#last = options.checkpoint;
    this.#skipTime = options.checkpoint?.cursor === undefined ? options.checkpoint?.time : undefined;
  }

  /** Begins to read; returns before anything has been handed over. */
  start(): void {
    this.#loop ??= this.#follow();
  }

  /** Ends reading for good: settles when the batch on its way has been taken and the child has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#run?.stop();
    this.#wakeUp?.();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      const started = this.#clock.now();
      const end = await this.#runOnce(this.#phase === "operation");
      if (this.#isStopped) {
        return;
      }
      if (this.#phase === "initial" && end.failure === undefined) {
        this.#phase = "operation";
        this.#last ??= { time: started, date: "" };
        this.#consumer.caughtUp?.();
      } else {
        await this.#retry(end);
      }
    }
  }

  async #runOnce(isFollowing: boolean): Promise<JournalEnd> {
    const { place, matches, command = "journalctl" } = this.#options;
    const args = journalArguments(place, matches, this.#startPlace());
    const follow = isFollowing ? ["--follow", "--no-tail"] : [];
    this.#run = runJournal(command, [...follow, ...args], (entries, unreadable) =>
      this.#take(entries, unreadable),
    );
    return this.#run.ended;
  }

  #startPlace(): JournalStart {
    const { from } = this.#options;
    if (this.#last?.cursor !== undefined && this.#last.time >= from) {
      return { cursor: this.#last.cursor };
    }
    return { since: Math.max(from, this.#last?.time ?? from) };
  }

  async #take(given: readonly JournalEntry[], unreadable: number): Promise<void> {
    if (unreadable > 0) {
      this.#consumer.event?.({ type: "unreadable", entries: unreadable });
    }
    const entries = given.filter(({ entry }) => entry.time !== this.#skipTime);
    const last = given.at(-1);
    if (last === undefined || this.#isStopped) {
      return;
    }
    await this.#give(entries.map(({ entry }) => entry));
    this.#delay = FIRST_DELAY;
    this.#lastError = "";
    this.#last = { cursor: last.cursor, time: last.entry.time, date: last.entry.date };
    this.#consumer.checkpoint?.(this.#last);
  }

  /** A batch that the consumer fails at is not given again. */
  async #give(entries: readonly Entry[]): Promise<void> {
    try {
      if (entries.length > 0) {
        await this.#consumer.entries(entries, this.#phase);
      }
    } catch (cause) {
      const text = `Processing journal entries failed: ${messageOf(cause)}`;
      this.#consumer.event?.({ type: "error", error: new WarderError("lines-failed", text, { cause }) });
    }
  }

  async #retry(end: JournalEnd): Promise<void> {
    const error = journalError(end.failure ?? "it ended by itself");
    if (error.message !== this.#lastError) {
      this.#lastError = error.message;
      this.#consumer.event?.({ type: "error", error });
    }
    if (/cursor/i.test(end.failure ?? "") && this.#last) {
      // The journal the cursor belongs to is gone; the time still tells where to go on.
      this.#last = { time: this.#last.time, date: this.#last.date };
      this.#skipTime = this.#last.time;
    }
    const delay = this.#delay;
    this.#delay = Math.min(LONGEST_DELAY, delay * 2);
    await this.#sleep(delay);
  }

  async #sleep(seconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(seconds, resolve);
      this.#wakeUp = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** Codes: `journalctl-missing`, `journal-denied`, `journal-failed`. */
function journalError(failure: string): WarderError {
  if (failure === "ENOENT") {
    const text =
      'Cannot read the journal: journalctl is not installed. Install systemd, or set "backend = auto" and a logpath';
    return new WarderError("journalctl-missing", text);
  }
  if (/permission/i.test(failure)) {
    const advice = "Run as root, or add the user to group systemd-journal";
    return new WarderError("journal-denied", `Cannot read the journal: ${failure}. ${advice}`);
  }
  return new WarderError("journal-failed", `Reading the journal failed, trying again: ${failure}`);
}
