import { execFileSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { formatLine } from "./jails-daemon-rounds.testing";
import { JAILS_OF_LOG, MOST_RETRIES, NotedDaemon, waitUntil } from "./jails-daemon.testing";

const PYTHON = "/usr/bin/python3";
/** DIFFERS: our counts go on over a restart; to compare what comes after it they are forgotten. */
const FORGET = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM warder_tickets")
db.commit()
`;

/** The real daemon and ours, in folders of their own, to which the same is done. */
export class DaemonPair {
  readonly theirs: NotedDaemon;
  readonly ours: NotedDaemon;

  constructor(clients: { readonly theirs: string; readonly ours: string }, ...oldLogs: OldLogs) {
    this.theirs = new NotedDaemon(clients.theirs, ...oldLogs);
    this.ours = new NotedDaemon(clients.ours, ...oldLogs);
  }

  get both(): readonly NotedDaemon[] {
    return [this.theirs, this.ours];
  }

  /** Gives both the same command; their exit codes must agree. */
  call(words: readonly string[]): void {
    const status = this.theirs.call(...words);
    if (words.length === 1 && words[0] === "restart") {
      this.ours.call("stop");
      execFileSync(PYTHON, ["-c", FORGET, this.ours.database]);
      expect(this.ours.call("start"), "start").toBe(status);
    } else {
      expect(this.ours.call(...words), words.join(" ")).toBe(status);
    }
  }

  append(log: string, lines: readonly string[]): void {
    this.both.forEach((daemon) => daemon.append(log, lines));
  }

  /** Somebody new is banned everywhere, so that all that came before is done; then both have called the same. */
  async settle(stranger: string, where: string): Promise<void> {
    const now = seconds();
    for (const log of JAILS_OF_LOG.keys()) {
      this.append(
        log,
        Array.from({ length: MOST_RETRIES }, () => formatLine(log, now, stranger)),
      );
    }
    await this.agree(() => this.both.every((daemon) => isKnown(daemon, stranger)), where);
  }

  /** Waits until it is so and both have called the same; fails with what differs. */
  async agree(isDone: () => boolean, where: string): Promise<void> {
    if (!(await waitUntil(() => isDone() && this.#isSame()))) {
      const expected = historyOf(this.theirs);
      expect(alignTimes(historyOf(this.ours), expected), where).toEqual(expected);
      expect(isDone(), where).toBe(true);
    }
  }

  #isSame(): boolean {
    const expected = historyOf(this.theirs);
    return isDeepStrictEqual(alignTimes(historyOf(this.ours), expected), expected);
  }

  remove(): void {
    this.both.forEach((daemon) => daemon.remove());
  }
}

type OldLogs = readonly [oldLogs?: ReadonlyMap<string, readonly string[]>];

/** Now, in whole seconds since 1970. */
export const seconds = (): number => Math.floor(Date.now() / 1000);

function isKnown(daemon: NotedDaemon, stranger: string): boolean {
  const { notes } = daemon;
  return [...JAILS_OF_LOG.values()].flat().every((jail) => {
    const runs = notes.findLast((note) => /^\w+ (start|stop)$/.test(note) && note.startsWith(`${jail} `));
    return runs === `${jail} stop` || notes.some((note) => note.startsWith(`${jail} ban ${stranger} `));
  });
}

type Histories = Readonly<Record<string, readonly string[]>>;

/** What was done to each offender of each jail, in its order; and what to each jail. */
function historyOf(daemon: NotedDaemon): Histories {
  const histories = new Map<string, string[]>();
  for (const note of daemon.notes) {
    const [jail = "", what = "", id, ...tags] = note.split(" ");
    // DIFFERS: we tell an action whenever a ban it holds becomes longer, fail2ban only when a grown time comes late.
    if (what === "prolong") {
      continue;
    }
    const key = id === undefined ? jail : `${jail} ${id}`;
    const text = [what, ...tags.map(hideNow)].join(" ");
    histories.set(key, [...(histories.get(key) ?? []), hideGrowth(text, jail)]);
  }
  return Object.fromEntries(histories);
}

/** Only times that come from the clock have a fraction. */
function hideNow(tag: string): string {
  return /^time=\d+\.\d*[1-9]/.test(tag) ? "time=now" : tag;
}

/** DIFFERS: a grown time is in force from the start, fail2ban bans for the first time and prolongs later. */
function hideGrowth(note: string, jail: string): string {
  return jail === "growing" && note.includes("restored=0") && note.startsWith("ban")
    ? note.replace(/bantime=\d+/, "bantime=grows")
    : note;
}

/** What counts as now is read by the two in different seconds: starts and prolonged ends may differ by that. */
function alignTimes(ours: Histories, theirs: Histories): Histories {
  return Object.fromEntries(
    Object.entries(ours).map(([key, notes]) => [
      key,
      notes.map((note, i) =>
        TIMES.reduce((text, time) => alignTime(text, theirs[key]?.[i] ?? "", time), note),
      ),
    ]),
  );
}

const TIMES = [/(?<= bantime=)\d+/, /(?<= time=)\d+/];
const READING_SECONDS = 4;

function alignTime(ours: string, theirs: string, time: RegExp): string {
  const [own = Number.NaN, other = Number.NaN] = [ours, theirs].map((note) => Number(time.exec(note)?.[0]));
  return Math.abs(own - other) <= READING_SECONDS ? ours.replace(time, String(other)) : ours;
}
