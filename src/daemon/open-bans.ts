const WAITS = 1;
const UNDERWAY = 2;

/** Bans that are not carried out yet, by the ids of their offenders. How many they are is known without a count. */
export class OpenBans {
  /** Whether the ban waits to be given to the actions, and how many times these are at it: `WAITS` and `UNDERWAY`s. */
  readonly #states = new Map<string, number>();
  /** The actions are still at these, but they have been unbanned meanwhile. */
  readonly #over = new Set<string>();

  /** Those of them that are in force as far as the daemon is concerned. */
  get pending(): number {
    return this.#states.size - this.#over.size;
  }

  has(id: string): boolean {
    return this.#states.has(id);
  }

  /** The ban of this offender has to be given to the actions. */
  wait(id: string): void {
    this.#set(id, (this.#states.get(id) ?? 0) | WAITS);
    this.#over.delete(id);
  }

  isWaiting(id: string): boolean {
    return ((this.#states.get(id) ?? 0) & WAITS) > 0;
  }

  /** The actions begin with it if it still waits; false when it does not. */
  begin(id: string): boolean {
    const state = this.#states.get(id) ?? 0;
    const waits = (state & WAITS) > 0;
    if (waits) {
      this.#states.set(id, state - WAITS + UNDERWAY);
    }
    return waits;
  }

  /** The actions begin with it. */
  enter(id: string): void {
    this.#set(id, (this.#states.get(id) ?? 0) + UNDERWAY);
    this.#over.delete(id);
  }

  /** The actions are done with it. */
  leave(id: string): void {
    this.#set(id, (this.#states.get(id) ?? UNDERWAY) - UNDERWAY);
  }

  /** The offender has been unbanned; whether the ban still waited. */
  end(id: string): boolean {
    const state = this.#states.get(id) ?? 0;
    const waited = (state & WAITS) > 0;
    this.#set(id, waited ? state - WAITS : state);
    if (this.#states.has(id)) {
      this.#over.add(id);
    }
    return waited;
  }

  /** Everybody has been unbanned. */
  endAll(): void {
    for (const id of this.#states.keys()) {
      this.end(id);
    }
  }

  #set(id: string, state: number): void {
    if (state > 0) {
      this.#states.set(id, state);
    } else if (this.#states.delete(id) && this.#over.size > 0) {
      this.#over.delete(id);
    }
  }
}
