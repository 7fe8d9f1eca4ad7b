import { messageOf } from "../model";
import type { Clock } from "../platform";
import { Desk } from "./desk";
import { LogGroup } from "./log-group";
import { Outbox } from "./outbox";
import type { ReaderContext } from "./reader-context";
import { ReaderJournals } from "./reader-journals";
import type { ReaderEvent, ReaderJail, ReaderLog, ReaderRequest, SourceState } from "./reader-messages";
import { ReadingJail } from "./reading-jail";
import { speaksOfWrapper } from "./wrapped-log";

/** What a reader works with. */
export interface ReaderNeeds {
  readonly clock: Clock;
  readonly post: (event: ReaderEvent) => void;
  /** Where it shows which line it is at. */
  readonly desk?: Desk;
}

/**
 * Reads logs and matches their lines, apart from the rest of the daemon: usually in a thread of its own. Takes
 * requests, gives events; knows nothing of bans.
 */
export class Reader {
  readonly #context: ReaderContext;
  readonly #jails = new Map<string, ReadingJail>();
  readonly #journals: ReaderJournals;
  readonly #groups = new Set<LogGroup>();
  /** Groups and jails made in this turn of the event loop: jails opened together read together. */
  readonly #fresh = new Map<string, LogGroup>();
  readonly #freshJails = new Map<string, ReadingJail>();
  #saidWorking = 0;

  constructor({ clock, post, desk = new Desk() }: ReaderNeeds) {
    this.#context = { clock, post, desk, outbox: new Outbox(post), sayWorking: () => this.#sayWorking() };
    this.#journals = new ReaderJournals(this.#context);
  }

  /** Carries out one request of the daemon. Never throws. */
  handle(request: ReaderRequest): void {
    const { post, outbox } = this.#context;
    switch (request.type) {
      case "open":
        this.#open(request.jail, request.logs);
        return;
      case "update":
        this.#update(request.jail);
        return;
      case "add-log":
        this.#withOwn(request.jail, (jail) => this.#addLog(jail, request.log));
        return;
      case "remove-log":
        this.#withOwn(request.jail, (jail) => void this.#leave(jail, request.path));
        return;
      case "close":
        void this.#close(request.jail).then(() => post({ type: "closed", reply: request.reply }));
        return;
      case "ack":
        outbox.acknowledge(request.count);
        return;
      case "inspect":
        post({ type: "inspected", reply: request.reply, sources: this.#inspect() });
        return;
    }
  }

  /** Stops reading everything; settles when no more events come. */
  async end(): Promise<void> {
    await Promise.all([...this.#jails.keys()].map((name) => this.#close(name)));
  }

  #open(config: ReaderJail, logs: readonly ReaderLog[]): void {
    const key = JSON.stringify([{ ...config, name: "" }, logs]);
    const alike = this.#freshJails.get(key);
    if (alike && alike.names.length > 0) {
      alike.join(config.name);
      this.#jails.set(config.name, alike);
      return;
    }
    this.#orSayBroken(config, () => {
      const jail = new ReadingJail(config, this.#context);
      this.#jails.set(config.name, jail);
      if (!config.journal) {
        this.#freshJails.set(key, jail);
        setImmediate(() => this.#freshJails.delete(key));
      }
      if (config.journal) {
        this.#journals.open(jail, config.journal);
      }
      logs.forEach((log) => this.#addLog(jail, log));
    });
  }

  #update(config: ReaderJail): void {
    this.#withOwn(config.name, (jail) =>
      this.#orSayBroken(config, () => {
        jail.update(config);
        this.#groups.forEach((group) => group.refresh(jail));
        this.#journals.refresh(jail);
      }),
    );
  }

  #orSayBroken(config: ReaderJail, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#context.post({ type: "broken", jail: config.name, message: messageOf(error) });
    }
  }

  #addLog(jail: ReadingJail, log: ReaderLog): void {
    const { logencoding, polling, filter } = jail.config;
    const how = [logencoding, polling, speaksOfWrapper(filter)];
    const key = JSON.stringify([log.path, log.position, log.resume ?? null, ...how]);
    const fresh = this.#fresh.get(key);
    const group = fresh && this.#groups.has(fresh) ? fresh : this.#newGroup(key, jail, log);
    group.join(jail);
  }

  #newGroup(key: string, jail: ReadingJail, log: ReaderLog): LogGroup {
    const group = new LogGroup(log, jail, this.#context);
    this.#groups.add(group);
    this.#fresh.set(key, group);
    setImmediate(() => {
      this.#fresh.delete(key);
      if (this.#groups.has(group)) {
        group.start();
      }
    });
    return group;
  }

  #sayWorking(): void {
    const now = this.#context.clock.now();
    if (Math.abs(now - this.#saidWorking) >= 1) {
      this.#saidWorking = now;
      this.#context.post({ type: "working" });
    }
  }

  async #close(name: string): Promise<void> {
    const jail = this.#jails.get(name);
    if (!jail) {
      return;
    }
    this.#jails.delete(name);
    jail.leave(name);
    if (jail.names.length > 0) {
      return;
    }
    await Promise.all([this.#journals.close(jail), this.#leave(jail)]);
  }

  /** Leaves one log, or all. A log that nobody reads any more is closed. */
  async #leave(jail: ReadingJail, path?: string): Promise<void> {
    const left = [...this.#groups].filter(
      (group) => (path === undefined || group.log.path === path) && group.leave(jail),
    );
    for (const group of left.filter(({ isEmpty }) => isEmpty)) {
      this.#groups.delete(group);
      await group.stop();
    }
  }

  #inspect(): readonly SourceState[] {
    return [...[...this.#groups].flatMap((group) => group.inspect()), ...this.#journals.inspect()];
  }

  /** Lets a jail that was read together with others go its own way from here on. */
  #withOwn(name: string, work: (jail: ReadingJail) => void): void {
    const jail = this.#jails.get(name);
    if (!jail || jail.names.length === 1) {
      return jail && work(jail);
    }
    const config = { ...jail.config, name };
    this.#orSayBroken(config, () => {
      const own = new ReadingJail(config, this.#context);
      jail.leave(name);
      this.#jails.set(name, own);
      [...this.#groups].filter((group) => group.isReadBy(jail)).forEach((group) => group.join(own));
      work(own);
    });
  }
}
