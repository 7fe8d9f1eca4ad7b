/** So many lines at which the same regex got stuck within so many seconds, and it is out of service. */
const MOST_LINES = 3;
const WITHIN = 600;

/** Counts the lines that a jail's regexes got stuck at. Regexes are named by their texts, times are seconds. */
export class RegexTroubles {
  readonly #times = new Map<string, readonly number[]>();
  readonly #outOfService = new Set<string>();

  /** The regexes that are no longer tried on lines. */
  get outOfService(): readonly string[] {
    return [...this.#outOfService];
  }

  /** A regex got stuck at a line. True when that was once too often. */
  add(regex: string, now: number): boolean {
    const times = [...(this.#times.get(regex) ?? []).filter((time) => now - time < WITHIN), now];
    this.#times.set(regex, times);
    if (times.length < MOST_LINES || this.#outOfService.has(regex)) {
      return false;
    }
    this.#outOfService.add(regex);
    return true;
  }

  /** The configuration has been read anew: all regexes get another chance. */
  forget(): void {
    this.#times.clear();
    this.#outOfService.clear();
  }
}
