import type { Block, Phase } from "../model";
import { reportWork } from "../platform";
import { BlockScanner } from "../filter";
import { openSource, type Follower, type SourceEvent } from "../source";
import { SourceMonitor } from "./source-health";
import { describeSourceEvent } from "./source-log";
import type { ReaderContext } from "./reader-context";
import type { ReaderLog, SourceState } from "./reader-messages";
import type { ReadingJail } from "./reading-jail";
import { speaksOfWrapper } from "./wrapped-log";

/** About how many characters a line has. */
const USUAL_LINE = 100;

/** One log with all jails that read it from the same place on: it is read and scanned once. */
export class LogGroup {
  readonly log: ReaderLog;
  readonly #context: ReaderContext;
  readonly #follower: Follower;
  readonly #monitor: SourceMonitor;
  readonly #members = new Set<ReadingJail>();
  #scanner = new BlockScanner([]);
  /** Jails in the order of the scanner, and seconds that their filters took in the scanners before it. */
  #scanned: readonly string[] = [];
  readonly #spent = new Map<string, number>();
  #phase: Phase = "initial";
  #isMissing = true;

  /** `first` tells how the log is to be read; it becomes a member only by `join`. */
  constructor(log: ReaderLog, first: ReadingJail, context: ReaderContext) {
    this.log = log;
    this.#context = context;
    this.#monitor = new SourceMonitor(log.path, first, context);
    this.#follower = this.#makeFollower(first);
  }

  isReadBy(jail: ReadingJail): boolean {
    return this.#members.has(jail);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  start(): void {
    this.#follower.start();
  }

  async stop(): Promise<void> {
    this.#monitor.stop();
    await this.#follower.stop();
  }

  join(jail: ReadingJail): void {
    this.#members.add(jail);
    this.#renewScanner();
  }

  /** Whether the jail was a member. */
  leave(jail: ReadingJail): boolean {
    const wasMember = this.#members.delete(jail);
    if (wasMember) {
      this.#renewScanner();
    }
    return wasMember;
  }

  /** The filter of a jail has changed. */
  refresh(jail: ReadingJail): void {
    if (this.#members.has(jail)) {
      this.#renewScanner();
    }
  }

  inspect(): readonly SourceState[] {
    const { linesRead: lines, position } = this.#follower.stats;
    const state = this.#isMissing ? "waiting" : "following";
    const { path } = this.log;
    const { stats } = this.#follower;
    return [...this.#members].flatMap(({ config, names }) => {
      const health = this.#monitor.inspect(config.name, stats, this.#filterSeconds(config.name));
      return names.map((jail) => ({ jail, path, state, lines, position, health }));
    });
  }

  #makeFollower(first: ReadingJail): Follower {
    const { clock } = this.#context;
    const { path, position, resume: checkpoint } = this.log;
    const { logencoding: encoding, polling, findtime } = first.config;
    const detector = first.makeDetector();
    const now = clock.now();
    return openSource(
      {
        path,
        position,
        encoding,
        polling,
        checkpoint,
        unwrap: !speaksOfWrapper(first.config.filter),
        now: () => clock.now(),
        seek: { timeOf: (line) => detector.detect(line, now)?.time, from: now - findtime },
      },
      {
        block: (block, phase) => this.#read(block, phase),
        caughtUp: () => this.#context.post({ type: "caught-up", jails: this.#names, path }),
        checkpoint: (at) => this.#context.post({ type: "position", jails: this.#names, path, at }),
        event: (event) => this.#report(event),
      },
    );
  }

  #read(block: Block, phase: Phase): void | Promise<void> {
    this.#phase = phase;
    this.#isMissing = false;
    this.#context.sayWorking();
    reportWork(block.length / USUAL_LINE);
    this.#scanner.scan(block);
    for (const jail of this.#members) {
      jail.send();
    }
    this.#monitor.take(block, phase, this.#follower);
    return this.#context.outbox.room();
  }

  #renewScanner(): void {
    this.#scanned.forEach((jail) => this.#spent.set(jail, this.#filterSeconds(jail)));
    const members = [...this.#members];
    const watchers = members.map((jail) =>
      this.#monitor.count(
        jail.config.name,
        jail.watch(() => this.#phase),
      ),
    );
    this.#scanned = members.map(({ config }) => config.name);
    this.#scanner = new BlockScanner(watchers, () => performance.now());
  }

  #filterSeconds(jail: string): number {
    const now = this.#scanner.costs[this.#scanned.indexOf(jail)] ?? 0;
    return (this.#spent.get(jail) ?? 0) + now / 1000;
  }

  get #names(): readonly string[] {
    return [...this.#members].flatMap(({ names }) => names);
  }

  #report(event: SourceEvent): void {
    if (event.type === "lost" || event.type === "error") {
      this.#isMissing = true;
    } else if (event.type === "found" || event.type === "rotated") {
      this.#isMissing = false;
    }
    this.#context.post({ type: "log", ...describeSourceEvent(event) });
  }
}
