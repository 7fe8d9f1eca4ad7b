/** What the daemon leaves open to others: files, sockets, ports, temporary files, links in its way. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  watch,
} from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";
import { canRun, listMissing } from "./requirements.testing";

const STRANGER = 65_533;
const isRoot = canRun("links of other users", listMissing([]));
const canList = canRun("the list of ports", listMissing(["ss"]));

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  daemon.configure({ web: {} });
  daemon.write("web.log", "");
});
afterEach(async () => daemon.remove());

async function ban(): Promise<void> {
  daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
  await until("the ban", () => daemon.banned("web").length === 1);
  await until("the action", () => daemon.notes.includes("ban web 192.0.2.1"));
}

test("files are its owner's alone, whatever the mask is", async () => {
  await daemon.start(["sh", "-c", 'umask 000; exec "$@"', "sh"]);
  await ban();
  const names = [...readdirSync(daemon.folder), "run/sock", "run/pid"].filter((name) =>
    /^(?:daemon\.log|db\.|run\/)/.test(name),
  );
  expect(names).toEqual(
    expect.arrayContaining(["daemon.log", "db.sqlite3", "db.sqlite3-wal", "run/sock", "run/pid"]),
  );
  const open = names.filter((name) => (statSync(daemon.path(name)).mode & 0o137) !== 0);
  expect(open).toEqual([]);
  expect(statSync(daemon.path("run/sock")).mode & 0o777).toBe(0o600);
});

test.runIf(canList)("listens on no network", async () => {
  await daemon.start();
  await ban();
  const { stdout, status } = spawnSync("ss", ["-lntupH"], { encoding: "utf8" });
  expect(status).toBe(0);
  expect(stdout.split("\n").filter((line) => line.includes(`pid=${daemon.pid},`))).toEqual([]);
});

test("makes no temporary file with a name, and needs none", async () => {
  const folder = daemon.path("temporary");
  mkdirSync(folder);
  const seen: string[] = [];
  const watcher = watch(folder, (_, name) => seen.push(name ?? ""));
  await daemon.start(["env", `TMPDIR=${folder}`]);
  await ban();
  expect(daemon.call("stop").status).toBe(0);
  await until("the end", () => !daemon.isRunning);
  watcher.close();
  expect(seen).toEqual([]);
});

test("works where the folder for temporary files is missing", async () => {
  await daemon.start(["env", "TMPDIR=/nonexistent"]);
  await ban();
  expect(daemon.log).not.toMatch(/ (?:ERROR|CRITICAL) /);
});

describe.runIf(isRoot)("what somebody else has put in the way", () => {
  const VICTIM = "a file of root's\n";

  beforeEach(() => daemon.write("victim", VICTIM));

  function link(name: string): void {
    symlinkSync(daemon.path("victim"), daemon.path(name));
    lchownSync(daemon.path(name), STRANGER, STRANGER);
  }

  test.each([
    ["pid file", "run/pid", /Cannot write pid file .*a link is there/],
    ["log", "daemon.log", /Unable to log to .*Logging to STDERR instead/],
    ["database", "db.sqlite3", /db\.sqlite3 is a link made by user 65533/],
    ["journal of the database", "db.sqlite3-wal", /sqlite3-wal is a link made by user 65533/],
  ])("a link in place of the %s is not followed, and jails are at work", async (_, name, message) => {
    link(name);
    await daemon.start();
    await ban();
    expect(readFileSync(daemon.path("victim"), "utf8")).toBe(VICTIM);
    expect(`${daemon.log}${daemon.terminal}`).toMatch(message);
  });

  test("a link in place of the socket is refused", async () => {
    link("run/sock");
    await daemon.start();
    await until("the end", () => !daemon.isRunning);
    expect(daemon.exitCode).toBe(255);
    expect(daemon.terminal).toContain("a file that is no socket is there");
    expect(lstatSync(daemon.path("victim")).size).toBe(VICTIM.length);
  });

  test.each([
    ["everybody may write to", () => chmodSync(daemon.path("run"), 0o777), "everybody may write to folder"],
    ["belongs to somebody", () => chownSync(daemon.path("run"), STRANGER, 0), "belongs to user 65533"],
    [
      "a group may write to",
      () => {
        chownSync(daemon.path("run"), 0, STRANGER);
        chmodSync(daemon.path("run"), 0o775);
      },
      "group 65533 may write to folder",
    ],
    ["lies in a folder of somebody", () => chownSync(daemon.folder, STRANGER, 0), "belongs to user 65533"],
  ])("a folder of the socket that %s is refused", async (_, open, message) => {
    open();
    await daemon.start();
    await until("the end", () => !daemon.isRunning);
    expect(daemon.exitCode).toBe(255);
    expect(daemon.terminal).toContain(message);
    expect(daemon.terminal).toContain("Choose a folder that only its owner may write to");
  });

  test("a link of ours is followed", async () => {
    symlinkSync(daemon.path("elsewhere.log"), daemon.path("daemon.log"));
    await daemon.start();
    await ban();
    expect(daemon.read("elsewhere.log")).toContain("Ban 192.0.2.1");
  });
});
