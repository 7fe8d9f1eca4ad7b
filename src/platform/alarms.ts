import type { Clock } from "./clock";

interface Alarm {
  readonly time: number;
  readonly call: () => void;
}

/**
 * The longest wait, in seconds. Timers count time that passes, not the time of day, and stand still while the
 * machine sleeps; no system tells Node that its clock was set. So the clock is looked at this often, but only while
 * an alarm is pending.
 */
const LOOK_AGAIN = 0.9;
/** A timer may fire a moment early. */
const MARGIN = 0.01;
/** Seconds the clock must have moved by itself to be worth a word. */
const JUMP = 1;

/**
 * Calls back at times of the clock: never before, and less than a second after, also when the clock is set or the
 * machine sleeps meanwhile (then within a second of waking). One timer for all; none while nothing is pending.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #onJump: (seconds: number) => void;
  readonly #pending = new Set<Alarm>();
  #cancel: (() => void) | undefined;
  #wake = Number.POSITIVE_INFINITY;
  #seen = { now: 0, elapsed: 0 };

  /** `onJump` hears by how many seconds the clock went forward (or back) by itself. */
  constructor(clock: Clock, onJump: (seconds: number) => void = () => {}) {
    this.#clock = clock;
    this.#onJump = onJump;
  }

  /** Calls back once, when the clock is past `time` (seconds since 1970, infinity for never). Gives a function that calls it off. */
  at(time: number, call: () => void): () => void {
    if (time === Number.POSITIVE_INFINITY) {
      return () => {};
    }
    const alarm = { time, call };
    this.#pending.add(alarm);
    this.#arm(time);
    return () => {
      this.#pending.delete(alarm);
      if (this.#pending.size === 0) {
        this.#cancel?.();
        this.#cancel = undefined;
      }
    };
  }

  #arm(time: number): void {
    const now = this.#clock.now();
    const wait = Math.min(LOOK_AGAIN, Math.max(0, time - now) + MARGIN);
    if (this.#cancel && this.#wake <= now + wait) {
      return;
    }
    this.#cancel?.();
    this.#wake = now + wait;
    this.#seen = { now, elapsed: this.#clock.elapsed() };
    this.#cancel = this.#clock.after(wait, () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    this.#noticeJump();
    const now = this.#clock.now();
    const due = [...this.#pending].filter(({ time }) => now > time);
    due.forEach((alarm) => this.#pending.delete(alarm));
    due.sort((a, b) => a.time - b.time).forEach(({ call }) => call());
    if (this.#pending.size > 0) {
      this.#arm(Math.min(...Array.from(this.#pending, ({ time }) => time)));
    }
  }

  #noticeJump(): void {
    const { now, elapsed } = this.#seen;
    const jump = this.#clock.now() - now - (this.#clock.elapsed() - elapsed);
    if (Math.abs(jump) >= JUMP) {
      this.#onJump(jump);
    }
  }
}
