import { beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../platform";
import { UTF8 } from "./encoding";
import { makeBlock } from "./block";
import { Liveness, type LivenessEvent } from "./liveness";

/** A clock whose hands are moved. */
class HandClock implements Clock {
  #now = 1_000_000;
  readonly #timers: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  after(seconds: number, call: () => void): () => void {
    const timer = { at: this.#now + seconds, call };
    this.#timers.push(timer);
    return () => void this.#timers.splice(this.#timers.indexOf(timer), 1);
  }

  get timers(): number {
    return this.#timers.length;
  }

  advance(seconds: number): void {
    const end = this.#now + seconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) {
        break;
      }
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = end;
  }
}

let clock: HandClock;
let events: LivenessEvent[];
let liveness: Liveness;

beforeEach(() => {
  clock = new HandClock();
  events = [];
  liveness = new Liveness({
    clock,
    timeOf: (line) =>
      line.startsWith("+") ? clock.now() + Number(line.slice(1)) : line === "none" ? "none" : undefined,
    report: (event) => events.push(event),
  });
});

function speak(line: string, times: number, every: number): void {
  for (let i = 0; i < times; i++) {
    clock.advance(every);
    liveness.take(makeBlock(`older\n${line}\n`, UTF8), "operation");
  }
}

describe("silence", () => {
  it("of a source that used to speak is told, and its end", () => {
    speak("+0", 100, 30);
    clock.advance(3599);
    expect(events).toEqual([]);
    clock.advance(2);
    expect(events).toEqual([{ type: "silent", seconds: 3600, usual: 30 }]);
    expect(liveness.state.isSilent).toBe(true);
    expect(clock.timers).toBe(0);
    clock.advance(10_000);
    speak("+0", 1, 0);
    expect(events.slice(1)).toEqual([{ type: "speaking", seconds: 13_601 }]);
    expect(liveness.state.isSilent).toBe(false);
  });

  it("of a night is not told of a source that knows nights", () => {
    speak("+0", 100, 30);
    clock.advance(28_800);
    speak("+0", 100, 30);
    events.length = 0;
    clock.advance(30_000);
    speak("+0", 100, 30);
    expect(events).toEqual([]);
  });

  it("of a source that hardly ever spoke is nothing", () => {
    speak("+0", 5, 30);
    clock.advance(1e6);
    expect(events).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("asks for no timer when its source is stopped", () => {
    speak("+0", 100, 30);
    liveness.stop();
    expect(clock.timers).toBe(0);
  });
});

describe("dates", () => {
  it("that lie off by as much again and again are told, with how much", () => {
    speak("+7202", 4, 2);
    expect(events).toEqual([]);
    speak("+7190", 3, 2);
    expect(events).toEqual([{ type: "off-clock", seconds: 7200, line: "+7190" }]);
    speak("+7190", 100, 2);
    expect(events).toHaveLength(1);
    expect(liveness.state.offset).toBe(7190);
  });

  it("that are a little late, or late by varying times, are not", () => {
    speak("+-60", 50, 2);
    for (let i = 1; i < 50; i++) {
      speak(`+-${i * 900}`, 1, 2);
    }
    expect(events).toEqual([]);
  });

  it("that cannot be read are told, unless some can", () => {
    for (let i = 0; i < 10; i++) {
      speak("what", 19, 2);
      speak("+0", 1, 2);
    }
    expect(events).toEqual([]);
    speak("what", 20, 2);
    expect(events).toEqual([{ type: "no-dates", line: "what" }]);
    expect(liveness.state).toMatchObject({ sampled: 220, undated: 210 });
  });

  it("that are not wanted are not missed", () => {
    speak("none", 100, 2);
    expect(events).toEqual([]);
    expect(liveness.state.sampled).toBe(0);
  });

  it("are looked at once a second, however many blocks come", () => {
    speak("+0", 100, 0.01);
    expect(liveness.state.sampled).toBeLessThanOrEqual(2);
  });

  it("beside the line win over those in it", () => {
    const block = makeBlock("+0\n", UTF8, { timeAt: () => clock.now() - 40 });
    liveness.take(block, "operation");
    expect(liveness.state.offset).toBe(-40);
  });

  it("of old lines read at the start mean nothing", () => {
    for (let i = 0; i < 50; i++) {
      clock.advance(2);
      liveness.take(makeBlock("+-7200\n", UTF8), "initial");
    }
    expect(events).toEqual([]);
  });
});

describe("lag", () => {
  it("is told once an hour", () => {
    liveness.lag(10, 1e9);
    liveness.lag(31, 5);
    liveness.lag(60, 5);
    expect(events).toEqual([{ type: "slow", seconds: 31, bytes: 5 }]);
    clock.advance(3600);
    liveness.lag(60, 6);
    expect(events).toHaveLength(2);
  });
});
