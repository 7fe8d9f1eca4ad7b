import {
  copyText,
  matchesOf,
  narrowText,
  packRecord,
  widenText,
  type Failure,
  type Groups,
  type MatchedLine,
  type PackedRecord,
} from "../model";
import { PackedGroups } from "./packed-groups";

/**
 * Failures on their way between threads: the texts of all, one after the other, and their numbers. One text and one
 * array of numbers are copied between threads many times quicker than objects or lists of texts.
 */
export interface FailureBatch {
  readonly texts: string;
  readonly numbers: Float64Array;
}

/** Failures of one batch: what a daemon deals with in a few milliseconds, before it does something else. */
const BATCH = 500;
/** Numbers of one failure: time, count, weight and bantime (NaN: absent), lengths of its texts (-1: absent). */
const HEAD = 8;

/** Packs failures into batches one by one, so that nothing but their texts has to be kept until it is sent. */
export class FailurePacker {
  readonly #batches: FailureBatch[] = [];
  #texts = "";
  #numbers: number[] = [];
  #count = 0;

  /** Failures packed so far. */
  get count(): number {
    return this.#count;
  }

  add(failure: Failure): void {
    const { time, count, weight = Number.NaN, bantime = Number.NaN, id, ip, host } = failure;
    if (this.#numbers.length === BATCH * HEAD) {
      this.#close();
    }
    this.#count++;
    this.#numbers.push(time, count, weight, bantime);
    this.#addName(id);
    this.#addName(ip);
    this.#addName(host);
    const record = packRecord(failure.groups, failure.matches);
    this.#texts += record;
    this.#numbers.push(record.length);
  }

  /** Gives the batches away and begins anew. */
  take(): readonly FailureBatch[] {
    this.#close();
    this.#count = 0;
    return this.#batches.splice(0);
  }

  #addName(name: string | undefined): void {
    if (name === undefined) {
      this.#numbers.push(-1);
      return;
    }
    const text = narrowText(name);
    this.#texts += text;
    this.#numbers.push(text.length);
  }

  #close(): void {
    if (this.#numbers.length > 0) {
      this.#batches.push({ texts: this.#texts, numbers: Float64Array.from(this.#numbers) });
      this.#texts = "";
      this.#numbers = [];
    }
  }
}

/** The failures of a batch. */
export function decodeFailures(batch: FailureBatch): readonly Failure[] {
  const failures: Failure[] = [];
  const { numbers } = batch;
  let text = 0;
  for (let at = 0; at < numbers.length; at += HEAD) {
    const failure = new WiredFailure(batch, at, text);
    text = failure.end;
    failures.push(failure);
  }
  return failures;
}

/** A failure as it came: its groups and lines are taken out of the batch only when somebody asks. */
class WiredFailure implements Failure {
  readonly time: number;
  readonly count: number;
  readonly weight: number | undefined;
  readonly bantime: number | undefined;
  readonly id: string | undefined;
  readonly ip: string | undefined;
  readonly host: string | undefined;
  /** Where its texts end. */
  readonly end: number;
  /** A part of the batch, until it is kept. */
  #record: PackedRecord;
  #groups: Groups | undefined;
  #matches: readonly MatchedLine[] | undefined;

  constructor({ texts, numbers }: FailureBatch, at: number, start: number) {
    this.time = numberAt(numbers, at);
    this.count = numberAt(numbers, at + 1);
    this.weight = presentAt(numbers, at + 2);
    this.bantime = presentAt(numbers, at + 3);
    const ip = start + Math.max(0, numberAt(numbers, at + 4));
    const host = ip + Math.max(0, numberAt(numbers, at + 5));
    const record = host + Math.max(0, numberAt(numbers, at + 6));
    this.id = numberAt(numbers, at + 4) < 0 ? undefined : nameBetween(texts, start, ip);
    this.ip = numberAt(numbers, at + 5) < 0 ? undefined : nameBetween(texts, ip, host);
    this.host = numberAt(numbers, at + 6) < 0 ? undefined : nameBetween(texts, host, record);
    this.end = record + numberAt(numbers, at + 7);
    this.#record = texts.slice(record, this.end);
  }

  get groups(): Groups {
    this.#groups ??= new PackedGroups(this.#keep());
    return this.#groups;
  }

  get matches(): readonly MatchedLine[] {
    this.#matches ??= matchesOf(this.#keep());
    return this.#matches;
  }

  #keep(): PackedRecord {
    this.#record = copyText(this.#record);
    return this.#record;
  }
}

function numberAt(numbers: Float64Array, at: number): number {
  return numbers[at] ?? 0;
}

function presentAt(numbers: Float64Array, at: number): number | undefined {
  const number = numberAt(numbers, at);
  return Number.isNaN(number) ? undefined : number;
}

function nameBetween(texts: string, start: number, end: number): string {
  return widenText(copyText(texts.slice(start, end)));
}
