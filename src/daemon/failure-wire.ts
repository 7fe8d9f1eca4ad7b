import type { Failure, MatchedLine } from "../model";
import { PackedGroups, packGroups } from "./packed-groups";

type Member = string | number | null;

/**
 * Failures on their way between threads: the members of all, one after the other, absent ones as null. One flat list
 * of texts and numbers is copied between threads several times quicker than objects or JSON.
 */
export type FailureBatch = readonly Member[];

/** Failures of one batch: what a daemon deals with in a few milliseconds, before it does something else. */
const BATCH = 500;

/** Packs failures into batches one by one, so that nothing but their texts has to be kept until it is sent. */
export class FailurePacker {
  #batches: Member[][] = [];
  #batch: Member[] = [];
  #count = 0;

  /** Failures packed so far. */
  get count(): number {
    return this.#count;
  }

  add(failure: Failure): void {
    const { time, id = null, ip = null, host = null, count, weight = null, bantime = null } = failure;
    const { groups, matches } = failure;
    if (this.#count++ % BATCH === 0) {
      this.#batch = [];
      this.#batches.push(this.#batch);
    }
    this.#batch.push(time, id, ip, host, count, weight, bantime, packGroups(groups), matches.length);
    for (const match of matches) {
      if (typeof match === "string") {
        this.#batch.push(null, null, match);
      } else {
        this.#batch.push(match[0], match[1], match[2]);
      }
    }
  }

  /** Gives the batches away and begins anew. */
  take(): readonly FailureBatch[] {
    const batches = this.#batches;
    this.#batches = [];
    this.#count = 0;
    return batches;
  }
}

/** The failures of a batch. */
export function decodeFailures(batch: FailureBatch): readonly Failure[] {
  const failures: Failure[] = [];
  for (let at = 0; at < batch.length; ) {
    const lines = at + HEAD + LINE * Number(batch[at + HEAD - 1]);
    failures.push(failureAt(batch, at, linesBetween(batch, at + HEAD, lines)));
    at = lines;
  }
  return failures;
}

/** Members of a failure before its lines, the last of them the number of lines; and members of a line. */
const HEAD = 9;
const LINE = 3;

function failureAt(batch: FailureBatch, at: number, matches: readonly MatchedLine[]): Failure {
  const [id, ip, host] = [batch[at + 1], batch[at + 2], batch[at + 3]];
  const [weight, bantime] = [batch[at + 5], batch[at + 6]];
  const groups = new PackedGroups(String(batch[at + 7]));
  const failure: Mutable<Failure> = {
    time: Number(batch[at]),
    groups,
    matches,
    count: Number(batch[at + 4]),
  };
  // Members set one by one where they are there: spreading objects together costs as much as all the rest.
  if (typeof id === "string") {
    failure.id = id;
  }
  if (typeof ip === "string") {
    failure.ip = ip;
  }
  if (typeof host === "string") {
    failure.host = host;
  }
  if (typeof weight === "number") {
    failure.weight = weight;
  }
  if (typeof bantime === "number") {
    failure.bantime = bantime;
  }
  return failure;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function linesBetween(batch: FailureBatch, from: number, to: number): readonly MatchedLine[] {
  const lines: MatchedLine[] = [];
  for (let at = from; at < to; at += LINE) {
    const [before, date, after] = [batch[at], batch[at + 1], String(batch[at + 2])];
    lines.push(typeof before === "string" ? [before, String(date), after] : after);
  }
  return lines;
}
