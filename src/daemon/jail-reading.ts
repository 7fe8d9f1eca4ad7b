import { isDeepStrictEqual } from "node:util";
import type { JailSpec, LogSpec, TicketChanges } from "../model";
import type { DeskTask, LineMark } from "./desk";
import { ownBackend } from "./backend-sources";
import type { JailNeeds } from "./jail-needs";
import { regexAt } from "./guarded-regexes";
import { RegexTroubles } from "./regex-troubles";
import { JOURNAL, journalOptions, usesJournal } from "./journal-backend";
import type { ReaderHost } from "./reader-host";
import type { LogPosition, ReaderJail, ReaderLog } from "./reader-messages";

/**
 * How far a jail has got is written down when failures were counted, else at most this often (seconds), and when it
 * stops. After a crash it goes on from there: lines read since are read again, with the counts of that moment, so that
 * they come to the same.
 */
const SAVE_SECONDS = 2;
/** Tickets of a jail that are written down, those that came first; the counts of others begin anew after a restart. */
const MOST_TICKETS = 2000;
/** Lines to be passed over, the last ones; those before them have been read past long ago. */
const MOST_SKIPPED = 100;

/** What a jail's counting means to reading. */
export interface Counting {
  readonly findtime: number;
  /** What has become of its tickets since this was asked last. */
  readonly takeTickets: (most: number) => TicketChanges;
}

/** The part of a jail that its reader sees: what is read from where, and how far it has got. */
export class JailReading {
  readonly #needs: JailNeeds;
  readonly #takeTickets: (most: number) => TicketChanges;
  readonly #reached = new Map<string, LogPosition>();
  readonly #unsaved = new Set<string>();
  #spec: JailSpec;
  #findtime: number;
  readonly #troubles = new RegexTroubles();
  #skipped: readonly LineMark[] = [];
  #isOpen = false;
  /** How often failures came, and how often that was before the places known. */
  #counted = 0;
  #placed = 0;
  #held: Promise<unknown> = Promise.resolve();
  /** How much is held that is not found out yet. */
  #holding = 0;
  /** Should have been written down, but the counts were ahead of the places. */
  #isOverdue = false;
  #cancelSave: (() => void) | undefined;
  /** When something will be written; seconds of a clock nobody sets. */
  #due = Infinity;

  constructor(spec: JailSpec, counting: Counting, needs: JailNeeds) {
    this.#spec = spec;
    this.#findtime = counting.findtime;
    this.#takeTickets = counting.takeTickets;
    this.#needs = needs;
  }

  /** The backend in use, as `status JAIL stats` names it. */
  get backend(): string {
    const { backend } = this.#spec.source;
    if (usesJournal(this.#spec)) {
      return "systemd";
    }
    return ownBackend(backend) ?? (backend.startsWith("polling") ? "polling" : "inotify");
  }

  /** Begins to read, unless the jail is idle. */
  open(): void {
    if (this.#spec.idle) {
      return;
    }
    this.#isOpen = true;
    const { logs: wanted } = this.#spec.source;
    const logs = usesJournal(this.#spec) ? [] : wanted.map((log) => this.#readerLog(log));
    this.#reader.post({ type: "open", jail: this.#readerJail(), logs });
  }

  /** Regexes that are not tried any more until the next reload: they got stuck too often. */
  get outOfService(): readonly string[] {
    return this.#troubles.outOfService;
  }

  /** Begins again in a new reader, which is to pass over what the one before was stuck at. */
  resume(stuckAt?: DeskTask): void {
    if (stuckAt) {
      this.#skipped = [...this.#skipped, stuckAt.line].slice(-MOST_SKIPPED);
      this.#blame(stuckAt);
    }
    if (this.#isOpen) {
      this.open();
    }
  }

  /** Makes the reader follow another spec; places already reached are kept. */
  change(spec: JailSpec, findtime: number): void {
    const old = this.#spec;
    const oldFindtime = this.#findtime;
    this.#spec = spec;
    this.#findtime = findtime;
    const hadTroubles = this.outOfService.length > 0 && old.filter !== spec.filter;
    if (old.filter !== spec.filter) {
      this.#troubles.forget();
    }
    if (old.idle !== spec.idle || !isSameSource(old, spec)) {
      this.#reopen();
      return;
    }
    if (!this.#isOpen) {
      return;
    }
    if (hadTroubles || oldFindtime !== findtime || !isDeepStrictEqual(old.filter, spec.filter)) {
      this.#reader.post({ type: "update", jail: this.#readerJail() });
    }
    if (!usesJournal(spec)) {
      this.#changeLogs(old.source.logs, spec.source.logs);
    }
  }

  /** Failures came: the next place reached lies behind them. */
  failed(): void {
    this.#counted += 1;
  }

  /** What counts has been changed by command. */
  changed(): void {
    this.#isOverdue = true;
    this.#saveIn(this.#isAhead ? SAVE_SECONDS : this.#pause());
  }

  /** Something is still being found out about failures already read: places reached meanwhile wait for it. */
  hold(work: Promise<unknown>): void {
    this.#holding += 1;
    this.#held = Promise.allSettled([this.#held, work]).then(() => {
      this.#holding -= 1;
    });
  }

  /** The reader has handed over everything before that place. */
  reached(path: string, at: LogPosition): void {
    const counted = this.#counted;
    const take = (): void => this.#takePlace(path, at, counted);
    if (this.#holding > 0) {
      void this.#held.then(take);
    } else {
      // At once: the next failures may come before a promise is settled.
      take();
    }
  }

  /** Stops reading; settles when no failure can come any more and all places are written down. */
  async close(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false;
      await this.#reader.close(this.#spec.name);
    }
    await this.#held;
    this.#save();
  }

  /** Failures were counted, and the place behind them is not known yet: written down now, they would count twice. */
  get #isAhead(): boolean {
    return this.#counted !== this.#placed;
  }

  /** `counted`: how often failures had come before that place. */
  #takePlace(path: string, at: LogPosition, counted: number): void {
    this.#reached.set(path, at);
    this.#unsaved.add(path);
    this.#isOverdue ||= counted > this.#placed;
    this.#placed = Math.max(this.#placed, counted);
    this.#saveIn(this.#isOverdue && !this.#isAhead ? this.#pause() : SAVE_SECONDS);
  }

  #blame({ regex }: DeskTask): void {
    const text = regex && regexAt(this.#spec.filter, regex);
    if (text !== undefined && this.#troubles.add(text, this.#needs.clock.elapsed())) {
      const { name } = this.#spec;
      const what = `${regex?.kind} '${text}' got stuck at several lines and is out of service until the next reload`;
      this.#needs.log(
        "CRITICAL",
        "filter",
        `[${name}] ${what}. Write it more narrowly, then reload the jail`,
      );
    }
  }

  #reopen(): void {
    void this.close().then(() => this.open());
  }

  #changeLogs(old: readonly LogSpec[], wanted: readonly LogSpec[]): void {
    const jail = this.#spec.name;
    const isIn = (list: readonly LogSpec[], log: LogSpec): boolean =>
      list.some((other) => other.path === log.path);
    for (const log of old.filter((log) => !isIn(wanted, log))) {
      this.#reader.post({ type: "remove-log", jail, path: log.path });
      this.#needs.log("INFO", "filter", `Removed logfile: '${log.path}'`);
    }
    for (const log of wanted.filter((log) => !isIn(old, log))) {
      this.#reader.post({ type: "add-log", jail, log: this.#readerLog(log) });
    }
  }

  #readerJail(): ReaderJail {
    const { name, filter, source } = this.#spec;
    const journal = usesJournal(this.#spec)
      ? {
          journal: {
            matches: source.journalmatch,
            options: journalOptions(source.backend),
            ...this.#journalStart(),
          },
        }
      : {};
    const polling = source.backend.startsWith("polling");
    const { logencoding } = source;
    return {
      name,
      filter,
      findtime: this.#findtime,
      logencoding,
      polling,
      skip: this.#skipped,
      outOfService: this.outOfService,
      ...journal,
    };
  }

  #journalStart(): { readonly resume?: LogPosition } {
    const resume = this.#reached.get(JOURNAL) ?? this.#needs.memory.position(this.#spec.name, JOURNAL);
    return resume ? { resume } : {};
  }

  #readerLog({ path, position }: LogSpec): ReaderLog {
    const known = this.#reached.get(path);
    const resume =
      known ?? (position === "head" ? this.#needs.memory.position(this.#spec.name, path) : undefined);
    return { path, position: known ? "head" : position, ...(resume ? { resume } : {}) };
  }

  /** Who reads for the jail; may change when it is stuck. */
  get #reader(): ReaderHost {
    return this.#needs.readers.of(this.#spec.name);
  }

  /** Seconds until what is new may be written. */
  #pause(): number {
    return this.#needs.memory.pause;
  }

  #saveIn(seconds: number): void {
    const due = this.#needs.clock.elapsed() + seconds;
    if (seconds === 0) {
      this.#save();
    } else if (due < this.#due) {
      this.#cancelSave?.();
      this.#due = due;
      this.#cancelSave = this.#needs.clock.after(seconds, () => this.#saveOnTime());
    }
  }

  #saveOnTime(): void {
    this.#due = Infinity;
    this.#isOverdue = true;
    // Either the place is on its way, or another jail has just been written down.
    this.#saveIn(this.#isAhead ? SAVE_SECONDS : this.#pause());
  }

  #save(): void {
    this.#cancelSave?.();
    this.#due = Infinity;
    this.#isOverdue = false;
    const places = new Map([...this.#reached].filter(([path]) => this.#unsaved.has(path)));
    this.#unsaved.clear();
    this.#needs.memory.saveProgress(this.#spec.name, places, this.#takeTickets(MOST_TICKETS));
  }
}

function isSameSource(a: JailSpec, b: JailSpec): boolean {
  return (
    a.source.backend === b.source.backend &&
    a.source.logencoding === b.source.logencoding &&
    isDeepStrictEqual(a.source.journalmatch, b.source.journalmatch)
  );
}
