import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Alarms } from "./alarms";
import { FakeClock } from "./fake-clock.testing";

const START = 1_000_000;

describe("alarms", () => {
  let clock: FakeClock;
  let alarms: Alarms;
  let jumps: number[];
  let rung: [name: string, late: number][];

  beforeEach(() => {
    clock = new FakeClock(START);
    jumps = [];
    rung = [];
    alarms = new Alarms(clock, (seconds) => jumps.push(Math.round(seconds)));
  });

  const setAlarm = (name: string, time: number): (() => void) =>
    alarms.at(time, () => rung.push([name, clock.now() - time]));

  it("ring right after their time, in the order of their times", () => {
    setAlarm("b", START + 20);
    setAlarm("c", START + 20.005);
    setAlarm("a", START + 10);
    clock.advance(10);
    expect(rung).toEqual([]);
    clock.advance(100);
    expect(rung.map(([name]) => name)).toEqual(["a", "b", "c"]);
    expect(Math.max(...rung.map(([, late]) => late))).toBeLessThan(0.02);
    expect(jumps).toEqual([]);
  });

  it("that never ring, or are called off, keep nobody awake", () => {
    setAlarm("never", Number.POSITIVE_INFINITY);
    expect(clock.timers).toBe(0);
    const callOff = setAlarm("off", START + 100);
    expect(clock.timers).toBe(1);
    callOff();
    callOff();
    expect(clock.timers).toBe(0);
    setAlarm("soon", START + 1);
    clock.advance(1000);
    expect(rung.map(([name]) => name)).toEqual(["soon"]);
    expect({ timers: clock.timers, wakes: clock.wakes }).toEqual({ timers: 0, wakes: 2 });
  });

  it("share one timer, however many there are", () => {
    for (let i = 0; i < 1000; i++) {
      setAlarm(`${i}`, START + 100 + i);
    }
    expect(clock.timers).toBe(1);
    clock.advance(90);
    expect(clock.wakes).toBeLessThanOrEqual(101);
  });

  it("ring within a second when the clock is set forward or the machine slept, and say so", () => {
    setAlarm("a", START + 3600);
    clock.advance(10);
    clock.jump(7200);
    clock.advance(1);
    expect(rung.map(([name]) => name)).toEqual(["a"]);
    expect(jumps).toEqual([7200]);
  });

  it("do not ring early when the clock is set back", () => {
    setAlarm("a", START + 60);
    clock.advance(59.5);
    clock.jump(-3600);
    clock.advance(3600);
    expect(rung).toEqual([]);
    clock.advance(2);
    expect(rung.map(([name]) => name)).toEqual(["a"]);
    expect(jumps).toEqual([-3600]);
  });

  it("may set further ones when they ring", () => {
    const again = (): void => void alarms.at(clock.now() + 5, again);
    again();
    clock.advance(60);
    expect(clock.timers).toBe(1);
  });

  it("are never early and never late by a second, whatever happens to the clock", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("advance" as const), by: fc.double({ min: 0, max: 30, noNaN: true }) }),
      fc.record({ kind: fc.constant("jump" as const), by: fc.double({ min: -100, max: 100, noNaN: true }) }),
      fc.record({ kind: fc.constant("set" as const), by: fc.double({ min: -5, max: 100, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const own = new FakeClock(START);
        const some = new Alarms(own);
        /** When each alarm was first over, in time that passed. */
        const over = new Map<object, number>();
        const open = new Set<{ readonly time: number }>();
        const watch = (): void => {
          for (const alarm of open) {
            if (own.now() > alarm.time && !over.has(alarm)) {
              over.set(alarm, own.elapsed());
            }
          }
        };
        for (const { kind, by } of steps) {
          if (kind === "set") {
            const alarm = { time: own.now() + by };
            open.add(alarm);
            some.at(alarm.time, () => {
              expect(own.now()).toBeGreaterThan(alarm.time);
              expect(own.elapsed() - (over.get(alarm) ?? own.elapsed())).toBeLessThan(1);
              open.delete(alarm);
            });
          } else if (kind === "jump") {
            own.jump(by);
          } else {
            for (let left = by; left > 0; left -= 0.1) {
              own.advance(Math.min(left, 0.1));
              watch();
            }
          }
          watch();
        }
        for (let i = 0; i < 10; i++) {
          own.advance(0.1);
        }
        expect([...open].filter(({ time }) => own.now() > time + 1)).toEqual([]);
      }),
    );
  });
});
