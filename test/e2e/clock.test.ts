/** The clock of the machine is set while the daemon runs: by libfaketime, which tells the daemon alone. */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";
import { canRun } from "./requirements.testing";

const library = ["x86_64", "aarch64"]
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));
const runs = canRun(
  "a clock that is set",
  library === undefined ? ["libfaketime (Debian: libfaketime)"] : [],
);

const HOUR = 3600;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

let programs: Programs;
let daemon: LocalDaemon;
let offset = 0;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());

beforeEach(async () => {
  daemon = new LocalDaemon(programs);
  daemon.write("web.log", "");
  daemon.configure({ web: { maxretry: "2", findtime: "10m", bantime: "1h" } });
  setClock(0);
  const settings = {
    LD_PRELOAD: library ?? "",
    FAKETIME_TIMESTAMP_FILE: daemon.path("clock"),
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
  await daemon.start(["env", ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)]);
});
afterEach(() => daemon.remove());

/** Sets the daemon's clock so many seconds beside the true one. */
function setClock(seconds: number): void {
  offset = seconds;
  writeFileSync(daemon.path("clock"), `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}\n`);
}

/** Lines as a service would write them that has the same clock. */
function fail(host: string): void {
  appendFileSync(daemon.path("web.log"), `${stamp(offset)} failure from ${host}\n`.repeat(2));
}

const isBanned = (host: string): boolean => daemon.banned("web").includes(host);

describe.skipIf(!runs)("a clock that is set", () => {
  test("a day back keeps bans and counting", async () => {
    fail("192.0.2.1");
    await until("the ban", () => isBanned("192.0.2.1"));
    setClock(-DAY);
    await sleep(2500);
    expect(isBanned("192.0.2.1")).toBe(true);
    fail("192.0.2.2");
    await until("the next ban", () => isBanned("192.0.2.2"));
    expect(daemon.notes.filter((note) => note.startsWith("unban"))).toEqual([]);
    setClock(2 * HOUR);
    await until("the end of both", () => daemon.banned("web").length === 0, 5000);
  });

  test("a year forward ends what is over at once, and goes on", async () => {
    fail("192.0.2.1");
    await until("the ban", () => isBanned("192.0.2.1"));
    setClock(YEAR);
    await until("its end", () => !isBanned("192.0.2.1"), 5000);
    fail("192.0.2.1");
    await until("the next ban", () => isBanned("192.0.2.1"));
    expect(daemon.notes.filter((note) => note.endsWith("192.0.2.1"))).toEqual([
      "ban web 192.0.2.1",
      "unban web 192.0.2.1",
      "ban web 192.0.2.1",
    ]);
  });

  test("bans end in time over a small step", async () => {
    daemon.call("set", "web", "bantime", "6");
    fail("192.0.2.3");
    await until("the ban", () => isBanned("192.0.2.3"));
    setClock(-4);
    await sleep(5000);
    expect(isBanned("192.0.2.3")).toBe(true);
    await until("its end", () => !isBanned("192.0.2.3"), 8000);
  });
});
