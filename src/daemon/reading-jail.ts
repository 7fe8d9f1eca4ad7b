import type { Entry, Phase } from "../model";
import { createDateDetector, type DateDetector } from "../date";
import {
  compileFilter,
  failureOf,
  type FeedOptions,
  type Hit,
  type JailFilter,
  type TimeNotice,
  type Watcher,
} from "../filter";
import { FailurePacker } from "./failure-wire";
import { GuardedFilter } from "./guarded-filter";
import { guardRegexes } from "./guarded-regexes";
import type { ReaderContext } from "./reader-context";
import type { ReaderJail } from "./reader-messages";

/**
 * The part of a jail that lives in a reader: its filter, and the failures of the lines at hand. Jails that read the
 * same logs with the same filter are read as one: each line is matched once, however many they are.
 */
export class ReadingJail {
  readonly #context: ReaderContext;
  #config: ReaderJail;
  #filter: JailFilter;
  readonly #packer = new FailurePacker();
  #names: readonly string[];

  /** Throws `WarderError` when the filter cannot be used. */
  constructor(config: ReaderJail, context: ReaderContext) {
    this.#context = context;
    this.#config = config;
    this.#filter = this.#makeFilter(config);
    this.#names = [config.name];
  }

  get config(): ReaderJail {
    return this.#config;
  }

  /** One of its jails; it stands for the others. */
  get name(): string {
    return this.#names[0] ?? this.#config.name;
  }

  /** The jails that are read as this one. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Another jail reads alike from the beginning. */
  join(name: string): void {
    this.#names = [...this.#names, name];
  }

  /** A jail goes its own way, or ends. */
  leave(name: string): void {
    this.#names = this.#names.filter((other) => other !== name);
  }

  /** Goes on with another filter. Throws as the constructor does, and nothing is changed then. */
  update(config: ReaderJail): void {
    this.#filter = this.#makeFilter(config);
    this.#config = config;
  }

  /** Names of the fields of a journal entry that its regexes ask for. */
  get journalFields(): readonly string[] {
    return this.#filter.compiled.fieldNames;
  }

  /** What a scanner needs to feed lines to this jail; `phase` is asked anew for each line. */
  watch(phase: () => Phase): Watcher {
    return {
      filter: this.#filter,
      options: () => this.#options(phase()),
      hits: (hits) => this.#collect(hits),
    };
  }

  /** How many of its regexes the entry matched. */
  takeEntry(entry: Entry, phase: Phase): number {
    const hits = this.#filter.feedEntry(entry, this.#options(phase));
    this.#collect(hits);
    return hits.length;
  }

  /**
   * Hands over the failures found. Only at the end of a block: when a reader is ended in the middle of one, the next
   * reader begins with it, and finds the same failures.
   */
  send(): void {
    this.#context.outbox.send(this.#names, this.#packer);
  }

  /** A detector of its own, for looking where to begin in a log. */
  makeDetector(): DateDetector {
    return makeDetector(this.#config);
  }

  #makeFilter(config: ReaderJail): JailFilter {
    const compiled = compileFilter(config.filter);
    const guard = { jail: () => this.name, desk: this.#context.desk, skip: config.skip };
    return new GuardedFilter(
      guard,
      guardRegexes(compiled, this.#context.desk, config.outOfService),
      makeDetector(config),
    );
  }

  #options(phase: Phase): Omit<FeedOptions, "earlier"> {
    const { clock, post } = this.#context;
    const { findtime } = this.#config;
    const notice = (what: TimeNotice, line: string): void =>
      this.#names.forEach((jail) => post({ type: "notice", jail, notice: what, line }));
    return { clock: { now: clock.now(), findtime, phase, checkTimes: true }, notice };
  }

  #collect(hits: readonly Hit[]): void {
    for (const hit of hits) {
      const failure = failureOf(hit);
      if (failure) {
        this.#packer.add(failure);
      }
    }
  }
}

function makeDetector({ filter }: ReaderJail): DateDetector {
  const { datepattern, logtimezone } = filter;
  return createDateDetector({
    ...(datepattern ? { datepattern: datepattern.text } : {}),
    ...(logtimezone === undefined ? {} : { logtimezone }),
  });
}
