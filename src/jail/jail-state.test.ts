import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PERMANENT, parseIp, parseOffender, type Ban, type DomainEvent } from "../model";
import { compileIncrement, type PastBans } from "./increment";
import type { JailState } from "./jail-state";
import { failAt, failureAt, makeJail, typesOf } from "./jail-state.testing";
import type { JailSettings } from "./settings";

const NOW = 1_000_000;

/** Grown bans; what the history knows can be set while the test runs. */
function makeGrowing(settings: Partial<JailSettings> = {}, past: Record<string, PastBans> = {}) {
  const increment = compileIncrement({ increment: true });
  return makeJail({ ...(increment ? { increment } : {}), ...settings }, { history: (id) => past[id] });
}

function ban(jail: JailState, id: string, now: number): DomainEvent[] {
  return jail.ban(parseOffender(id), now);
}

function storedBan(id: string, ban: Partial<Ban> = {}): Ban {
  return {
    jail: "sshd",
    offender: parseOffender(id),
    time: NOW - 100,
    bantime: 600,
    bancount: 1,
    restored: true,
    data: { matches: [], failures: 5, groups: new Map() },
    ...ban,
  };
}

describe("failures", () => {
  it("bans with the failure that reaches maxretry, from the time of the last", () => {
    const jail = makeJail({ maxretry: 3 });
    expect(failAt(jail, [NOW, NOW + 1, NOW + 2]).map(typesOf)).toEqual([
      ["found"],
      ["found"],
      ["found", "ban"],
    ]);
    expect(jail.banOf("192.0.2.1")).toMatchObject({
      time: NOW + 2,
      bantime: 600,
      bancount: 1,
      restored: false,
      data: { failures: 3, matches: [`failure at ${NOW}`, `failure at ${NOW + 1}`, `failure at ${NOW + 2}`] },
    });
    expect(jail.counters(NOW + 2)).toEqual({
      currentlyFailed: 0,
      totalFailed: 3,
      currentlyBanned: 1,
      totalBanned: 1,
      evicted: 0,
    });
  });

  it("never dates a failure after the clock", () => {
    const jail = makeJail({ maxretry: 1 });
    jail.fail(failureAt(NOW + 500), parseOffender("192.0.2.1"), NOW);
    expect(jail.banOf("192.0.2.1")?.time).toBe(NOW);
  });

  it("lists an expired ban as such instead of banning", () => {
    const jail = makeJail({ maxretry: 1, bantime: 60 });
    const offender = parseOffender("192.0.2.1");
    expect(typesOf(jail.fail(failureAt(NOW - 61), offender, NOW))).toEqual(["found", "expired"]);
    expect(typesOf(jail.fail(failureAt(NOW - 60), offender, NOW))).toEqual(["found", "ban"]);
  });

  it("forgets what is older than findtime although nobody asked", () => {
    const jail = makeJail({ maxretry: 3 });
    failAt(jail, [NOW, NOW + 1, NOW + 5000]);
    expect(jail.banOf("192.0.2.1")).toBeUndefined();
    expect(jail.counters(NOW + 5000).currentlyFailed).toBe(1);
  });

  it("counts an attempt by its messages and bans without a failure in a log", () => {
    const jail = makeJail({ maxretry: 3 });
    const offender = parseOffender("192.0.2.1");
    expect(jail.attempt(offender, ["a", "b"], NOW)).toEqual([]);
    expect(typesOf(jail.attempt(offender, [], NOW))).toEqual(["ban"]);
    expect(jail.banOf("192.0.2.1")?.data).toMatchObject({ failures: 2, matches: ["a", "b"] });
  });

  it("never bans before maxretry failures, and never later inside findtime", () => {
    const times = fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), times, (maxretry, steps) => {
        const jail = makeJail({ maxretry, bantime: PERMANENT });
        const sorted = steps.map((step) => NOW + step).sort((a, b) => a - b);
        const banned = failAt(jail, sorted).findIndex((events) => typesOf(events).includes("ban"));
        expect(banned).toBe(sorted.length >= maxretry ? maxretry - 1 : -1);
      }),
    );
  });

  it("decides the same whatever others do in between", () => {
    const failures = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 300 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(failures, (steps) => {
        let now = NOW;
        const timed = steps.map(([who, step]) => {
          now += step;
          return { id: `192.0.2.${who}`, time: now };
        });
        const together = makeJail({ maxretry: 4 });
        const events = timed.flatMap(({ id, time }) =>
          together.count(failureAt(time), parseOffender(id), time),
        );
        for (const who of ["192.0.2.1", "192.0.2.2"]) {
          const alone = makeJail({ maxretry: 4 });
          const own = timed
            .filter(({ id }) => id === who)
            .flatMap(({ id, time }) => alone.count(failureAt(time), parseOffender(id), time));
          const bansOf = (list: readonly DomainEvent[]) =>
            list.flatMap((event) =>
              event.type === "ban" && event.ban.offender.id === who ? [event.ban.time] : [],
            );
          expect(bansOf(events)).toEqual(bansOf(own));
        }
      }),
    );
  });
});

describe("bans", () => {
  it("end strictly after their time, the earliest first", () => {
    const jail = makeJail({ bantime: 60 });
    ban(jail, "192.0.2.2", NOW + 10);
    ban(jail, "192.0.2.1", NOW);
    expect(jail.nextEnd()).toBe(NOW + 60);
    expect(jail.takeExpired(NOW + 60)).toEqual([]);
    expect(jail.takeExpired(NOW + 71)).toMatchObject([
      { type: "unban", why: "expiry", ban: { offender: { id: "192.0.2.1" } } },
      { type: "unban", why: "expiry", ban: { offender: { id: "192.0.2.2" } } },
    ]);
    expect(jail.nextEnd()).toBe(Number.POSITIVE_INFINITY);
  });

  it("grow when the same offender is banned again, and never shrink", () => {
    const jail = makeJail();
    ban(jail, "192.0.2.1", NOW);
    expect(typesOf(ban(jail, "192.0.2.1", NOW + 10))).toEqual(["prolonged", "already-banned"]);
    expect(jail.banOf("192.0.2.1")).toMatchObject({ time: NOW, bantime: 610 });
    expect(typesOf(ban(jail, "192.0.2.1", NOW - 50))).toEqual(["already-banned"]);
    expect(jail.banOf("192.0.2.1")?.bantime).toBe(610);
    jail.update({ ...jail.settings, bantime: PERMANENT });
    ban(jail, "192.0.2.1", NOW + 20);
    expect(jail.banOf("192.0.2.1")?.bantime).toBe(PERMANENT);
    expect(jail.counters(NOW).totalBanned).toBe(1);
  });

  it("follow a bantime changed meanwhile, unless they have their own", () => {
    const jail = makeJail({ bantime: 600 });
    ban(jail, "192.0.2.1", NOW);
    ban(jail, "192.0.2.2", NOW);
    ban(jail, "192.0.2.2", NOW + 1);
    jail.update({ ...jail.settings, bantime: 1 });
    expect(jail.takeExpired(NOW + 2)).toMatchObject([{ ban: { offender: { id: "192.0.2.1" }, bantime: 1 } }]);
    expect(jail.banOf("192.0.2.2")?.bantime).toBe(601);
  });

  it("end by command for one, for a network, for all", () => {
    const jail = makeJail();
    for (const id of ["192.0.2.1", "192.0.2.200", "198.51.100.0/24", "2001:db8::1", "some user"]) {
      ban(jail, id, NOW);
    }
    expect(jail.unban("203.0.113.1", "command")).toEqual([]);
    expect(jail.unban("some user", "command")).toMatchObject([{ type: "unban", why: "command" }]);
    expect(jail.unbanWithin(parseIp("192.0.2.128/25")!, "command")).toHaveLength(1);
    expect(jail.unbanWithin(parseIp("198.51.0.0/16")!, "command")).toHaveLength(1);
    expect(jail.unbanAll("stop").map((event) => event.type === "unban" && event.ban.offender.id)).toEqual([
      "192.0.2.1",
      "2001:db8::1",
    ]);
  });

  it("come in the order of their ends, whatever happened to them", () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 12 }),
      time: fc.integer({ min: 0, max: 500 }),
      act: fc.constantFrom("ban", "ban", "ban", "unban", "short", "long", "expire"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const jail = makeJail({ bantime: 100 });
        const ends = new Map<string, { own: boolean; time: number; bantime: number }>();
        let now = NOW;
        for (const { id: n, time, act } of steps) {
          const id = `192.0.2.${n}`;
          now += time / 10;
          if (act === "ban") {
            const known = ends.get(id);
            const bantime = jail.settings.bantime;
            ban(jail, id, now);
            if (!known) {
              ends.set(id, { own: false, time: now, bantime });
            } else if (now + bantime > known.time + known.bantime) {
              ends.set(id, { own: true, time: known.time, bantime: bantime + now - known.time });
            }
          } else if (act === "unban") {
            expect(jail.unban(id, "command")).toHaveLength(ends.delete(id) ? 1 : 0);
          } else if (act === "expire") {
            const over = [...ends].filter(([, end]) => now > end.time + end.bantime).map(([key]) => key);
            over.forEach((key) => ends.delete(key));
            const taken = jail
              .takeExpired(now)
              .map((event) => event.type === "unban" && event.ban.offender.id);
            expect(new Set(taken)).toEqual(new Set(over));
          } else {
            const bantime = act === "short" ? 20 : 100;
            jail.update({ ...jail.settings, bantime });
            for (const [key, end] of ends) {
              ends.set(key, end.own ? end : { ...end, bantime });
            }
          }
          const all = [...ends.values()].map((end) => end.time + end.bantime);
          expect(jail.nextEnd()).toBeCloseTo(Math.min(...all), 6);
          expect(
            jail
              .bans()
              .map((one) => one.offender.id)
              .sort(),
          ).toEqual([...ends.keys()].sort());
        }
      }),
    );
  });

  // A ratio, since machines differ and are busy: ten times as many must not take much more than ten times as long.
  it("are as quick with 100,000 of them as with 10,000", () => {
    const run = (count: number): number => {
      const jail = makeJail({ bantime: 1000 });
      const start = process.cpuUsage().user;
      for (let i = 0; i < count; i++) {
        const id = `2001:db8::${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}`;
        ban(jail, id, NOW + ((i * 7919) % 1000));
      }
      expect(jail.takeExpired(NOW + 1500)).toHaveLength(count / 2);
      return process.cpuUsage().user - start;
    };
    run(1000);
    const few = run(10_000);
    expect(run(100_000) / few).toBeLessThan(40);
  });
});

describe("growing bans", () => {
  it("take their time from the bans before, at once", () => {
    const past = { "192.0.2.1": { bancount: 2, timeofban: NOW - 5000 } };
    const jail = makeGrowing({ maxretry: 1 }, past);
    expect(failAt(jail, [NOW])[0]).toMatchObject([
      { type: "found" },
      { type: "ban", ban: { bantime: 2400, bancount: 3, restored: false } },
      { type: "increased", bancount: 2, timeofban: NOW - 5000, from: { value: 600 }, to: { value: 2400 } },
    ]);
  });

  it("are as configured for a newcomer, and follow the bantime then", () => {
    const jail = makeGrowing({ maxretry: 1 });
    expect(failAt(jail, [NOW]).map(typesOf)).toEqual([["found", "ban"]]);
    jail.update({ ...jail.settings, bantime: 5 });
    expect(jail.banOf("192.0.2.1")).toMatchObject({ bantime: 5, bancount: 1 });
  });

  it("never grow when permanent", () => {
    const jail = makeGrowing({ bantime: PERMANENT }, { "192.0.2.1": { bancount: 2, timeofban: NOW - 5000 } });
    ban(jail, "192.0.2.1", NOW);
    expect(jail.banOf("192.0.2.1")).toMatchObject({ bantime: PERMANENT, bancount: 1 });
  });

  it("are marked as known when the lines are read a second time", () => {
    const jail = makeGrowing({ maxretry: 1 }, { "192.0.2.1": { bancount: 1, timeofban: NOW } });
    failAt(jail, [NOW]);
    expect(jail.banOf("192.0.2.1")?.restored).toBe(true);
  });

  it("ask for the bans of all jails if told to, for the failures only their own", () => {
    const increment = compileIncrement({ increment: true, overalljails: true })!;
    const asked: string[] = [];
    const history = (_: string, scope: string) => {
      asked.push(scope);
      return scope === "all" ? { bancount: 3, timeofban: 1 } : undefined;
    };
    const jail = makeJail({ maxretry: 2, increment }, { history });
    failAt(jail, [NOW, NOW + 1]);
    expect(asked).toEqual(["jail", "all"]);
    expect(jail.banOf("192.0.2.1")).toMatchObject({ bantime: 4800, bancount: 4 });
  });

  it.each([
    [2, "2 1 1 1"],
    [3, "3 2 1 1"],
    [4, "4 2 2 1"],
    [5, "5 3 2 1"],
    [10, "10 5 4 2 2 1 1"],
  ])("come sooner the worse the offender, maxretry %d: %s failures", (maxretry, needed) => {
    const counts = needed.split(" ").map((_, bancount) => {
      const jail = makeGrowing({ maxretry }, { "192.0.2.1": { bancount, timeofban: NOW - 5000 } });
      return failAt(
        jail,
        Array.from({ length: maxretry }, (_, i) => NOW + i),
      ).findIndex((events) => typesOf(events).includes("ban"));
    });
    expect(counts.map((index) => index + 1).join(" ")).toBe(needed);
  });

  it("say how much a failure weighed, and repeat its line as fail2ban does", () => {
    const jail = makeGrowing({ maxretry: 4 }, { "192.0.2.1": { bancount: 1, timeofban: NOW - 5000 } });
    const offender = parseOffender("192.0.2.1");
    expect(jail.fail(failureAt(NOW, "w1"), offender, NOW)[1]).toMatchObject({
      type: "weighted",
      bancount: 1,
      weight: { value: 2, isFloat: true },
      ban: false,
    });
    jail.fail(failureAt(NOW + 1, "w2"), offender, NOW + 1);
    expect(jail.banOf("192.0.2.1")?.data).toMatchObject({ failures: 4, matches: ["w1", "w2", "w2"] });
    expect(jail.counters(NOW + 1).totalFailed).toBe(4);
  });

  it("do not weigh failures from before the last ban", () => {
    const jail = makeGrowing({ maxretry: 2 }, { "192.0.2.1": { bancount: 3, timeofban: NOW } });
    expect(failAt(jail, [NOW]).map(typesOf)).toEqual([["found"]]);
  });
});

describe("restoring", () => {
  it("lists stored bans with their own time and one ban more", () => {
    const jail = makeJail({ maxmatches: 1, bantime: 99 });
    const data = { matches: ["a", "b"], failures: 2, groups: new Map() };
    const events = jail.restore([storedBan("192.0.2.1", { bancount: 3, data })], NOW);
    expect(events).toMatchObject([
      { type: "ban", ban: { restored: true, bancount: 4, bantime: 600, time: NOW - 100 } },
    ]);
    expect(jail.banOf("192.0.2.1")?.data.matches).toEqual(["b"]);
    jail.update({ ...jail.settings, bantime: 5000 });
    expect(jail.nextEnd()).toBe(NOW + 500);
  });

  it("leaves out the ignored and those that are over", () => {
    const jail = makeJail();
    jail.ignore.list.add("192.0.2.0/24");
    const events = jail.restore([storedBan("192.0.2.1"), storedBan("198.51.100.1", { bantime: 99 })], NOW);
    expect(typesOf(events)).toEqual(["ignored", "expired"]);
    expect(jail.bans()).toEqual([]);
  });
});

describe("ignoring", () => {
  it("counts nothing of the ignored, except for the command banip", () => {
    const jail = makeJail({ maxretry: 1 });
    jail.ignore.list.add("192.0.2.1");
    expect(failAt(jail, [NOW])).toEqual([[{ type: "ignored", jail: "sshd", id: "192.0.2.1", reason: "ip" }]]);
    expect(typesOf(jail.attempt(parseOffender("192.0.2.1"), [], NOW))).toEqual(["ignored"]);
    expect(jail.counters(NOW).totalFailed).toBe(0);
    expect(typesOf(ban(jail, "192.0.2.1", NOW))).toEqual(["ban"]);
  });

  it("waits for what the command says", () => {
    const jail = makeJail({ maxretry: 1 });
    jail.ignore.ignorecommand = "true";
    jail.ignore.setCache({ key: "<ip>", maxCount: 10, maxTime: 60 });
    const offender = parseOffender("192.0.2.1");
    const failure = failureAt(NOW);
    expect(jail.verdict(failure, offender, NOW)).toBe("ask");
    expect(typesOf(jail.answer(failure, offender, { ignored: true, now: NOW }))).toEqual(["ignored"]);
    expect(jail.verdict(failure, offender, NOW + 60)).toBe("cached");
    expect(jail.verdict(failure, offender, NOW + 61)).toBe("ask");
    expect(typesOf(jail.answer(failure, offender, { ignored: false, now: NOW + 61 }))).toEqual([
      "found",
      "ban",
    ]);
    expect(jail.verdict(failure, offender, NOW + 61)).toBeUndefined();
  });
});
