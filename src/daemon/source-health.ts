import type { Block, Entry, Phase } from "../model";
import type { Hit, Watcher } from "../filter";
import { Liveness, type Follower, type FollowStats } from "../source";
import { describeLiveness } from "./liveness-log";
import type { ReaderContext } from "./reader-context";
import type { SourceHealth } from "./reader-messages";
import type { ReadingJail } from "./reading-jail";

/** How often it is asked how much of a log waits, in seconds. */
const ASK_EVERY = 5;

/** Watches over one source of a reader: counts what its jails find, and tells in the log when something is wrong. */
export class SourceMonitor {
  readonly #context: ReaderContext;
  readonly #liveness: Liveness;
  readonly #matched = new Map<string, number>();
  #lastAsked = Number.NEGATIVE_INFINITY;

  /** `first` is the jail whose date patterns count. */
  constructor(path: string, first: ReadingJail, context: ReaderContext) {
    const detector = first.makeDetector();
    const { clock, post } = context;
    this.#context = context;
    this.#liveness = new Liveness({
      clock,
      timeOf: (line) => {
        const found = detector.detect(line, clock.now());
        return found?.text === "" ? "none" : found?.time;
      },
      report: (event) =>
        post({ type: "log", logger: "filter", ...describeLiveness(path, event, clock.now()) }),
    });
  }

  /** The same watcher, its hits counted. */
  count(jail: string, watcher: Watcher): Watcher {
    return {
      ...watcher,
      hits: (hits) => {
        this.addMatches(jail, hits.filter(isMatch).length);
        watcher.hits(hits);
      },
    };
  }

  /** Lines have been handled. */
  take(block: Block, phase: Phase, follower: Follower): void {
    this.#liveness.take(block, phase);
    const now = this.#context.clock.now();
    if (phase === "operation" && Math.abs(now - this.#lastAsked) >= ASK_EVERY) {
      this.#lastAsked = now;
      const { delay, behind } = follower.stats;
      this.#liveness.lag(delay, behind);
    }
  }

  /** Journal entries have been handled: lines whose time is beside them. */
  takeEntries(entries: readonly Entry[], phase: Phase): void {
    const last = entries.at(-1);
    if (last) {
      const { text, time } = last;
      const line = { text: `${text}\n`, decode: () => text, timeAt: () => time };
      this.#liveness.take(line, phase);
    }
  }

  /** Hits of a jail that reads without a scanner. */
  addMatches(jail: string, count: number): void {
    this.#matched.set(jail, (this.#matched.get(jail) ?? 0) + count);
  }

  inspect(
    jail: string,
    stats: Pick<FollowStats, "bytesRead" | "behind" | "delay">,
    filterSeconds = 0,
  ): SourceHealth {
    const { bytesRead, behind, delay } = stats;
    const { lastLine, isSilent, sampled, undated, offset } = this.#liveness.state;
    return {
      bytes: bytesRead,
      behind,
      delay,
      matched: this.#matched.get(jail) ?? 0,
      filterSeconds,
      sampled,
      undated,
      isSilent,
      ...(lastLine === undefined ? {} : { lastLine }),
      ...(offset === undefined ? {} : { offset }),
    };
  }

  stop(): void {
    this.#liveness.stop();
  }
}

function isMatch({ kind }: Hit): boolean {
  return kind !== "ignored";
}
