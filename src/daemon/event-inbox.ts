/** Milliseconds of one turn of the event loop that may go into events. */
const BUDGET = 10;

/**
 * Hands events on in their order, for a bounded time in each turn of the event loop: in a storm of failures, commands
 * and timers still get their turn.
 */
export class EventInbox<Event> {
  readonly #handle: (event: Event) => void;
  #queue: Event[] = [];
  #next = 0;
  #turnBegan: number | undefined;

  constructor(handle: (event: Event) => void) {
    this.#handle = handle;
  }

  /** Handles the event at once when this turn has time left and none is waiting, otherwise in a later turn. */
  push(event: Event): void {
    this.#beginTurn();
    if (this.#isEmpty && !this.#isTimeOver) {
      this.#handle(event);
    } else {
      this.#queue.push(event);
    }
  }

  /** How many wait for a later turn. */
  get waiting(): number {
    return this.#queue.length - this.#next;
  }

  /** Handles all that is waiting, now. */
  drain(): void {
    while (!this.#isEmpty) {
      this.#handleNext();
    }
  }

  get #isEmpty(): boolean {
    return this.#next === this.#queue.length;
  }

  get #isTimeOver(): boolean {
    return this.#turnBegan !== undefined && performance.now() - this.#turnBegan > BUDGET;
  }

  #beginTurn(): void {
    if (this.#turnBegan === undefined) {
      this.#turnBegan = performance.now();
      setImmediate(() => this.#endTurn());
    }
  }

  #endTurn(): void {
    this.#turnBegan = undefined;
    if (this.#isEmpty) {
      return;
    }
    this.#beginTurn();
    while (!this.#isEmpty && !this.#isTimeOver) {
      this.#handleNext();
    }
  }

  #handleNext(): void {
    const [event] = this.#queue.slice(this.#next, this.#next + 1);
    this.#next += 1;
    if (this.#isEmpty) {
      this.#queue = [];
      this.#next = 0;
    }
    if (event !== undefined) {
      this.#handle(event);
    }
  }
}
