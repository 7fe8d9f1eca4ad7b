/** A timer that fires later than this was held up together with everything else (milliseconds). */
const LATE_MS = 250;

/**
 * A limit for the work of others: calls back after so many milliseconds, unless this process itself did not run
 * meanwhile (SIGSTOP, a frozen container, a machine that sleeps). Then what was done in time has not been heard of yet,
 * and who stood still as well has had no time: they get as much again as was lost, at most the whole limit.
 */
export class Deadline {
  readonly #milliseconds: number;
  readonly #call: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isBackground = false;

  constructor(milliseconds: number, call: () => void) {
    this.#milliseconds = milliseconds;
    this.#call = call;
    this.#arm(milliseconds);
  }

  /** Begins anew. */
  refresh(): void {
    this.cancel();
    this.#arm(this.#milliseconds);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  /** Does not keep the process alive. */
  unref(): this {
    this.#isBackground = true;
    this.#timer?.unref();
    return this;
  }

  #arm(milliseconds: number): void {
    const due = performance.now() + milliseconds;
    this.#timer = setTimeout(() => {
      const late = performance.now() - due;
      if (late > LATE_MS) {
        this.#arm(Math.min(late, this.#milliseconds));
      } else {
        this.#call();
      }
    }, milliseconds);
    if (this.#isBackground) {
      this.#timer.unref();
    }
  }
}
