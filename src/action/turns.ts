/** Lets work begin in the order it was asked for. Work that rejects holds nothing up. */
export class Turns {
  /** The end of all work that runs one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** The end of the last work that runs alone. */
  #gate: Promise<unknown> = Promise.resolve();
  /** How much work runs alone or waits for it. */
  #alone = 0;
  /** What runs together, or waits for the gate, since the last work that runs alone was asked for. */
  #group = new Group();

  /** Whether nothing runs alone or is about to. */
  get isOpen(): boolean {
    return this.#alone === 0;
  }

  /** Runs while nothing else does. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#group;
    this.#group = new Group();
    this.#alone++;
    const done = this.#last.then(() => before.end()).then(work);
    this.#gate = this.#last = done
      .catch(() => undefined)
      .then(() => {
        this.#alone--;
      });
    return done;
  }

  /** Runs after all earlier work of this kind, and beside work that runs together. */
  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Runs as soon as no earlier work has to run alone. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    const group = this.#group;
    group.enter();
    try {
      await this.#gate;
      return await work();
    } finally {
      group.leave();
    }
  }
}

/** Counts what is under way; a promise for each of a hundred thousand would cost more than the work itself. */
class Group {
  #count = 0;
  #onEmpty: (() => void) | undefined;

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count === 0) {
      this.#onEmpty?.();
    }
  }

  /** Settles when all that has entered has left; nothing may enter any more. */
  async end(): Promise<void> {
    if (this.#count > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
    }
  }
}
