import type { Entry } from "../model";
import { JailFilter, type FeedOptions, type Hit } from "../filter";
import { isMarked, type Desk, type LineMark } from "./desk";

/** What a guarded filter needs besides the filter's own parts. */
export interface Guard {
  /** The jail to be named. */
  readonly jail: () => string;
  readonly desk: Desk;
  /** Lines at which a reader was stuck before; they are passed over. */
  readonly skip: readonly LineMark[];
}

/** A filter that lays every line on the desk before it looks at it, so that a line it gets stuck at can be named. */
export class GuardedFilter extends JailFilter {
  readonly #guard: Guard;

  constructor(guard: Guard, ...parts: ConstructorParameters<typeof JailFilter>) {
    super(...parts);
    this.#guard = guard;
  }

  override feedLine(line: string, options: FeedOptions): readonly Hit[] {
    if (!this.#begin(line)) {
      return NO_HITS;
    }
    try {
      return super.feedLine(line, options);
    } finally {
      this.#guard.desk.end();
    }
  }

  override feedEntry(entry: Entry, options: FeedOptions): readonly Hit[] {
    if (!this.#begin(entry.text)) {
      return NO_HITS;
    }
    try {
      return super.feedEntry(entry, options);
    } finally {
      this.#guard.desk.end();
    }
  }

  /** Lays a line on the desk, unless it is to be passed over. */
  #begin(line: string): boolean {
    const { jail, desk, skip } = this.#guard;
    if (skip.some((mark) => isMarked(line, mark))) {
      return false;
    }
    desk.begin(jail(), line);
    return true;
  }
}

const NO_HITS: readonly Hit[] = [];
