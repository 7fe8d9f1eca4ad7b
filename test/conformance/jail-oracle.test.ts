import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileIncrement, increaseBantime, JailState } from "../../src/jail";
import { FailureTable } from "../../src/jail/failure-table";
import { parseOffender, type DomainEvent, type IncrementSpec } from "../../src/model";
import { openStore } from "../../src/store";

const PACKAGES = "/usr/lib/python3/dist-packages";
const PROBE = ["-c", "import fail2ban.server.jail"];
const HAS_ORACLE =
  spawnSync("python3", PROBE, { env: { ...process.env, PYTHONPATH: PACKAGES } }).status === 0;
const START = 1_700_000_000;

if (!HAS_ORACLE) {
  console.warn("SKIPPED: the real fail2ban is not installed, counting and banning are not compared with it");
}

/** What fail2ban makes of the cases, all in one process. */
function askOracle<Result>(cases: readonly object[]): Result[] {
  const output = execFileSync("python3", ["-W", "ignore", join(import.meta.dirname, "jail-oracle.py")], {
    input: JSON.stringify(cases),
    env: { ...process.env, PYTHONPATH: PACKAGES, PYTHONDONTWRITEBYTECODE: "1" },
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "ignore"],
  });
  return JSON.parse(output.toString()) as Result[];
}

function sample<Value>(arbitrary: fc.Arbitrary<Value>, count: number): Value[] {
  return fc.sample(arbitrary, { numRuns: count, seed: 42 });
}

const anyId = fc.integer({ min: 1, max: 3 }).map((n) => `192.0.2.${n}`);
/** Some of them meet the halves where rounding matters. */
const anyGap = fc.oneof(
  fc.constantFrom(0, 0, 0, 300, 400, 600, 800, 1200, 2400),
  fc.integer({ min: 0, max: 10 }),
  fc.integer({ min: -50, max: 400 }),
  fc.integer({ min: 500, max: 1300 }),
  fc.integer({ min: 0, max: 4000 }).map((n) => n / 8),
);

/** Turns gaps into times that never lie before the start. */
function addTimes<Step extends { readonly gap: number }>(
  steps: readonly Step[],
): (Step & { time: number })[] {
  let time = START;
  return steps.map((step) => {
    time = Math.max(START, time + step.gap);
    return { ...step, time };
  });
}

describe.skipIf(!HAS_ORACLE)("the real fail2ban", () => {
  it("counts failures as we do", () => {
    const step = fc.record({
      id: anyId,
      gap: anyGap,
      lines: fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }),
      count: fc.constantFrom(1, 1, 1, 1, 2, 3),
      attempts: fc.constantFrom(1, 1, 1, 4),
      purge: fc.constantFrom(false, false, false, true),
    });
    const cases = sample(
      fc.record({
        kind: fc.constant("counting"),
        maxretry: fc.integer({ min: 1, max: 12 }),
        findtime: fc.constantFrom(600, 300, 60, 3600),
        maxmatches: fc.integer({ min: 0, max: 4 }),
        steps: fc.array(step, { minLength: 1, maxLength: 40 }).map(addTimes),
      }),
      400,
    );
    const theirs = askOracle<unknown[][]>(cases);
    cases.forEach((one, i) => {
      const table = new FailureTable(one);
      const ours = one.steps.map((failure) => {
        if (failure.purge) {
          table.purge(failure.time);
        }
        const found = {
          time: failure.time,
          groups: new Map(),
          matches: failure.lines,
          count: failure.attempts,
        };
        const place = table.add(found, parseOffender(failure.id).id, failure.count);
        const ticket = table.view(place);
        const record: unknown[] = [ticket.retry, table.size, table.total];
        if (ticket.retry >= one.maxretry) {
          record.push(ticket.last, ticket.failures, ticket.matches);
          table.take(place);
        }
        return record;
      });
      expect(ours, JSON.stringify(one)).toEqual(theirs[i]);
    });
  });

  it("bans, prolongs and unbans as we do", () => {
    const step = fc.record({
      id: anyId,
      gap: anyGap,
      behind: fc.constantFrom(0, 0, 0, 1, 59.5, 60, 61, 300),
    });
    const cases = sample(
      fc.record({
        kind: fc.constant("banning"),
        bantime: fc.constantFrom(60, 600, 1, -1),
        steps: fc.array(step, { minLength: 1, maxLength: 40 }).map((steps) => {
          let now = START;
          return steps.map(({ id, gap, behind }) => {
            now += Math.abs(gap);
            return { id, now, time: now - behind };
          });
        }),
      }),
      300,
    );
    const theirs = askOracle<[string[], string, number, number, Record<string, number> | null][]>(cases);
    cases.forEach((one, i) => {
      const jail = new JailState(
        { name: "j", maxretry: 1, findtime: 600, bantime: one.bantime, maxmatches: 5 },
        { random: () => 0 },
      );
      one.steps.forEach(({ id, now, time }, k) => {
        const over = jail
          .takeExpired(now)
          .flatMap((event) => (event.type === "unban" ? [event.ban.offender.id] : []));
        const failure = { time, groups: new Map(), matches: ["x"], count: 1 };
        const [, ...events] = jail.count(failure, parseOffender(id), now);
        const [theirOver, kind, size, total, ends] = theirs[i]![k]!;
        const where = `${JSON.stringify(one)} step ${k}`;
        expect(
          over.sort((a, b) => (a < b ? -1 : 1)),
          where,
        ).toEqual(theirOver);
        expect(events.at(-1)?.type, where).toBe(kind);
        expect(jail.counters(now), where).toMatchObject({ currentlyBanned: size, totalBanned: total });
        for (const [banned, end] of Object.entries(ends ?? {})) {
          const ban = jail.banOf(banned)!;
          // fail2ban keeps "never" as a date far away.
          const ourEnd = ban.bantime === -1 ? Number.POSITIVE_INFINITY : ban.time + ban.bantime;
          expect(ourEnd, where).toBe(end > 1e11 ? Number.POSITIVE_INFINITY : end);
        }
      });
    });
  });

  it("lets bans grow as we do", () => {
    const options: IncrementSpec[] = [
      {},
      { factor: "2" },
      { factor: "0.5" },
      { factor: "1.5" },
      { maxtime: "1h" },
      { maxtime: "5m" },
      { multipliers: "1 2 4 8 16" },
      { multipliers: "1 2 4", factor: "2" },
      { multipliers: "0 0 1" },
      { multipliers: "1 5 30 60 300 720 1440 2880", maxtime: "5d" },
      { formula: "ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor" },
      { formula: "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)" },
      {
        formula: "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)",
        factor: "2.0 / 2.885385",
      },
      { formula: "ban.Time * ban.Count // 7 + max(1, ban.Count) ** 2 % 5" },
      { formula: "10" },
    ];
    const cases = options.flatMap((one) =>
      [600, 1, 90, 7200].map((base) => ({
        kind: "growth",
        base,
        options: { increment: "true", ...one },
        spec: one,
      })),
    );
    const theirs = askOracle<number[]>(cases);
    cases.forEach(({ base, spec }, i) => {
      const increment = compileIncrement({ increment: true, ...spec })!;
      theirs[i]!.forEach((expected, k) => {
        const { value } = increaseBantime(increment, base, k + 1, () => 0);
        expect(Math.abs(value - expected), `${JSON.stringify(spec)} ${k + 1}`).toBeLessThanOrEqual(
          expected * 1e-12,
        );
      });
    });
  });

  it("weighs and bans those who come back as we do, with a database each", async () => {
    const step = fc.record({
      id: anyId,
      gap: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 900 })),
    });
    const cases = sample(
      fc.record({
        kind: fc.constant("growing"),
        maxretry: fc.integer({ min: 1, max: 10 }),
        findtime: fc.constantFrom(600, 60),
        bantime: fc.constantFrom(10, 60, 1),
        options: fc.constantFrom<Record<string, string>>(
          { increment: "true" },
          { increment: "true", factor: "0.5" },
          { increment: "true", maxtime: "2m" },
          { increment: "true", multipliers: "1 2 4" },
          { increment: "true", overalljails: "true" },
        ),
        steps: fc
          .array(step, { minLength: 30, maxLength: 80 })
          .map(addTimes)
          .map((steps) => steps.map((one, i) => ({ ...one, line: `line ${i}` }))),
      }),
      60,
    );
    const theirs = askOracle<unknown[]>(cases);
    for (const [i, one] of cases.entries()) {
      expect(await replay(one), JSON.stringify(one)).toEqual(theirs[i]);
    }
  });
});

async function replay(one: {
  readonly maxretry: number;
  readonly findtime: number;
  readonly bantime: number;
  readonly options: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly id: string; readonly time: number; readonly line: string }[];
}): Promise<unknown[]> {
  const { store } = await openStore(":memory:", START);
  const { increment: _, overalljails, ...options } = one.options;
  const increment = compileIncrement({ increment: true, ...options, overalljails: overalljails === "true" })!;
  const jail = new JailState(
    {
      name: "j",
      maxretry: one.maxretry,
      findtime: one.findtime,
      bantime: one.bantime,
      maxmatches: 5,
      increment,
    },
    { random: () => 0, history: (id, scope) => store.history(id, scope === "all" ? undefined : "j") },
  );
  const records = one.steps.map(({ id, time, line }) => {
    jail.takeExpired(time);
    const failure = { time, groups: new Map(), matches: [line], count: 1 };
    return jail.fail(failure, parseOffender(id), time).flatMap((event) => recordOf(event, store));
  });
  store.close();
  return records;
}

function recordOf(event: DomainEvent, store: Awaited<ReturnType<typeof openStore>>["store"]): unknown[] {
  if (event.type === "already-banned") {
    return [[event.ban.offender.id, "already"]];
  }
  if (event.type !== "ban") {
    return [];
  }
  const { offender, time, bantime, bancount, restored, data } = event.ban;
  if (!restored) {
    store.addBan(event.ban);
  }
  return [[offender.id, time, bantime, bancount, data.failures, data.matches]];
}
