/** How often one regex matched, and what it found if that is to be told. */
export class RegexStatistic {
  /** The regex as it was written. */
  readonly source: string;
  /** The same with its tags replaced. */
  readonly pattern: string;
  readonly details: string[] = [];
  readonly #most: number;
  total = 0;

  /** Keeps at most so many details. */
  constructor(source: string, pattern: string, most: number) {
    this.source = source;
    this.pattern = pattern;
    this.#most = most;
  }

  /** Counts a match. */
  count(detail: () => string): void {
    this.total++;
    this.tell(detail);
  }

  /** Tells of a match that is counted already. */
  tell(detail: () => string): void {
    if (this.details.length < this.#most) {
      this.details.push(detail());
    }
  }
}

/** The lines of one kind: all are counted, and no more kept than will be printed. */
export class LineList {
  readonly #most: number;
  readonly #lines: string[] = [];
  count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** No further line will be kept. */
  get isFull(): boolean {
    return this.#lines.length >= this.#most;
  }

  add(line: string): void {
    this.count++;
    if (this.#lines.length < this.#most) {
      this.#lines.push(line);
    }
  }

  /** Takes a line back that turned out to be of another kind. */
  remove(line: string): void {
    this.count--;
    const at = this.#lines.indexOf(line);
    if (at >= 0) {
      this.#lines.splice(at, 1);
    }
  }
}
