/** Lets work begin in the order it was asked for. Work that rejects holds nothing up. */
export class Turns {
  /** The end of all work that runs one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** The end of the last work that runs alone. */
  #gate: Promise<unknown> = Promise.resolve();
  readonly #together = new Set<Promise<unknown>>();

  /** Runs while nothing else does. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const before = [...this.#together];
    const done = this.#last.then(() => Promise.all(before)).then(work);
    this.#gate = this.#last = done.catch(() => undefined);
    return done;
  }

  /** Runs after all earlier work of this kind, and beside work that runs together. */
  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Runs as soon as no earlier work has to run alone. */
  together<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#gate.then(work);
    const end = done
      .catch(() => undefined)
      .finally(() => {
        this.#together.delete(end);
      });
    this.#together.add(end);
    return done;
  }
}
