/** The real fail2ban and our own daemon get the same lines and the same commands, and must call the same actions. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shareOf } from "../thorough.testing";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { DaemonPair, seconds } from "./jails-daemon-pair.testing";
import { formatLine, makeOldLogs, makeRounds } from "./jails-daemon-rounds.testing";
import { waitUntil, type NotedDaemon } from "./jails-daemon.testing";

const REAL_CLIENT = "/usr/bin/fail2ban-client";
/** `SEEDS=1,2,3` tries others. */
const SEEDS = (process.env["SEEDS"] ?? shareOf([11, 23, 47, 101], 2).join(",")).split(",").map(Number);
const ROUNDS = 9;

const hasOracle = existsSync(REAL_CLIENT);
if (!hasOracle) {
  console.warn("SKIPPED: the real fail2ban is not installed, what its daemon does is not compared with ours");
}

describe.skipIf(!hasOracle)("the real daemon and ours", () => {
  let programs: Programs;

  beforeAll(() => {
    programs = buildPrograms();
  });
  afterAll(() => programs.remove());

  // They mostly wait for each other: side by side they take hardly longer than one.
  test.concurrent.each(SEEDS)("call the same actions, seed %d", async (seed) => {
    const pair = new DaemonPair(clients(), makeOldLogs(seed, seconds()));
    try {
      await pair.settle("203.0.113.255", "old logs");
      for (const [i, round] of makeRounds(seed, ROUNDS).entries()) {
        for (const [log, lines] of round.makeLines(seconds())) {
          pair.append(log, lines);
        }
        await pair.settle(`203.0.113.${2 * i}`, `round ${i}`);
        if (round.configuration !== undefined) {
          pair.both.forEach((daemon) => daemon.configure(round.configuration ?? ""));
        }
        if (round.call) {
          pair.call(round.call);
          await pair.settle(`203.0.113.${2 * i + 1}`, `round ${i}: ${round.call.join(" ")}`);
        }
      }
      pair.both.forEach((daemon) => daemon.call("stop"));
      await pair.agree(() => true, "stop");
    } finally {
      pair.remove();
    }
  });

  test.concurrent("let bans grow alike, over restarts too", async () => {
    const pair = new DaemonPair(clients());
    const id = "192.0.2.1";
    const count =
      (what: string) =>
      (daemon: NotedDaemon): number =>
        daemon.notes.filter((note) => note.startsWith(`growing ${what} ${id} `)).length;
    const reach = async (what: string, times: number): Promise<void> => {
      await pair.agree(() => pair.both.every((daemon) => count(what)(daemon) >= times), `${what} ${times}`);
      expect(pair.both.map(count(what)), what).toEqual([times, times]);
    };
    const fail = (age: number): void => pair.append("c", [formatLine("c", seconds() - age, id)]);
    try {
      await pair.settle("203.0.113.1", "begin");
      [4, 4, 4].forEach(fail);
      await reach("ban", 1);
      await reach("unban", 1);
      // Each failure of somebody known counts more; fail2ban finds that out on the side.
      fail(6);
      await waitUntil(() => pair.both.every(({ log }) => log.includes(`Found ${id}, bad`)));
      fail(6);
      await reach("ban", 2);
      await reach("unban", 2);
      fail(0);
      await reach("ban", 3);
      pair.both.forEach((daemon) => daemon.call("restart"));
      await reach("ban", 4);
      pair.both.forEach((daemon) => daemon.call("unban", id));
      await reach("unban", 4);
      [0, 0, 0].forEach(fail);
      await reach("ban", 5);
    } finally {
      pair.remove();
    }
  });

  const clients = (): { theirs: string; ours: string } => ({ theirs: REAL_CLIENT, ours: programs.client });
});
