import type { Clock } from "./clock";

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** A clock that goes only when told to. Its timers count time that passes, as the system's do. */
export class FakeClock implements Clock {
  time: number;
  /** How often a timer woke somebody. */
  wakes = 0;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();

  constructor(time = 1_795_221_616) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Timers that are running. */
  get timers(): number {
    return this.#timers.size;
  }

  after(seconds: number, call: () => void): () => void {
    const timer = { at: this.#elapsed + seconds, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass; timers fire at their moments, in their order. */
  advance(seconds: number): void {
    const end = this.#elapsed + seconds;
    for (let next = this.#nextUntil(end); next; next = this.#nextUntil(end)) {
      this.#pass(Math.max(0, next.at - this.#elapsed));
      this.#timers.delete(next);
      this.wakes++;
      next.call();
    }
    this.#pass(end - this.#elapsed);
  }

  /** Sets the clock forward (or back) without any time passing; a machine that slept looks the same. */
  jump(seconds: number): void {
    this.time += seconds;
  }

  #pass(seconds: number): void {
    this.#elapsed += seconds;
    this.time += seconds;
  }

  #nextUntil(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}
