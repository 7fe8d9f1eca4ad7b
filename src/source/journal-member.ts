import { messageOf, WarderError, type Entry, type Phase } from "../model";
import type { JournalEntry } from "./journal-entry";
import { compileMatches, type JournalMatches, type JournalTest } from "./journal-match";
import { comparePoints, cursorMicros, type JournalPoint } from "./journal-place";

/** How far the journal has been handed over. */
export interface JournalCheckpoint {
  /** Place in the journal; absent when only the time is known. */
  readonly cursor?: string;
  /** Time of the last entry, in seconds since 1970. */
  readonly time: number;
  /** That time as the store keeps it: `2026-11-21T00:47:40.014642+00:00 `. */
  readonly date: string;
}

/** What somebody wants of a journal. */
export interface JournalWish {
  /** Who it is, for reports. */
  readonly name: string;
  /** Groups of match words; an entry is wanted when it fits one group. None means all entries. */
  readonly matches: JournalMatches;
  /** Names of fields that are looked at besides those that make a line. */
  readonly fields?: readonly string[];
  readonly checkpoint?: JournalCheckpoint | undefined;
  /** Seconds since 1970: older entries are not read. */
  readonly from: number;
}

/** Who takes the entries; while a promise of `entries` is open nothing more is read. */
export interface JournalConsumer {
  entries(entries: readonly Entry[], phase: Phase): void | Promise<void>;
  /** Once: all that was there at the start has been handed over. */
  caughtUp?(): void;
  checkpoint?(checkpoint: JournalCheckpoint): void;
}

/** One of those who read a journal together: knows how far it has got and which entries it wants. */
export class JournalMember {
  readonly name: string;
  readonly matches: JournalMatches;
  fields: readonly string[];
  isStopped = false;
  /** The journal cannot be read at the moment. */
  isFailing = false;
  readonly #consumer: JournalConsumer;
  readonly #report: (error: WarderError) => void;
  readonly #isWanted: JournalTest;
  #point: JournalPoint;
  /** An entry with this time has been handed over by an earlier run that knew no places. */
  #doneTime: number | undefined;
  #phase: Phase = "initial";
  /** All that a run gives lies behind the place reached. */
  #isBeyond = false;
  #work: Promise<void> = Promise.resolve();

  constructor(wish: JournalWish, consumer: JournalConsumer, report: (error: WarderError) => void) {
    const { name, matches, fields = [], checkpoint, from } = wish;
    this.name = name;
    this.matches = matches;
    this.fields = fields;
    this.#consumer = consumer;
    this.#report = report;
    this.#isWanted = compileMatches(matches);
    this.#point = firstPoint(checkpoint, from);
    this.#doneTime = checkpoint?.cursor === undefined ? checkpoint?.time : undefined;
  }

  /** Everything up to here has been handed over. */
  get point(): JournalPoint {
    return this.#point;
  }

  /** A run begins, at the place reached or before it. */
  begin(): void {
    this.#isBeyond = false;
  }

  /** Takes entries of a run as they come; what is wanted and new is handed over. */
  async take(batch: readonly JournalEntry[]): Promise<void> {
    const news = batch.filter(({ point }) => this.#isNew(point));
    const last = news.at(-1);
    if (last === undefined || this.isStopped) {
      return;
    }
    const wanted = news.filter(
      ({ fields, entry }) => this.#isWanted(fields) && entry.time !== this.#doneTime,
    );
    this.#work = this.#give(wanted);
    await this.#work;
    this.#point = last.point;
    this.isFailing = false;
  }

  /** All that was there when `end` was the journal's last entry has been handed over. */
  catchUp(end: JournalPoint | undefined): void {
    if (end && comparePoints(end, this.#point) > 0) {
      this.#point = end;
    }
    this.#phase = "operation";
    this.#doneTime = undefined;
    this.isFailing = false;
    this.#consumer.caughtUp?.();
  }

  /** Settles when what is being handed over has been taken; nothing comes after. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.#work;
  }

  #isNew(point: JournalPoint): boolean {
    this.#isBeyond ||= comparePoints(point, this.#point) > 0;
    return this.#isBeyond;
  }

  /** A batch that the consumer fails at is not given again. */
  async #give(wanted: readonly JournalEntry[]): Promise<void> {
    const last = wanted.at(-1);
    if (last === undefined) {
      return;
    }
    try {
      await this.#consumer.entries(
        wanted.map(({ entry }) => entry),
        this.#phase,
      );
    } catch (cause) {
      const text = `Processing journal entries failed: ${messageOf(cause)}`;
      this.#report(new WarderError("lines-failed", text, { cause }));
    }
    const { time, date } = last.entry;
    this.#consumer.checkpoint?.({ cursor: last.point.cursor, time, date });
  }
}

function firstPoint(checkpoint: JournalCheckpoint | undefined, from: number): JournalPoint {
  const { cursor, time = from } = checkpoint ?? {};
  const micros = (cursor === undefined ? undefined : cursorMicros(cursor)) ?? time * 1e6;
  return cursor !== undefined && micros >= from * 1e6
    ? { cursor, micros }
    : { micros: Math.floor(Math.max(from * 1e6, cursor === undefined ? micros : 0)) };
}
