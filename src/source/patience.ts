import type { Clock } from "../platform";

const FIRST_DELAY = 1;
const LONGEST_DELAY = 60;

/** Waits between tries, longer each time up to a minute, and tells which failures are new. */
export class Patience {
  readonly #clock: Clock;
  #delay = FIRST_DELAY;
  #lastFailure = "";
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Things went well: the next wait is short again, and every failure new. */
  renew(): void {
    this.#delay = FIRST_DELAY;
    this.#lastFailure = "";
  }

  /** Whether this failure is another than the last. */
  isNews(failure: string): boolean {
    const isNews = failure !== this.#lastFailure;
    this.#lastFailure = failure;
    return isNews;
  }

  /** Settles when it is time to try again, or somebody wakes it. */
  async wait(): Promise<void> {
    const seconds = this.#delay;
    this.#delay = Math.min(LONGEST_DELAY, seconds * 2);
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(seconds, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Ends the wait, if there is one. */
  wake(): void {
    this.#wake?.();
  }
}
