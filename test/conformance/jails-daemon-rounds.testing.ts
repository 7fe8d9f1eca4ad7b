import * as fc from "fast-check";
import { stamp } from "./jails-daemon.testing";

/** Lines for the logs, then a call of the client (or another configuration), then both must agree. */
export interface Round {
  readonly makeLines: (now: number) => ReadonlyMap<string, readonly string[]>;
  readonly call?: readonly string[];
  /** What jail.local holds from now on. */
  readonly configuration?: string;
}

const OFFENDERS = [
  ...Array.from({ length: 8 }, (_, i) => `192.0.2.${i + 1}`),
  "2001:db8::7",
  "2001:DB8:0:0::7",
  "::ffff:192.0.2.2",
  "198.51.100.255",
];
/**
 * Seconds before now of lines that were there before the start: half of them inside findtime, and inside that of
 * every configuration too, since fail2ban forgets what has become too old at no certain moment.
 */
const anyOldAge = fc.oneof(fc.integer({ min: 5, max: 2700 }), fc.integer({ min: 4500, max: 90_000 }));
/** Of lines that come while the daemon runs: whatever is a minute off counts as now. */
const anyNewAge = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(120, 5000, -300) },
);
const makeLine = (anyAge: fc.Arbitrary<number>) =>
  fc.record({
    log: fc.constantFrom("a", "a", "b"),
    age: anyAge,
    offender: fc.constantFrom(...OFFENDERS),
    user: fc.constantFrom("root", "alice", "bob"),
  });
const anyOldLine = makeLine(anyOldAge);
const anyNewLine = makeLine(anyNewAge);
const anyOffender = fc.constantFrom(...OFFENDERS.slice(0, 9));
const anyJail = fc.constantFrom("plain", "strict", "users", "weak");
const anyCall: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc.tuple(fc.constant("unban"), anyOffender),
  fc.tuple(fc.constant("set"), anyJail, fc.constantFrom("unbanip", "banip"), anyOffender),
  fc.tuple(fc.constant("set"), anyJail, fc.constant("maxretry"), fc.constantFrom("1", "2", "4")),
  fc.tuple(fc.constant("set"), anyJail, fc.constantFrom("addignoreip", "delignoreip"), anyOffender),
  fc.tuple(fc.constant("set"), anyJail, fc.constant("attempt"), anyOffender, fc.constant("somebody told")),
  fc.constantFrom(
    ["reload"],
    ["reload", "plain"],
    ["reload", "--unban", "users"],
    ["restart", "strict"],
    ["restart", "--unban", "weak"],
    ["restart"],
    ["unban", "--all"],
    ["unban", "192.0.2.0/30"],
  ),
);
const anyConfiguration = fc.constantFrom(
  "",
  "[plain]\nmaxretry = 2\nbantime = 3h\n",
  "[users]\nfindtime = 50m\n[strict]\nmaxretry = 2\nmaxmatches = 0\n",
  "[weak]\nmaxretry = 2\nbantime = 100m\nignoreip = 198.51.100.0/24\n",
);

/** What is in the logs before the start; always the same for a seed, but for the moment it is made for. */
export function makeOldLogs(seed: number, now: number): ReadonlyMap<string, readonly string[]> {
  const [lines = []] = fc.sample(fc.array(anyOldLine, { minLength: 40, maxLength: 40 }), {
    seed,
    numRuns: 1,
  });
  // As in a log, but that within a minute lines may come in any order.
  const minutes = (age: number): number => Math.floor(age / 60);
  return groupByLog(
    [...lines].sort((a, b) => minutes(b.age) - minutes(a.age)),
    now,
  );
}

/** Rounds, always the same for a seed; their lines are made for the moment when they are written. */
export function makeRounds(seed: number, count: number): Round[] {
  const anyRound = fc.record({
    lines: fc.array(anyNewLine, { minLength: 4, maxLength: 24 }),
    call: fc.option(anyCall, { nil: undefined, freq: 4 }),
    configuration: fc.option(anyConfiguration, { nil: undefined, freq: 3 }),
  });
  return fc.sample(anyRound, { seed, numRuns: count }).map(({ lines, call, configuration }) => ({
    makeLines: (now) => groupByLog(lines, now),
    ...(configuration === undefined ? {} : { configuration, call: ["reload"] }),
    ...(call === undefined || configuration !== undefined ? {} : { call }),
  }));
}

/** A failure as the filter of the log finds it. */
export function formatLine(log: string, time: number, offender: string, user = "root"): string {
  return log === "b"
    ? `${stamp(time)} ${user} refused from ${offender}`
    : `${stamp(time)} failure from ${offender}`;
}

function groupByLog(
  lines: readonly { log: string; age: number; offender: string; user: string }[],
  now: number,
): ReadonlyMap<string, readonly string[]> {
  const grouped = new Map<string, string[]>();
  for (const { log, age, offender, user } of lines) {
    grouped.set(log, [...(grouped.get(log) ?? []), formatLine(log, now - age, offender, user)]);
  }
  return grouped;
}
