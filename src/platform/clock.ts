/** Where the time comes from, so that tests can bring their own. */
export interface Clock {
  /** Seconds since 1970, with fraction. */
  now(): number;
  /** Seconds since some moment, by a clock that nobody sets and that stands still while the machine sleeps. */
  elapsed(): number;
  /** Calls back once after that many seconds (at least); gives a function that calls it off. */
  after(seconds: number, call: () => void): () => void;
}

/** setTimeout counts milliseconds in 31 bits and fires at once beyond; longer waits go in steps. */
const LONGEST_STEP_MS = 2_000_000_000;

/** The clock of this machine. Its timers do not keep the process alive when `background` is set. */
export function systemClock(options: { readonly background?: boolean } = {}): Clock {
  return {
    now: () => Date.now() / 1000,
    elapsed: () => performance.now() / 1000,
    after: (seconds, call) => {
      const timer = new LongTimer(call, options.background ?? false);
      timer.arm(Math.max(0, seconds * 1000));
      return () => timer.cancel();
    },
  };
}

class LongTimer {
  readonly #call: () => void;
  readonly #background: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: () => void, background: boolean) {
    this.#call = call;
    this.#background = background;
  }

  arm(milliseconds: number): void {
    const step = Math.min(milliseconds, LONGEST_STEP_MS);
    const rest = milliseconds - step;
    this.#timer = setTimeout(() => (rest > 0 ? this.arm(rest) : this.#call()), step);
    if (this.#background) {
      this.#timer.unref();
    }
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}
