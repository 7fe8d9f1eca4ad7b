/** What must hold for whatever comes: late, out of order, with clocks that go back, over restarts. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { banEnd, parseOffender, type Ban, type DomainEvent } from "../model";
import { openStore, type Store } from "../store";
import { compileIncrement, increaseBantime } from "./increment";
import { JailState } from "./jail-state";
import { failureAt, makeJail, typesOf } from "./jail-state.testing";
import { restoreRule, type JailSettings } from "./settings";

const START = 1_700_000_000;
const SETTINGS: JailSettings = { name: "sshd", maxretry: 3, findtime: 600, bantime: 600, maxmatches: 5 };

const bansIn = (events: readonly DomainEvent[]): Ban[] =>
  events.flatMap((event) => (event.type === "ban" ? [event.ban] : []));

const anyTimes = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 60 });

describe("whatever the order and the clock", () => {
  it("nobody is banned with fewer failures than maxretry", () => {
    fc.assert(
      fc.property(anyTimes, fc.array(fc.integer({ min: -300, max: 300 })), (times, jumps) => {
        const jail = makeJail(SETTINGS);
        let now = START + 6000;
        let since = 0;
        for (const [i, time] of times.entries()) {
          now += jumps[i] ?? 1;
          jail.takeExpired(now);
          const events = jail.count(failureAt(START + time), parseOffender("192.0.2.1"), now);
          since++;
          if (events.some(({ type }) => type !== "found")) {
            expect(since).toBeGreaterThanOrEqual(SETTINGS.maxretry);
            since = 0;
          }
        }
      }),
    );
  });

  it("maxretry failures inside findtime ban, in whatever order they arrive", () => {
    const anyCase = fc.record({
      maxretry: fc.integer({ min: 1, max: 8 }),
      times: fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 8, maxLength: 8 }),
    });
    fc.assert(
      fc.property(anyCase, ({ maxretry, times }) => {
        const jail = makeJail({ ...SETTINGS, maxretry, bantime: 5000 });
        const events = times
          .slice(0, maxretry)
          .map((time) => jail.count(failureAt(START + time), parseOffender("192.0.2.1"), START + 600));
        expect(events.map((list) => bansIn(list).length)).toEqual(
          Array.from({ length: maxretry }, (_, i) => (i === maxretry - 1 ? 1 : 0)),
        );
        const latest = START + Math.max(...times.slice(0, maxretry));
        expect(jail.banOf("192.0.2.1")).toMatchObject({ time: latest, data: { failures: maxretry } });
      }),
    );
  });

  // Inside findtime: further apart the count is an estimate, which depends on when old failures are swept out.
  it("an old log read late bans whom it would have banned then, but for those whose time is over", () => {
    const anyFailure = fc.record({
      who: fc.integer({ min: 1, max: 4 }),
      gap: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(
        fc.array(anyFailure, { maxLength: 80 }),
        fc.integer({ min: 0, max: 3000 }),
        (failures, late) => {
          const live = makeJail(SETTINGS);
          const catchingUp = makeJail(SETTINGS);
          const read = START + failures.reduce((sum, { gap }) => sum + gap, 0) + late;
          let time = START;
          for (const { who, gap } of failures) {
            time += gap;
            const offender = parseOffender(`192.0.2.${who}`);
            live.takeExpired(time);
            const then = typesOf(live.count(failureAt(time), offender, time));
            const now = typesOf(catchingUp.count(failureAt(time), offender, read));
            const isBan = (types: readonly string[]): boolean =>
              types.some((type) => ["ban", "expired", "prolonged", "already-banned"].includes(type));
            expect(isBan(now)).toBe(isBan(then));
          }
          live.takeExpired(read);
          const inForce = (jail: JailState): string[] =>
            jail
              .bans()
              .map((ban) => ban.offender.id)
              .sort();
          expect(inForce(catchingUp)).toEqual(inForce(live));
        },
      ),
    );
  });
});

describe("growing bans", () => {
  const anyIncrement = fc.record({
    factor: fc.constantFrom("0.5", "1", "3"),
    maxtime: fc.option(fc.constantFrom("20m", "1d"), { nil: undefined }),
    multipliers: fc.option(fc.constantFrom("1 2 4 8", "1 5 30 60 300 720 1440 2880", "1 1 1"), {
      nil: undefined,
    }),
  });

  it("are never shorter than the one before", () => {
    fc.assert(
      fc.property(
        anyIncrement,
        fc.integer({ min: 1, max: 7200 }),
        ({ maxtime, multipliers, factor }, bantime) => {
          const more = { ...(maxtime ? { maxtime } : {}), ...(multipliers ? { multipliers } : {}) };
          const increment = compileIncrement({ increment: true, factor, ...more });
          if (!increment) {
            throw new Error("bans do not grow");
          }
          const times = Array.from(
            { length: 25 },
            (_, i) => increaseBantime(increment, bantime, i + 1, () => 0).value,
          );
          expect(times).toEqual([...times].sort((a, b) => a - b));
        },
      ),
    );
  });

  it("end later and later, and a restart at any moment changes nothing", async () => {
    const anyStep = fc.record({
      who: fc.integer({ min: 1, max: 3 }),
      gap: fc.integer({ min: 0, max: 900 }),
      bantime: fc.option(fc.constantFrom(60, 3000), { nil: undefined, freq: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 1, maxLength: 40 }),
        fc.record({
          restarts: fc.array(fc.integer({ min: 0, max: 40 })),
          maxretry: fc.integer({ min: 1, max: 3 }),
        }),
        fc.boolean(),
        async (steps, { restarts, maxretry }, grows) => {
          const through = await run(steps, { restarts: [], maxretry, grows });
          expect(await run(steps, { restarts, maxretry, grows })).toEqual(through);
          for (const ends of Object.values(through.ends)) {
            expect(ends).toEqual([...ends].sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

interface Outcome {
  readonly ends: Readonly<Record<string, readonly number[]>>;
  readonly inForce: readonly (readonly [string, number])[];
  readonly counted: readonly (readonly [string, number, number])[];
}

interface Step {
  readonly who: number;
  readonly gap: number;
  /** What the failregex asks for. */
  readonly bantime: number | undefined;
}

interface Plan {
  /** Before these steps the jail is made anew from the database. */
  readonly restarts: readonly number[];
  readonly maxretry: number;
  readonly grows: boolean;
}

async function run(steps: readonly Step[], { restarts, maxretry, grows }: Plan): Promise<Outcome> {
  const { store } = await openStore(":memory:", START);
  const increment = compileIncrement({ increment: grows, maxtime: "2h" });
  const settings = { ...SETTINGS, maxretry, ownBantime: 3000, ...(increment ? { increment } : {}) };
  let jail = makeStored(settings, store);
  const ends: Record<string, number[]> = {};
  let now = START;
  for (const [i, { who, gap, bantime }] of steps.entries()) {
    now += gap;
    if (restarts.includes(i)) {
      jail = restart(jail, settings, { store, now });
    }
    jail.takeExpired(now);
    const failure = { ...failureAt(now), ...(bantime === undefined ? {} : { bantime }) };
    for (const event of jail.fail(failure, parseOffender(`192.0.2.${who}`), now)) {
      if (event.type === "ban") {
        store.addBan(event.ban);
        (ends[event.ban.offender.id] ??= []).push(banEnd(event.ban));
      } else if (event.type === "prolonged") {
        store.prolongBan("sshd", event.ban.offender.id, event.by);
      }
    }
  }
  jail.takeExpired(now);
  const inForce = jail.bans().map((ban) => [ban.offender.id, banEnd(ban)] as const);
  const counted = [...jail.failures(now)].map(({ id, retry, first }) => [id, retry, first] as const);
  store.close();
  return { ends, inForce: sortById(inForce), counted: sortById(counted) };
}

function sortById<Row extends readonly [id: string, ...unknown[]]>(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

function restart(jail: JailState, settings: JailSettings, at: { store: Store; now: number }): JailState {
  const { store, now } = at;
  store.saveProgress("sshd", new Map(), jail.takeTicketChanges(100));
  const next = makeStored(settings, store);
  // A ban that ends at this very moment is over for the database, as in fail2ban, and not yet for the jail.
  next.restore(store.currentBans("sshd", now - 0.5, restoreRule(settings)), now);
  next.restoreTickets(store.openTickets("sshd"), now);
  return next;
}

function makeStored(settings: JailSettings, store: Store): JailState {
  const history = (id: string, scope: string) => store.history(id, scope === "all" ? undefined : "sshd");
  return new JailState(settings, { random: () => 0, history });
}
