import { messageOf, type Block, type Failure, type Phase } from "../model";
import type { Clock } from "../platform";
import { createDateDetector } from "../date";
import {
  BlockScanner,
  type JailFilter,
  compileFilter,
  failureOf,
  type Hit,
  type TimeNotice,
  type Watcher,
} from "../filter";
import { openSource, type Follower, type SourceEvent } from "../source";
import { encodeFailures } from "./failure-wire";
import { Desk } from "./desk";
import { GuardedFilter } from "./guarded-filter";
import { describeSourceEvent } from "./source-log";
import type { ReaderEvent, ReaderJail, ReaderLog, ReaderRequest, SourceState } from "./reader-messages";

/** Failures that may be on their way to the daemon before reading waits. */
const MOST_UNHANDLED = 50_000;
/** Failures sent in one message. */
const BATCH = 256;

interface OpenJail {
  config: ReaderJail;
  filter: JailFilter;
  failures: Failure[];
}

/** What a reader works with. */
export interface ReaderNeeds {
  readonly clock: Clock;
  readonly post: (event: ReaderEvent) => void;
  /** Where it shows which line it is at. */
  readonly desk?: Desk;
}

/** One log with all jails that read it from the same place on. */
interface LogGroup {
  readonly key: string;
  readonly log: ReaderLog;
  readonly follower: Follower;
  readonly members: Set<OpenJail>;
  scanner: BlockScanner;
  phase: Phase;
  isMissing: boolean;
}

/**
 * Reads logs and matches their lines, apart from the rest of the daemon: usually in a thread of its own. Takes
 * requests, gives events; knows nothing of bans.
 */
export class Reader {
  readonly #post: (event: ReaderEvent) => void;
  readonly #clock: Clock;
  readonly #desk: Desk;
  readonly #jails = new Map<string, OpenJail>();
  readonly #groups = new Set<LogGroup>();
  /** Groups made in this turn of the event loop: jails opened together read together. */
  readonly #fresh = new Map<string, LogGroup>();
  #unhandled = 0;
  #saidWorking = 0;
  #roomWanted: (() => void)[] = [];

  constructor({ clock, post, desk = new Desk() }: ReaderNeeds) {
    this.#clock = clock;
    this.#post = post;
    this.#desk = desk;
  }

  /** Carries out one request of the daemon. Never throws. */
  handle(request: ReaderRequest): void {
    switch (request.type) {
      case "open":
        this.#open(request.jail, request.logs);
        return;
      case "update":
        this.#update(request.jail);
        return;
      case "add-log":
        this.#withJail(request.jail, (jail) => this.#addLog(jail, request.log));
        return;
      case "remove-log":
        this.#withJail(request.jail, (jail) => void this.#leave(jail, request.path));
        return;
      case "close":
        void this.#close(request.jail).then(() => this.#post({ type: "closed", reply: request.reply }));
        return;
      case "ack":
        this.#acknowledge(request.count);
        return;
      case "inspect":
        this.#post({ type: "inspected", reply: request.reply, sources: this.#inspect() });
        return;
    }
  }

  /** Stops reading everything; settles when no more events come. */
  async end(): Promise<void> {
    await Promise.all([...this.#jails.keys()].map((name) => this.#close(name)));
  }

  #open(config: ReaderJail, logs: readonly ReaderLog[]): void {
    const filter = this.#makeFilter(config);
    if (!filter) {
      return;
    }
    const jail: OpenJail = { config, filter, failures: [] };
    this.#jails.set(config.name, jail);
    for (const log of logs) {
      this.#addLog(jail, log);
    }
  }

  #update(config: ReaderJail): void {
    const jail = this.#jails.get(config.name);
    const filter = this.#makeFilter(config);
    if (!jail || !filter) {
      return;
    }
    jail.config = config;
    jail.filter = filter;
    for (const group of this.#groups) {
      if (group.members.has(jail)) {
        group.scanner = this.#makeScanner(group);
      }
    }
  }

  #makeFilter(config: ReaderJail): JailFilter | undefined {
    try {
      const detector = createDateDetector(dateOptions(config));
      const guard = { jail: config.name, desk: this.#desk, skip: config.skip };
      return new GuardedFilter(guard, compileFilter(config.filter), detector);
    } catch (error) {
      this.#post({ type: "broken", jail: config.name, message: messageOf(error) });
      return undefined;
    }
  }

  #addLog(jail: OpenJail, log: ReaderLog): void {
    const { logencoding, polling } = jail.config;
    const key = JSON.stringify([log.path, log.position, log.resume ?? null, logencoding, polling]);
    const group = this.#fresh.get(key) ?? this.#newGroup(key, jail, log);
    group.members.add(jail);
    group.scanner = this.#makeScanner(group);
  }

  #newGroup(key: string, jail: OpenJail, log: ReaderLog): LogGroup {
    const { logencoding: encoding, polling, findtime } = jail.config;
    const seeker = createDateDetector(dateOptions(jail.config));
    const now = this.#clock.now();
    const follower: Follower = openSource(
      {
        path: log.path,
        position: log.position,
        encoding,
        polling,
        checkpoint: log.resume,
        now: () => this.#clock.now(),
        seek: { timeOf: (line) => seeker.detect(line, now)?.time, from: now - findtime },
      },
      {
        block: (block, phase) => this.#read(group, block, phase),
        caughtUp: () => this.#tell(group, (jail) => ({ type: "caught-up", jail, path: log.path })),
        checkpoint: (at) => this.#tell(group, (jail) => ({ type: "position", jail, path: log.path, at })),
        event: (event) => this.#report(group, event),
      },
    );
    const group: LogGroup = {
      key,
      log,
      follower,
      members: new Set(),
      scanner: new BlockScanner([]),
      phase: "initial",
      isMissing: false,
    };
    this.#groups.add(group);
    this.#fresh.set(key, group);
    setImmediate(() => {
      this.#fresh.delete(key);
      if (this.#groups.has(group)) {
        follower.start();
      }
    });
    return group;
  }

  #makeScanner(group: LogGroup): BlockScanner {
    return new BlockScanner([...group.members].map((jail) => this.#makeWatcher(group, jail)));
  }

  #makeWatcher(group: LogGroup, jail: OpenJail): Watcher {
    const notice = (what: TimeNotice, line: string): void =>
      this.#post({ type: "notice", jail: jail.config.name, notice: what, line });
    return {
      filter: jail.filter,
      options: () => ({
        clock: {
          now: this.#clock.now(),
          findtime: jail.config.findtime,
          phase: group.phase,
          checkTimes: true,
        },
        notice,
      }),
      hits: (hits) => this.#collect(jail, hits),
    };
  }

  #read(group: LogGroup, block: Block, phase: Phase): void | Promise<void> {
    group.phase = phase;
    group.isMissing = false;
    this.#sayWorking();
    group.scanner.scan(block);
    for (const jail of group.members) {
      this.#send(jail);
    }
    return this.#unhandled < MOST_UNHANDLED
      ? undefined
      : new Promise((resolve) => {
          this.#roomWanted.push(resolve);
        });
  }

  #sayWorking(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#saidWorking) >= 1) {
      this.#saidWorking = now;
      this.#post({ type: "working" });
    }
  }

  #collect(jail: OpenJail, hits: readonly Hit[]): void {
    for (const hit of hits) {
      const failure = failureOf(hit);
      if (failure) {
        jail.failures.push(failure);
      }
    }
    if (jail.failures.length >= BATCH) {
      this.#send(jail);
    }
  }

  #send(jail: OpenJail): void {
    const { failures } = jail;
    if (failures.length > 0) {
      jail.failures = [];
      this.#unhandled += failures.length;
      this.#post({ type: "failures", jail: jail.config.name, failures: encodeFailures(failures) });
    }
  }

  #acknowledge(count: number): void {
    this.#unhandled -= count;
    if (this.#unhandled < MOST_UNHANDLED) {
      const waiting = this.#roomWanted;
      this.#roomWanted = [];
      waiting.forEach((proceed) => proceed());
    }
  }

  #tell(group: LogGroup, make: (jail: string) => ReaderEvent): void {
    for (const jail of group.members) {
      this.#post(make(jail.config.name));
    }
  }

  #report(group: LogGroup, event: SourceEvent): void {
    group.isMissing = event.type === "lost" || event.type === "error";
    this.#post({ type: "log", ...describeSourceEvent(event) });
  }

  async #leave(jail: OpenJail, path: string): Promise<void> {
    for (const group of this.#groups) {
      if (group.log.path === path && group.members.delete(jail)) {
        await this.#shrink(group);
      }
    }
  }

  async #close(name: string): Promise<void> {
    const jail = this.#jails.get(name);
    if (!jail) {
      return;
    }
    this.#jails.delete(name);
    for (const group of this.#groups) {
      if (group.members.delete(jail)) {
        await this.#shrink(group);
      }
    }
  }

  /** A log that nobody reads any more is closed. */
  async #shrink(group: LogGroup): Promise<void> {
    group.scanner = this.#makeScanner(group);
    if (group.members.size === 0) {
      this.#groups.delete(group);
      await group.follower.stop();
    }
  }

  #inspect(): SourceState[] {
    return [...this.#groups].flatMap((group) => {
      const { linesRead: lines, position } = group.follower.stats;
      const state = group.isMissing ? "waiting" : "following";
      return Array.from(group.members, (jail) => ({
        jail: jail.config.name,
        path: group.log.path,
        state,
        lines,
        position,
      }));
    });
  }

  #withJail(name: string, work: (jail: OpenJail) => void): void {
    const jail = this.#jails.get(name);
    if (jail) {
      work(jail);
    }
  }
}

function dateOptions(config: ReaderJail): { datepattern?: string; logtimezone?: string } {
  const { datepattern, logtimezone } = config.filter;
  return {
    ...(datepattern ? { datepattern: datepattern.text } : {}),
    ...(logtimezone === undefined ? {} : { logtimezone }),
  };
}
