/** The real fail2ban and our own daemon get the same lines and the same commands, and must call the same actions. */
import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { formatLine, makeOldLogs, makeRounds } from "./jails-daemon-rounds.testing";
import { JAILS_OF_LOG, MOST_RETRIES, NotedDaemon, waitUntil } from "./jails-daemon.testing";

const REAL_CLIENT = "/usr/bin/fail2ban-client";
const SEEDS = [11, 23];
const ROUNDS = 9;

const hasOracle = existsSync(REAL_CLIENT);
if (!hasOracle) {
  console.warn("SKIPPED: the real fail2ban is not installed, what its daemon does is not compared with ours");
}

describe.skipIf(!hasOracle)("the real daemon and ours", () => {
  let programs: Programs;
  let theirs: NotedDaemon;
  let ours: NotedDaemon;

  beforeAll(() => {
    programs = buildPrograms();
  });
  afterAll(() => programs.remove());

  test.each(SEEDS)("call the same actions, seed %d", async (seed) => {
    const oldLogs = makeOldLogs(seed, seconds());
    theirs = new NotedDaemon(REAL_CLIENT, oldLogs);
    ours = new NotedDaemon(programs.client, oldLogs);
    try {
      await settle("203.0.113.255");
      expectSame(`seed ${seed}, old logs`);
      for (const [i, round] of makeRounds(seed, ROUNDS).entries()) {
        for (const [log, lines] of round.makeLines(seconds())) {
          append(log, lines);
        }
        await settle(`203.0.113.${2 * i}`);
        expectSame(`seed ${seed}, round ${i}`);
        if (round.configuration !== undefined) {
          [theirs, ours].forEach((daemon) => daemon.configure(round.configuration ?? ""));
        }
        if (round.call) {
          const { call } = round;
          const status = theirs.call(...call);
          expect(ours.call(...call), call.join(" ")).toBe(status);
          await settle(`203.0.113.${2 * i + 1}`);
          expectSame(`seed ${seed}, round ${i}: ${call.join(" ")}`);
        }
      }
      [theirs, ours].forEach((daemon) => daemon.call("stop"));
      await waitUntil(() => isSame());
      expectSame(`seed ${seed}, stop`);
    } finally {
      theirs.remove();
      ours.remove();
    }
  });

  test("let bans grow alike, over restarts too", async () => {
    theirs = new NotedDaemon(REAL_CLIENT);
    ours = new NotedDaemon(programs.client);
    const id = "192.0.2.1";
    const count =
      (what: string) =>
      (daemon: NotedDaemon): number =>
        daemon.notes.filter((note) => note.startsWith(`growing ${what} ${id} `)).length;
    const reach = async (what: string, times: number): Promise<void> => {
      await waitUntil(() => [theirs, ours].every((daemon) => count(what)(daemon) >= times) && isSame());
      expect([count(what)(theirs), count(what)(ours)], what).toEqual([times, times]);
      expectSame(`${what} ${times}`);
    };
    const fail = (age: number): void => append("c", [formatLine("c", seconds() - age, id)]);
    try {
      await settle("203.0.113.1");
      [4, 4, 4].forEach(fail);
      await reach("ban", 1);
      await reach("unban", 1);
      // Each failure of somebody known counts more; fail2ban finds that out on the side.
      fail(6);
      await waitUntil(() => [theirs, ours].every(({ log }) => log.includes(`Found ${id}, bad`)));
      fail(6);
      await reach("ban", 2);
      await reach("unban", 2);
      fail(0);
      await reach("ban", 3);
      [theirs, ours].forEach((daemon) => daemon.call("restart"));
      await reach("ban", 4);
      [theirs, ours].forEach((daemon) => daemon.call("unban", id));
      await reach("unban", 4);
      [0, 0, 0].forEach(fail);
      await reach("ban", 5);
    } finally {
      theirs.remove();
      ours.remove();
    }
  });

  function append(log: string, lines: readonly string[]): void {
    theirs.append(log, lines);
    ours.append(log, lines);
  }

  /** Somebody new is banned everywhere: all that came before is done. */
  async function settle(stranger: string): Promise<void> {
    const now = seconds();
    for (const log of JAILS_OF_LOG.keys()) {
      append(
        log,
        Array.from({ length: MOST_RETRIES }, () => formatLine(log, now, stranger)),
      );
    }
    const isKnown = (daemon: NotedDaemon): boolean =>
      [...JAILS_OF_LOG.values()].flat().every((jail) => {
        const runs = daemon.notes.findLast(
          (note) => /^\w+ (start|stop)$/.test(note) && note.startsWith(`${jail} `),
        );
        return (
          runs === `${jail} stop` || daemon.notes.some((note) => note.startsWith(`${jail} ban ${stranger} `))
        );
      });
    await waitUntil(() => isKnown(theirs) && isKnown(ours) && isSame());
  }

  const isSame = (): boolean => {
    const expected = historyOf(theirs);
    return isDeepStrictEqual(alignTimes(historyOf(ours), expected), expected);
  };

  function expectSame(where: string): void {
    const expected = historyOf(theirs);
    expect(alignTimes(historyOf(ours), expected), where).toEqual(expected);
  }
});

const seconds = (): number => Math.floor(Date.now() / 1000);

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
