import { WarderError } from "../model";
import { systemClock, type Clock } from "../platform";
import { journalArguments, lastEntryArguments, type JournalPlace } from "./journal-command";
import { fieldsOfMatches, joinMatches } from "./journal-match";
import { JournalMember, type JournalConsumer, type JournalWish } from "./journal-member";
import { comparePoints, type JournalPoint } from "./journal-place";
import { runJournal, type JournalEnd, type JournalRun } from "./journal-reader";
import { JournalFileWatch } from "./journal-file-watch";
import { Patience } from "./patience";

/** What happens to a journal besides its entries. */
export type JournalEvent =
  | { readonly type: "error"; readonly error: WarderError }
  | { readonly type: "unreadable"; readonly entries: number };

/** How a journal is to be read. */
export interface JournalOptions {
  readonly place: JournalPlace;
  /** Told of what goes wrong, and for whom. */
  readonly report: (event: JournalEvent, names: readonly string[]) => void;
  /** Default `journalctl`. */
  readonly command?: string;
  readonly clock?: Clock;
}

/** One who reads a journal. */
export interface JournalSubscription {
  /** The journal cannot be read at the moment. */
  readonly isFailing: boolean;
  /** From now on looks at these fields besides those that make a line. */
  want(fields: readonly string[]): void;
  /** Ends reading: settles when the batch on its way has been taken and nobody's journalctl is left running for it. */
  stop(): Promise<void>;
}

/** Changes of who reads come in flocks: seconds until they are followed. */
const SETTLE = 0.1;
/** A journalctl that has run for so many seconds can read the journal. */
const PROVEN = 2;

/**
 * One journal for all who read it. Each first catches up through a journalctl of its own, from the place where it
 * stopped, which gives what is there and ends. Then it joins the others: one journalctl waits for entries that anybody
 * wants, and each gets those it asked for. When somebody joins or leaves, that one is started anew at the place of who
 * is farthest behind, and the others pass over what they have had. One that dies is started again after the last
 * entry, later each time up to a minute.
 *
 * DIFFERS: fail2ban reads the journal once for each jail, and after a restart the last entry a second time.
 */
export class SharedJournal {
  readonly #options: JournalOptions;
  readonly #clock: Clock;
  readonly #command: string;
  readonly #members = new Set<JournalMember>();
  readonly #following = new Set<JournalMember>();
  readonly #patience: Patience;
  readonly #files: JournalFileWatch | undefined;
  #end: Promise<JournalPoint | undefined> | undefined;
  #run: JournalRun | undefined;
  #isFollowing = false;
  #isRestarting = false;
  #cancelSettle: (() => void) | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock();
    this.#command = options.command ?? "journalctl";
    this.#patience = new Patience(this.#clock);
    this.#files = options.place.journalfiles
      ? new JournalFileWatch(options.place, () => this.#restart())
      : undefined;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Begins to read for one more; returns before anything has been handed over. */
  join(wish: JournalWish, consumer: JournalConsumer): JournalSubscription {
    const member = new JournalMember(wish, consumer, (error) =>
      this.#options.report({ type: "error", error }, [wish.name]),
    );
    this.#members.add(member);
    const catching = new Catching(member, new Patience(this.#clock));
    const done = this.#catchUp(catching);
    return {
      get isFailing() {
        return member.isFailing;
      },
      want: (fields) => this.#want(member, fields),
      stop: () => this.#leave(catching, done),
    };
  }

  #want(member: JournalMember, fields: readonly string[]): void {
    const isMore = fields.some((name) => !member.fields.includes(name));
    member.fields = fields;
    if (isMore && this.#following.has(member)) {
      this.#restart();
    }
  }

  async #leave(catching: Catching, done: Promise<void>): Promise<void> {
    const { member } = catching;
    this.#members.delete(member);
    const wasFollowing = this.#following.delete(member);
    const stopped = member.stop();
    catching.stop();
    if (this.#members.size === 0) {
      this.#files?.stop();
    }
    if (wasFollowing && this.#following.size > 0) {
      this.#restart();
    } else if (wasFollowing) {
      this.#cancelSettle?.();
      this.#cancelSettle = undefined;
      const run = this.#run;
      this.#startAnew();
      await run?.ended;
    }
    await Promise.all([stopped, done]);
  }

  async #catchUp(catching: Catching): Promise<void> {
    const { member, patience } = catching;
    let failure: string | undefined;
    while (!member.isStopped) {
      const end = await this.#lastEntry();
      failure = member.isStopped ? undefined : await this.#readOnce(catching, isLostPlace(failure));
      if (member.isStopped) {
        return;
      }
      if (failure === undefined) {
        member.catchUp(end);
        this.#following.add(member);
        this.#restart();
        return;
      }
      await this.#wait(patience, failure, [member]);
    }
  }

  /** Gives why it failed. */
  async #readOnce(catching: Catching, isByTime: boolean): Promise<string | undefined> {
    const { member } = catching;
    catching.run = this.#read([member], isByTime, []);
    return (await catching.run.ended).failure;
  }

  /**
   * The journal's last entry, whoever wants it: all before it is there for whoever begins to read now. A failure shows
   * again when it is read.
   */
  async #lastEntry(): Promise<JournalPoint | undefined> {
    this.#end ??= this.#readLastEntry().finally(() => (this.#end = undefined));
    return this.#end;
  }

  async #readLastEntry(): Promise<JournalPoint | undefined> {
    let end: JournalPoint | undefined;
    const run = runJournal(this.#command, lastEntryArguments(this.#options.place), (entries) => {
      end = entries.at(-1)?.point ?? end;
    });
    const { failure } = await run.ended;
    return failure === undefined ? end : undefined;
  }

  /** Somebody has joined or left, or files have been exchanged. */
  #restart(): void {
    this.#cancelSettle ??= this.#clock.after(SETTLE, () => {
      this.#cancelSettle = undefined;
      this.#startAnew();
      if (this.#following.size > 0 && !this.#isFollowing) {
        void this.#follow();
      }
    });
  }

  #startAnew(): void {
    this.#isRestarting = true;
    this.#run?.stop();
    this.#patience.wake();
  }

  async #follow(): Promise<void> {
    let failure: string | undefined;
    this.#isFollowing = true;
    while (this.#following.size > 0) {
      this.#isRestarting = false;
      const members = [...this.#following];
      this.#run = this.#read(members, isLostPlace(failure), ["--follow", "--no-tail"]);
      const cancel = this.#clock.after(PROVEN, () => members.forEach((member) => (member.isFailing = false)));
      const end: JournalEnd = await this.#run.ended;
      cancel();
      this.#run = undefined;
      failure = end.failure;
      if (!this.#isRestarting && this.#following.size > 0) {
        await this.#wait(this.#patience, failure ?? "it ended by itself", members);
      }
    }
    this.#isFollowing = false;
  }

  /** Reads for those members, from where the one is that is farthest behind. */
  #read(members: readonly JournalMember[], isByTime: boolean, more: readonly string[]): JournalRun {
    const isFollowing = more.length > 0;
    if (isFollowing) {
      this.#files?.renew();
    }
    members.forEach((member) => member.begin());
    const points = members.map(({ point }) => point);
    const first = points.reduce((a, b) => (comparePoints(b, a) < 0 ? b : a));
    const matches = joinMatches(members.map((member) => member.matches));
    const args = journalArguments({
      place: this.#options.place,
      matches,
      start: isByTime ? { micros: first.micros } : first,
      fields: members.flatMap((member) => [...fieldsOfMatches(member.matches), ...member.fields]),
    });
    return runJournal(this.#command, [...more, ...args], async (entries, unreadable) => {
      if (isFollowing && this.#isRestarting) {
        // What has not been handed over is read again.
        return;
      }
      if (unreadable > 0) {
        this.#options.report({ type: "unreadable", entries: unreadable }, namesOf(members));
      }
      for (const member of members) {
        await member.take(entries);
      }
      if (isFollowing && entries.length > 0) {
        this.#patience.renew();
      }
    });
  }

  async #wait(patience: Patience, failure: string, members: readonly JournalMember[]): Promise<void> {
    const error = journalError(failure);
    members.forEach((member) => (member.isFailing = true));
    if (patience.isNews(error.message)) {
      this.#options.report({ type: "error", error }, namesOf(members));
    }
    await patience.wait();
  }
}

/** A member on its way to the others. */
class Catching {
  readonly member: JournalMember;
  readonly patience: Patience;
  run: JournalRun | undefined;

  constructor(member: JournalMember, patience: Patience) {
    this.member = member;
    this.patience = patience;
  }

  stop(): void {
    this.run?.stop();
    this.patience.wake();
  }
}

function namesOf(members: readonly JournalMember[]): readonly string[] {
  return members.map(({ name }) => name);
}

/** The journal a cursor belongs to is gone; the time still tells where to go on. */
function isLostPlace(failure: string | undefined): boolean {
  return /cursor/i.test(failure ?? "");
}

/** Codes: `journalctl-missing`, `journal-denied`, `journal-failed`. */
function journalError(failure: string): WarderError {
  if (failure === "ENOENT") {
    const text =
      'Cannot read the journal: journalctl is not installed. Install systemd, or set "backend = auto" and a logpath';
    return new WarderError("journalctl-missing", text);
  }
  if (/permission/i.test(failure)) {
    const advice = "Run as root, or add the user to group systemd-journal";
    return new WarderError("journal-denied", `Cannot read the journal: ${failure}. ${advice}`);
  }
  return new WarderError("journal-failed", `Reading the journal failed, trying again: ${failure}`);
}
