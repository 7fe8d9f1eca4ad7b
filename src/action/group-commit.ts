import { Turns } from "./turns";

/**
 * Gathers what is asked for while something is under way, and commits it together as soon as that is done.
 * `commit` takes operations in the order they came and never rejects.
 */
export class GroupCommit<T> {
  readonly #commit: (operations: readonly T[]) => Promise<void>;
  readonly #turns = new Turns();
  /** What goes into the next commit. */
  #open: T[] | undefined;

  constructor(commit: (operations: readonly T[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** Puts an operation into the next commit. */
  submit(operation: T): void {
    if (this.#open) {
      this.#open.push(operation);
      return;
    }
    const batch = [operation];
    this.#open = batch;
    void this.#turns.inOrder(() => {
      if (this.#open === batch) {
        this.#open = undefined;
      }
      return this.#commit(batch);
    });
  }

  /** Runs work between the commits of what was submitted before and of what is submitted from now on. */
  alone<R>(work: () => Promise<R>): Promise<R> {
    this.#open = undefined;
    return this.#turns.inOrder(work);
  }
}
