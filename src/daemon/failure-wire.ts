import type { Failure, MatchedLine } from "../model";
import { PackedGroups, packGroups } from "./packed-groups";

type Member = string | number | null;

/**
 * Failures on their way between threads: the members of all, one after the other, absent ones as null. One flat list
 * of texts and numbers is copied between threads several times quicker than objects or JSON.
 */
export type FailureBatch = readonly Member[];

/** Puts failures into a batch. */
export function encodeFailures(failures: readonly Failure[]): FailureBatch {
  const batch: Member[] = [];
  for (const failure of failures) {
    const { time, id = null, ip = null, host = null, count, weight = null, bantime = null } = failure;
    const { groups, matches } = failure;
    batch.push(time, id, ip, host, count, weight, bantime, packGroups(groups), matches.length);
    for (const match of matches) {
      if (typeof match === "string") {
        batch.push(null, null, match);
      } else {
        batch.push(match[0], match[1], match[2]);
      }
    }
  }
  return batch;
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
  return {
    time: Number(batch[at]),
    ...(typeof id === "string" ? { id } : NOTHING),
    ...(typeof ip === "string" ? { ip } : NOTHING),
    ...(typeof host === "string" ? { host } : NOTHING),
    groups: new PackedGroups(String(batch[at + 7])),
    matches,
    count: Number(batch[at + 4]),
    ...(typeof weight === "number" ? { weight } : NOTHING),
    ...(typeof bantime === "number" ? { bantime } : NOTHING),
  };
}

const NOTHING = {};

function linesBetween(batch: FailureBatch, from: number, to: number): readonly MatchedLine[] {
  const lines: MatchedLine[] = [];
  for (let at = from; at < to; at += LINE) {
    const [before, date, after] = [batch[at], batch[at + 1], String(batch[at + 2])];
    lines.push(typeof before === "string" ? [before, String(date), after] : after);
  }
  return lines;
}
