import { describe, expect, it } from "vitest";
import { banEnd, PERMANENT, parseOffender, type Ban } from "../model";
import { Alarms } from "../platform";
import { FakeClock } from "../platform/fake-clock.testing";
import type { KnockPolicy } from "../action";
import { KnockWatch } from "./knock-watch";

const BANTIME = 600;

function setUp(policy: KnockPolicy | undefined) {
  const clock = new FakeClock();
  const bans = new Map<string, Ban>();
  const packets = new Map<string, number>();
  const looks: (readonly string[])[] = [];
  const told: string[] = [];
  const state = { policy };
  const watch = new KnockWatch({
    alarms: new Alarms(clock),
    now: () => clock.now(),
    policy: () => state.policy,
    bantime: () => BANTIME,
    banOf: (id) => bans.get(id),
    packetsOf: (asked) => {
      looks.push(asked.map(({ offender }) => offender.id));
      return Promise.resolve(
        new Map(
          asked.flatMap((ban): [Ban, number][] => {
            const count = packets.get(ban.offender.id);
            return count === undefined ? [] : [[ban, count]];
          }),
        ),
      );
    },
    prolong: (knocking) => {
      for (const ban of knocking) {
        const { id } = ban.offender;
        const longer = { ...ban, bantime: clock.now() - ban.time + BANTIME };
        told.push(`prolong ${id} ${Math.round(banEnd(ban) - clock.now())} s before its end`);
        bans.set(id, longer);
        packets.set(id, 0);
        watch.take([{ type: "prolonged", ban: longer, by: { time: clock.now(), bantime: BANTIME } }]);
      }
    },
    free: (silent) => {
      for (const ban of silent) {
        told.push(`free ${ban.offender.id} after ${Math.round(clock.now() - ban.time)} s`);
        bans.delete(ban.offender.id);
        watch.take([{ type: "unban", ban, why: "expiry" }]);
      }
    },
  });
  const ban = (...ids: readonly string[]): void => banFor(BANTIME, ...ids);
  const banFor = (bantime: number, ...ids: readonly string[]): void => {
    for (const id of ids) {
      const made: Ban = {
        jail: "demo",
        offender: parseOffender(id),
        time: clock.now(),
        bantime,
        bancount: 1,
        restored: false,
        data: { matches: [], failures: 1, groups: new Map() },
      };
      bans.set(id, made);
      packets.set(id, 0);
      watch.take([{ type: "ban", ban: made }]);
    }
  };
  /** Lets time pass second by second, with packets of these in each. */
  const pass = async (seconds: number, ...knocking: readonly string[]): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      knocking.forEach((id) => packets.set(id, (packets.get(id) ?? 0) + 1));
      clock.advance(1);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      const over = [...bans.values()].filter((one) => banEnd(one) < clock.now());
      for (const one of over) {
        bans.delete(one.offender.id);
        watch.take([{ type: "unban", ban: one, why: "expiry" }]);
      }
    }
  };
  return { clock, watch, bans, packets, looks, told, ban, banFor, pass, state };
}

describe("a watch for those who knock", () => {
  it("prolongs the ban of who knocks in its last part, again and again, and of nobody else", async () => {
    const { ban, pass, told, bans } = setUp({ prolong: true, time: 100 });
    ban("192.0.2.1", "192.0.2.2", "192.0.2.3");
    // The second one is impatient in the beginning alone.
    await pass(300, "192.0.2.1", "192.0.2.2");
    await pass(299, "192.0.2.1");
    expect(told).toEqual([expect.stringMatching(/^prolong 192\.0\.2\.1 [1-8] s before its end$/)]);
    await pass(10, "192.0.2.1");
    expect([...bans.keys()]).toEqual(["192.0.2.1"]);
    await pass(600, "192.0.2.1");
    expect(told).toHaveLength(2);
    await pass(700);
    expect(told).toHaveLength(2);
    expect(bans.size).toBe(0);
  });

  it("looks twice for all bans together, wakes for nothing in between, and for nobody without a policy", async () => {
    const { ban, pass, looks, clock } = setUp({ prolong: true, time: 100 });
    const ids = Array.from({ length: 50 }, (_, i) => `198.51.100.${i}`);
    ban(...ids);
    await pass(700);
    expect(looks).toEqual([ids, ids]);
    expect(clock.timers).toBe(0);
    const idle = setUp(undefined);
    idle.ban("192.0.2.1");
    expect(idle.clock.timers).toBe(0);
  });

  it("lets a ban end when nobody knows how many packets came", async () => {
    const { ban, pass, told, packets, bans } = setUp({ prolong: true, time: 100 });
    ban("192.0.2.1");
    packets.delete("192.0.2.1");
    await pass(700);
    expect(told).toEqual([]);
    expect(bans.size).toBe(0);
  });

  it("takes a count that has begun anew for what it is", async () => {
    const { ban, pass, told, packets } = setUp({ prolong: true, time: 100 });
    ban("192.0.2.1");
    packets.set("192.0.2.1", 90);
    await pass(550);
    packets.set("192.0.2.1", 3);
    await pass(48);
    expect(told).toHaveLength(1);
  });

  it("frees who has been silent for that time, and does not forget who knocks now and then", async () => {
    const { ban, pass, told, bans } = setUp({ prolong: false, time: 100, freeSilent: 60 });
    ban("192.0.2.1", "192.0.2.2");
    for (let i = 0; i < 8; i++) {
      await pass(40);
      await pass(1, "192.0.2.2");
    }
    expect(told).toEqual([expect.stringMatching(/^free 192\.0\.2\.1 after 6\d s$/)]);
    await pass(130);
    expect(bans.size).toBe(0);
    expect(told[1]).toMatch(/^free 192\.0\.2\.2/);
  });

  it("looks at no ban that has no end", () => {
    const { banFor, clock } = setUp({ prolong: true, time: 100, freeSilent: 60 });
    banFor(PERMANENT, "192.0.2.1");
    expect(clock.timers).toBe(0);
  });

  it("forgets who is unbanned, and begins anew with other wishes", async () => {
    const { ban, pass, told, bans, watch, clock, state } = setUp({ prolong: true, time: 100 });
    ban("192.0.2.1", "192.0.2.2");
    const [first, second] = bans.values();
    watch.take(first ? [{ type: "unban", ban: first, why: "command" }] : []);
    bans.delete("192.0.2.1");
    state.policy = { prolong: false, time: 100, freeSilent: 30 };
    watch.renew(second ? [second] : []);
    await pass(40);
    expect(told).toEqual([expect.stringMatching(/^free 192\.0\.2\.2 after 3\d s$/)]);
    expect(clock.timers).toBe(0);
    ban("192.0.2.3");
    watch.stop();
    expect(clock.timers).toBe(0);
  });
});
