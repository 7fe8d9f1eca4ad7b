import { isDeepStrictEqual } from "node:util";
import { getHeapStatistics } from "node:v8";
import {
  formatPythonText,
  type Command,
  type CommandValue,
  type DomainEvent,
  type Failure,
  type JailSpec,
  type Problem,
} from "../model";
import {
  Alarms,
  createShellRunner,
  systemClock,
  systemResolver,
  Logger,
  reportWork,
  type Clock,
  type CommandRunner,
  type Resolver,
} from "../platform";
import { ActionThreads, limitRunner, type StartThread } from "../action";
import { TrackingBudget, limitsFor } from "../jail";
import { unknownJailError } from "../control";
import { BanMemory } from "./ban-memory";
import { checkSpec } from "./jail-values";
import { describeFailure } from "./remote-failure";
import type { DeskTask } from "./desk";
import { CommandExecutor } from "./command-executor";
import { FilterCheck } from "./filter-check";
import type { FilterChecker } from "./filter-checker";
import { decodeFailures } from "./failure-wire";
import { logEvent, logJump } from "./event-log";
import type { JailLogPattern } from "./log-patterns";
import { logNotice, NoticeGate } from "./notice-log";
import type { JailNeeds } from "./jail-needs";
import { LiveJail } from "./live-jail";
import { regexAt } from "./guarded-regexes";
import type { ReaderHost, ReaderPort } from "./reader-host";
import { Readers } from "./readers";
import type { ReaderEvent, SourceState } from "./reader-messages";
import { describeStop, type ReaderStopped } from "./reader-stopped";
import { ServerOptions } from "./server-options";
import { foldStream, type FoldEntry } from "./stream-fold";

/** What a daemon is made from; everything taken from the system can be replaced in tests. */
export interface DaemonNeeds {
  readonly startReader: () => ReaderPort;
  /** For notices and modules; without it such actions do not work. */
  readonly startThread?: StartThread;
  /** Tries filters with hostile lines; without it none are tried. `directory` is the configuration, where it is known. */
  readonly filterCheck?: { readonly checker: FilterChecker; readonly directory?: string };
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly runner?: CommandRunner;
  readonly resolver?: Resolver;
  readonly random?: () => number;
}

/** All jails at work, with what they share: log, database, reader, settings. Commands and streams come in here. */
export class Daemon {
  readonly logger: Logger;
  readonly options: ServerOptions;
  readonly memory: BanMemory;
  readonly #clock: Clock;
  readonly #jails = new Map<string, LiveJail>();
  readonly #listeners: ((event: DomainEvent) => void)[] = [];
  readonly #budget = new TrackingBudget(limitsFor(getHeapStatistics().heap_size_limit));
  readonly #jailNeeds: JailNeeds;
  readonly #executor = new CommandExecutor(this);
  readonly #notices = new NoticeGate();
  readonly #threads: ActionThreads | undefined;
  readonly #stopListeners: (() => void)[] = [];
  readonly #readers: Readers;
  readonly #filterCheck: FilterCheck | undefined;
  #stopping: Promise<void> | undefined;

  constructor(needs: DaemonNeeds) {
    this.#clock = needs.clock ?? systemClock();
    this.logger = needs.logger ?? new Logger(this.#clock);
    this.memory = new BanMemory(this.#clock, this.logger.log);
    this.options = new ServerOptions({ logger: this.logger, memory: this.memory, clock: this.#clock });
    this.#readers = this.#makeReaders(needs.startReader);
    this.#threads = needs.startThread && this.#makeThreads(needs.startThread);
    this.#filterCheck = needs.filterCheck && this.#makeFilterCheck(needs.filterCheck);
    this.#jailNeeds = {
      readers: this.#readers,
      clock: this.#clock,
      alarms: new Alarms(this.#clock, (seconds) => logJump(seconds, this.logger.log)),
      log: this.logger.log,
      runner: limitRunner(needs.runner ?? createShellRunner({ cwd: "/" })),
      resolver: needs.resolver ?? systemResolver(this.#clock),
      memory: this.memory,
      ipv6Allowed: () => this.options.ipv6Allowed(),
      publish: (event) => this.#publish(event),
      random: needs.random ?? Math.random,
      threads: this.#threads,
      budget: this.#budget,
    };
  }

  /** The jails at work, in the order they were started. */
  get jails(): readonly LiveJail[] {
    return [...this.#jails.values()];
  }

  /** The jail of that name. Throws `RemoteError` when there is none. */
  jail(name: string): LiveJail {
    const jail = this.#jails.get(name);
    if (!jail) {
      throw unknownJailError(name);
    }
    return jail;
  }

  hasJail(name: string): boolean {
    return this.#jails.has(name);
  }

  /** Calls back with everything that happens from now on. */
  onEvent(listener: (event: DomainEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Calls back when a client has asked the daemon to end. */
  onStopRequest(listener: () => void): void {
    this.#stopListeners.push(listener);
  }

  /** A client asks the daemon to end; whoever owns it does that. */
  requestStop(): void {
    this.#stopListeners.forEach((listener) => listener());
  }

  /** Executes a command of a client. Throws `RemoteError` for what fail2ban's server would refuse. */
  execute(command: Command): Promise<CommandValue> {
    return this.#executor.execute(command);
  }

  /** Carries out a whole stream at start: each broken command costs its jail, the others go on. */
  async load(
    entries: readonly FoldEntry[],
    patterns: readonly JailLogPattern[] = [],
  ): Promise<readonly Problem[]> {
    const folded = foldStream(entries, patterns);
    const problems = [...folded.problems];
    for (const { option, value } of folded.server) {
      try {
        await this.options.set(option, value, this.#jails.size);
      } catch (error) {
        problems.push({
          severity: "error",
          ...describeFailure(error, `Cannot set ${option} to ${formatPythonText(value)}: `),
        });
      }
    }
    // All at once: no jail waits for the names that another has to look up.
    const starts = await Promise.all(folded.jails.map((spec) => this.#tryStart(spec)));
    return [...problems, ...starts.filter((problem) => problem !== undefined)];
  }

  /** Starts a jail. Throws when its spec cannot be used; nothing is left behind then. */
  async startJail(spec: JailSpec): Promise<void> {
    this.addJail(spec);
    await this.jail(spec.name).start();
  }

  /** Makes a jail that is not started yet. Throws when its spec cannot be used. */
  addJail(spec: JailSpec): void {
    checkSpec(spec);
    this.#jails.set(spec.name, new LiveJail(spec, this.#jailNeeds));
    this.checkFilters();
  }

  /** Filters may have changed: those that have are tried with hostile lines some time later. */
  checkFilters(): void {
    this.#filterCheck?.arm();
  }

  /** Stops a jail; its bans stay in the database, but who begins it again counts anew. With `pause` it is about to come back. */
  async stopJail(name: string, how: "stop" | "pause" = "stop"): Promise<void> {
    const jail = this.jail(name);
    this.#jails.delete(name);
    await jail.stop(how);
    await this.#readers.release(name);
    this.memory.deleteTickets(name);
  }

  /** How far every log has been read. */
  inspectSources(): Promise<readonly SourceState[]> {
    return this.#readers.inspect();
  }

  /** Ends everything in order: jails, database, reader. Settles when that is done, however often it is called. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#end();
    await this.#stopping;
  }

  async #end(): Promise<void> {
    this.#readers.expectEnd();
    this.#filterCheck?.stop();
    this.logger.log("INFO", "server", "Shutdown in progress...");
    this.logger.log("INFO", "server", "Stopping all jails");
    await Promise.all(this.jails.map((jail) => jail.stop("pause")));
    this.#jails.clear();
    await this.#threads?.end();
    this.options.stop();
    this.memory.close();
    await this.#readers.end();
    this.logger.log("INFO", "server", "Exiting Fail2ban");
  }

  /** What notices still wait to be delivered lies beside the database. */
  #makeThreads(start: StartThread): ActionThreads {
    const queuePath = (): string | undefined => {
      const { path } = this.memory;
      return path === undefined || path === ":memory:" ? undefined : `${path}-notices`;
    };
    return new ActionThreads({ start, log: this.logger.log, queuePath });
  }

  #makeFilterCheck(needs: NonNullable<DaemonNeeds["filterCheck"]>): FilterCheck {
    const jails = (): JailSpec[] => this.jails.filter((jail) => jail.isStarted).map(({ spec }) => spec);
    return new FilterCheck({ ...needs, clock: this.#clock, log: this.logger.log, jails });
  }

  async #tryStart(spec: JailSpec): Promise<Problem | undefined> {
    try {
      await this.startJail(spec);
      return undefined;
    } catch (error) {
      return { severity: "error", jail: spec.name, ...describeFailure(error) };
    }
  }

  #publish(event: DomainEvent): void {
    if (event.type === "ban" && !event.ban.restored) {
      reportWork(1);
      this.memory.addBan(event.ban);
    } else if (event.type === "prolonged") {
      this.memory.prolongBan(event.ban, event.by);
    }
    logEvent(event, this.logger.log);
    for (const listener of this.#listeners) {
      listener(event);
    }
  }

  #makeReaders(start: () => ReaderPort): Readers {
    return new Readers({
      start,
      clock: this.#clock,
      onEvent: (event, reader) => this.#onReaderEvent(event, reader),
      onStop: (error) => this.#tellStop(error),
      onReplaced: ({ task }, own) => this.#resumeReading(task, own),
    });
  }

  /** Gives the jails that may be stuck at that line: the one that was, and those that are read as one with it. */
  #tellStop(error: ReaderStopped): readonly string[] {
    const { task } = error;
    const stuck = task && this.#jails.get(task.jail)?.spec;
    const regex = stuck && task.regex && regexAt(stuck.filter, task.regex);
    describeStop(error, regex).forEach((text) => this.logger.log("CRITICAL", "filter", text));
    return stuck ? this.jails.filter(({ spec }) => isReadAlike(stuck, spec)).map(({ name }) => name) : [];
  }

  #resumeReading(stuckAt: DeskTask | undefined, own: string | undefined): void {
    const stuck = stuckAt && this.#jails.get(stuckAt.jail)?.spec;
    for (const jail of this.jails) {
      const isStuck = stuck !== undefined && isReadAlike(stuck, jail.spec);
      if (own === undefined ? isStuck || !this.#readers.hasOwn(jail.name) : jail.name === own) {
        jail.resumeReading(isStuck ? stuckAt : undefined);
      }
    }
  }

  #takeFailures(jails: readonly string[], failures: readonly Failure[], reader: ReaderHost): void {
    reportWork(failures.length * jails.length);
    const work = (): void => jails.forEach((jail) => this.#jails.get(jail)?.takeFailures(failures));
    if (jails.length > 1) {
      this.#budget.pool.share(failures, work);
    } else {
      work();
    }
    reader.post({ type: "ack", count: failures.length * jails.length });
  }

  #onReaderEvent(event: ReaderEvent, reader: ReaderHost): void {
    switch (event.type) {
      case "failures":
        this.#takeFailures(event.jails, decodeFailures(event.failures), reader);
        return;
      case "position":
        event.jails.forEach((jail) => this.#jails.get(jail)?.takePosition(event.path, event.at));
        return;
      case "log":
        this.logger.log(event.level, event.logger, event.message);
        return;
      case "broken":
        this.logger.log("ERROR", "filter", `[${event.jail}] ${event.message}`);
        return;
      case "notice":
        if (this.#notices.isDue(event.jail, event.notice.type, this.#clock.now())) {
          logNotice(event, this.logger.log);
        }
        return;
      default:
        return;
    }
  }
}

/** Whether jails may have been read as one: then the others would get stuck at the same line. */
function isReadAlike(a: JailSpec, b: JailSpec): boolean {
  return isDeepStrictEqual(a.filter, b.filter) && isDeepStrictEqual(a.source.logs, b.source.logs);
}
