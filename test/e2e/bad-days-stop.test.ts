/**
 * SIGSTOP, as a frozen container or a hanging host would do it: what happened meanwhile is made up for, in order, and
 * nothing that was done in time counts as failed.
 */
import { appendFileSync, readFileSync, renameSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";

/** `WARDER_STOP_SECONDS=600 npx vitest run --project e2e bad-days-stop` for a long one. */
const SECONDS = Number(process.env["WARDER_STOP_SECONDS"] ?? 5);

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
/** Lines that take a while each, though not too long, so that the stop comes in the middle of one. */
const SLOW_LINES = Array.from(
  { length: 30 },
  (_, i) => `${stamp()} failure x${"a".repeat(500)}! from 192.0.2.${100 + i}\n`,
).join("");

beforeEach(() => {
  daemon = new LocalDaemon(programs);
  // Longer than any stop: what would be over by the time it is read is no ban.
  const long = { findtime: "2h", bantime: "2h" };
  const slow = "actionban = sleep 2; echo ban slow <ip> >> NOTES\ntimeout = 3\n";
  daemon.write("conf/action.d/slow.conf", `[Definition]\n${slow.replace("NOTES", daemon.path("notes"))}`);
  daemon.configure({
    web: long,
    mail: long,
    brief: { bantime: "4" },
    slow: { ...long, action: "slow" },
    tough: { ...long, filter: "tough", maxretry: "1" },
  });
  daemon.write(
    "conf/filter.d/tough.conf",
    String.raw`[Definition]
failregex = ^ failure (?:x(?:a*a*a*b|a*! ))?from <HOST>$
`,
  );
  for (const jail of ["web", "mail", "brief", "slow", "tough"]) {
    daemon.write(`${jail}.log`, "");
  }
});
afterEach(() => daemon.remove());

/** A process and all that it has started. */
function familyOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/);
  return [pid, ...children.filter((child) => child !== "").flatMap((child) => familyOf(Number(child)))];
}

const isNoted = (note: string) => (): boolean => daemon.notes.includes(note);

test.each([
  ["alone", (pid: number) => [pid]],
  ["with all that it has started", familyOf],
])(
  `a daemon that was stopped for ${SECONDS} seconds, %s, goes on where it was`,
  {
    timeout: 120_000 + SECONDS * 1000,
  },
  async (_, listProcesses) => {
    await daemon.start();
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    daemon.fail("brief.log", "192.0.2.9", "192.0.2.9");
    await until("the first ban", isNoted("ban web 192.0.2.1"));
    await until("the brief ban", isNoted("ban brief 192.0.2.9"));
    daemon.fail("slow.log", "192.0.2.4", "192.0.2.4");
    await until("the slow ban is on its way", () => daemon.log.includes("[slow] Ban 192.0.2.4"));
    appendFileSync(daemon.path("tough.log"), SLOW_LINES);
    await sleep(300);

    const processes = listProcesses(daemon.pid);
    processes.forEach((pid) => process.kill(pid, "SIGSTOP"));
    daemon.fail("web.log", "192.0.2.2", "192.0.2.3");
    renameSync(daemon.path("web.log"), daemon.path("web.log.1"));
    daemon.write("web.log", "");
    daemon.fail("web.log", "192.0.2.2");
    const half = `${stamp()} failure from 192.0.2.5\n${stamp()} failure from 192.0`;
    appendFileSync(daemon.path("mail.log"), half);
    await sleep(SECONDS * 1000);
    appendFileSync(daemon.path("mail.log"), ".2.5\n");
    daemon.fail("web.log", "192.0.2.3");
    const asked = daemon.callAsync("ping");
    await sleep(500);
    processes.forEach((pid) => process.kill(pid, "SIGCONT"));

    expect((await asked).stdout).toBe("Server replied: pong\n");
    for (const note of [
      "ban web 192.0.2.2",
      "ban web 192.0.2.3",
      "ban mail 192.0.2.5",
      "ban slow 192.0.2.4",
    ]) {
      await until(note, isNoted(note), 30_000);
    }
    await until("the last of the slow lines", isNoted("ban tough 192.0.2.129"), 30_000);
    await until("the end of the brief ban", isNoted("unban brief 192.0.2.9"), 30_000);
    daemon.fail("brief.log", "192.0.2.8", "192.0.2.8");
    await until("a ban as ever", isNoted("ban brief 192.0.2.8"), 30_000);

    const bans = daemon.notes.filter((note) => note.startsWith("ban "));
    expect(new Set(bans).size).toBe(bans.length);
    expect(daemon.call("get", "slow", "enforcement").stdout).toMatch(/applied\W+1\b/);
    expect(daemon.log).not.toMatch(/ERROR|CRITICAL|Reading stopped|timed out/);
    expect(daemon.banned("tough")).toHaveLength(30);
    await daemon.end("SIGTERM");
    await daemon.start();
    expect([...daemon.banned("web")].sort()).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    expect(daemon.banned("mail")).toEqual(["192.0.2.5"]);
    expect(daemon.banned("slow")).toEqual(["192.0.2.4"]);
  },
);
