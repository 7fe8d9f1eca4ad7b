import { messageOf, type Ban, type BanData, type Ticket, type TicketChanges } from "../model";
import { expectWork, type Clock, type Log } from "../platform";
import {
  openStore,
  type CurrentBansRule,
  type BanHistory,
  type LogPosition,
  type Opening,
  type Store,
} from "../store";

/** How long to wait before a database that could not be written is tried again (seconds). */
const RETRY_SECONDS = 10;
/** Between two parts of clearing old bans away (seconds). */
const PURGE_PAUSE = 0.02;
/** Bans waiting to be written; beyond, the oldest are given up, and that is said. */
const MOST_WAITING = 200_000;

/**
 * In a storm of failures writing how far the jails have got takes at most one part of so many of the time. What is
 * written later is read again after a crash, and nothing is lost by that.
 */
const PROGRESS_SHARE = 100;
/** Seconds of writing that are saved up while little is written, so that it is written at once then. */
const PROGRESS_CREDIT = 0.1;

type Write = (store: Store) => void;

/**
 * The database as the daemon uses it: never in the way. What cannot be written now (full disk, locked, read-only)
 * is kept and tried again in order; questions that cannot be answered have no answer.
 */
export class BanMemory {
  readonly #clock: Clock;
  readonly #log: Log;
  #store: Store | undefined;
  #path: string | undefined;
  #waiting: Write[] = [];
  /** Bans of this turn of the event loop. */
  #fresh: Ban[] = [];
  #givenUp = 0;
  /** In seconds of a clock nobody sets. */
  #mayWrite = Number.NEGATIVE_INFINITY;
  #retry: (() => void) | undefined;
  #cancelPurge: (() => void) | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Path of the database, `undefined` when there is none. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Writes that have not reached the disk yet. */
  get waiting(): number {
    return this.#waiting.length + this.#fresh.length;
  }

  get store(): Store | undefined {
    return this.#store;
  }

  /** Opens another database; `None` (any case) means none. What cannot be opened is tried again later. */
  async open(path: string): Promise<void> {
    this.close();
    this.#path = path.toLowerCase() === "none" ? undefined : path;
    if (this.#path !== undefined) {
      await this.#tryOpen(this.#path);
    }
  }

  /**
   * Bans of one turn of the event loop are written together at its end: a thousand of them cost hardly more than one.
   * A kill before that loses none: the place in the log they come from is only saved afterwards.
   */
  addBan(ban: Ban): void {
    if (this.#path !== undefined && this.#fresh.push(ban) === 1) {
      // Not before the actions have been told: the firewall need not wait for the disk.
      setImmediate(() => this.#writeFresh());
    }
  }

  /** Writes bans that are waiting for the end of this turn, so that somebody may be told of them. */
  writeBans(): void {
    this.#writeFresh();
  }

  deleteBan(jail: string, id: string): void {
    this.#write((store) => void store.deleteBan(jail, id));
  }

  deleteJailBans(jail: string): void {
    this.#write((store) => store.deleteJailBans(jail));
  }

  addJail(jail: string): void {
    this.#write((store) => store.addJail(jail));
  }

  disableJail(jail: string): void {
    this.#write((store) => store.disableJail(jail));
  }

  prolongBan({ jail, offender }: Ban, by: Pick<Ban, "time" | "bantime">): void {
    this.#write((store) => store.prolongBan(jail, offender.id, by));
  }

  /** The ban ends now, before its time; it stays in the history. */
  endBan({ jail, offender, time }: Ban): void {
    const bantime = Math.max(0, Math.floor(this.#clock.now() - time));
    this.#write((store) => store.prolongBan(jail, offender.id, { time, bantime }));
  }

  /** See `Store.saveProgress`. */
  saveProgress(jail: string, places: ReadonlyMap<string, LogPosition>, tickets: TicketChanges): void {
    const began = this.#clock.elapsed();
    let known = tickets;
    const write: Write = (store) => store.saveProgress(jail, places, known);
    this.#write(write);
    if (this.#waiting.at(-1) === write) {
      // Tickets change, and forget what they remember when their jail ends.
      known = { ...tickets, changed: tickets.changed.map(copyTicket) };
    }
    const ended = this.#clock.elapsed();
    const behind = Math.max(this.#mayWrite, began - PROGRESS_CREDIT * PROGRESS_SHARE);
    this.#mayWrite = behind + (ended - began) * PROGRESS_SHARE;
  }

  /** Seconds until the progress of another jail, or of the same one, should be written. */
  get pause(): number {
    return Math.max(0, this.#mayWrite - this.#clock.elapsed());
  }

  deleteTickets(jail: string): void {
    this.#write((store) => store.deleteTickets(jail));
  }

  openTickets(jail: string): readonly Ticket[] {
    return this.#ask((store) => store.openTickets(jail)) ?? [];
  }

  /** Clears away what is older than that many seconds, bit by bit: nobody waits for it. */
  purge(purgeAge: number): void {
    this.#cancelPurge?.();
    this.#cancelPurge = undefined;
    const isMore = this.#ask((store) => store.purgeSome(this.#clock.now(), purgeAge));
    if (isMore) {
      this.#cancelPurge = this.#clock.after(PURGE_PAUSE, () => this.purge(purgeAge));
    }
  }

  position(jail: string, path: string): LogPosition | undefined {
    return this.#ask((store) => store.logPosition(jail, path));
  }

  currentBans(jail: string, rule: CurrentBansRule): readonly Ban[] {
    const bans = this.#ask((store) => {
      expectWork(store.countBans(jail));
      return store.currentBans(jail, this.#clock.now(), rule);
    });
    return bans ?? [];
  }

  history(id: string, jail?: string): BanHistory | undefined {
    return this.#ask((store) => store.history(id, jail));
  }

  merged(id: string, jail?: string): BanData | undefined {
    return this.#ask((store) => store.mergedBans(id, jail));
  }

  /** Writes what is waiting, if that can be done now, and closes. */
  close(): void {
    this.#writeFresh();
    this.#retry?.();
    this.#retry = undefined;
    this.#cancelPurge?.();
    this.#cancelPurge = undefined;
    if (!this.#store) {
      return;
    }
    this.#flush(this.#store);
    if (this.#waiting.length > 0) {
      this.#log(
        "ERROR",
        "database",
        `${this.#waiting.length} changes could not be written to '${this.#path}'`,
      );
    }
    this.#store.close();
    this.#store = undefined;
    this.#waiting = [];
    this.#log("INFO", "database", "Connection to database closed.");
  }

  async #tryOpen(path: string): Promise<void> {
    try {
      const { store, opening } = await openStore(path, this.#clock.now());
      this.#store = store;
      this.#log("INFO", "database", `Connected to fail2ban persistent database '${path}'`);
      describeOpening(opening, path).forEach(([level, text]) => this.#log(level, "database", text));
      store.disableAllJails();
      this.#flush(store);
    } catch (error) {
      this.#log(
        "ERROR",
        "database",
        `${messageOf(error)} Bans go on, but are remembered in memory only until it can be used.`,
      );
      this.#tryLater(() => void this.#tryOpen(path));
    }
  }

  #writeFresh(): void {
    if (this.#fresh.length > 0) {
      const bans = this.#fresh;
      this.#fresh = [];
      this.#write((store) => store.addBans(bans));
    }
  }

  #write(write: Write): void {
    this.#writeFresh();
    if (this.#path === undefined) {
      return;
    }
    if (this.#store && this.#waiting.length === 0) {
      try {
        write(this.#store);
        return;
      } catch (error) {
        this.#complain(error);
      }
    }
    this.#keep(write);
  }

  #keep(write: Write): void {
    this.#waiting.push(write);
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      this.#givenUp += 1;
    }
    const store = this.#store;
    if (store) {
      this.#tryLater(() => this.#flush(store));
    }
  }

  #flush(store: Store): void {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, 1000);
      try {
        store.transaction(() => batch.forEach((write) => write(store)));
        this.#waiting.splice(0, batch.length);
      } catch (error) {
        this.#complain(error);
        this.#tryLater(() => this.#flush(store));
        return;
      }
    }
    if (this.#givenUp > 0) {
      this.#log(
        "ERROR",
        "database",
        `${this.#givenUp} changes were given up while the database could not be written`,
      );
      this.#givenUp = 0;
    }
  }

  #tryLater(work: () => void): void {
    this.#retry ??= this.#clock.after(RETRY_SECONDS, () => {
      this.#retry = undefined;
      work();
    });
  }

  #ask<Answer>(question: (store: Store) => Answer): Answer | undefined {
    this.#writeFresh();
    try {
      return this.#store && question(this.#store);
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  #complain(error: unknown): void {
    this.#log(
      "ERROR",
      "database",
      `${messageOf(error)} It will be tried again every ${RETRY_SECONDS} seconds.`,
    );
  }
}

function copyTicket({ id, ip, groups, first, last, retry, failures, matches, packed }: Ticket): Ticket {
  return { id, ip, groups, first, last, retry, failures, matches, packed };
}

function describeOpening(
  opening: Opening,
  path: string,
): (readonly ["INFO" | "WARNING" | "ERROR", string])[] {
  switch (opening.kind) {
    case "opened":
      return [];
    case "created":
      return [["WARNING", "New database created. Version '4'"]];
    case "upgraded":
      return [
        ["INFO", `  Database backup created: ${opening.backup}`],
        ["WARNING", `Database updated from '${opening.from}' to '4'`],
      ];
    case "repaired":
      return [
        ["ERROR", `Error opening fail2ban persistent database '${path}': ${opening.cause.message}`],
        [
          "WARNING",
          `The damaged file is kept as ${opening.setAside}; ${opening.rows} rows could be saved from it`,
        ],
      ];
  }
}
