/** Where lines come from besides one file that is there: patterns, the journal, and the daemon's own log. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
});
afterEach(() => daemon.remove());

const expectBan = async (jail: string, host: string): Promise<void> =>
  until(`${jail} bans ${host}`, () => daemon.notes.includes(`ban ${jail} ${host}`), 20_000);

describe.each(["foreground", "background"] as const)("a pattern of logs, started in the %s", (mode) => {
  const start = async (): Promise<void> => {
    if (mode === "foreground") {
      await daemon.start();
    } else {
      expect(daemon.call("start")).toMatchObject({ status: 0, stdout: "Server ready\n" });
    }
  };

  beforeEach(() => {
    const pattern = daemon.path("sites/*/error.log");
    daemon.configure({ web: { logpath: `${pattern}\n  ${daemon.path("later.log")}` } });
    daemon.write("sites/one/error.log", "");
  });

  test("also names logs that come later", async () => {
    await start();
    daemon.fail("sites/one/error.log", "192.0.2.1", "192.0.2.1");
    await expectBan("web", "192.0.2.1");
    mkdirSync(daemon.path("sites/two"));
    daemon.fail("sites/two/error.log", "192.0.2.2", "192.0.2.2");
    await expectBan("web", "192.0.2.2");
    daemon.fail("later.log", "192.0.2.3", "192.0.2.3");
    await expectBan("web", "192.0.2.3");
    const { stdout } = daemon.call("get", "web", "logpath");
    for (const name of ["sites/one/error.log", "sites/two/error.log", "later.log"]) {
      expect(stdout).toContain(daemon.path(name));
    }
  });

  test("goes on doing so after a reload, and reads no log twice", async () => {
    await start();
    daemon.fail("sites/one/error.log", "192.0.2.1");
    await until("the failure", () => daemon.log.includes("Found 192.0.2.1"));
    expect(daemon.call("reload").stdout).toBe("OK\n");
    daemon.fail("sites/two.log", "192.0.2.9");
    mkdirSync(daemon.path("sites/three"));
    daemon.fail("sites/three/error.log", "192.0.2.2", "192.0.2.2");
    await expectBan("web", "192.0.2.2");
    daemon.fail("sites/one/error.log", "192.0.2.1");
    await expectBan("web", "192.0.2.1");
    expect(daemon.log.match(/Found 192\.0\.2\.1 /g)).toHaveLength(2);
    expect(daemon.log).not.toContain("192.0.2.9");
  });

  test("follows a log that is rotated", async () => {
    await start();
    daemon.fail("sites/one/error.log", "192.0.2.1");
    await until("the failure", () => daemon.log.includes("Found 192.0.2.1"));
    renameSync(daemon.path("sites/one/error.log"), daemon.path("sites/one/error.log.1"));
    daemon.fail("sites/one/error.log", "192.0.2.1");
    await expectBan("web", "192.0.2.1");
  });
});

const JOURNAL_REMOTE = "/lib/systemd/systemd-journal-remote";
const hasJournal = existsSync(JOURNAL_REMOTE) && spawnSync("journalctl", ["--version"]).status === 0;
if (!hasJournal) {
  console.warn(`SKIPPED: reading the journal needs journalctl and ${JOURNAL_REMOTE}`);
}

describe.skipIf(!hasJournal)("the journal", () => {
  let serial = 0;

  /** Adds entries to a journal file of their own. */
  const write = (name: string, ...messages: readonly string[]): void => {
    mkdirSync(daemon.path("journal"), { recursive: true });
    const entries = messages.map((message) => {
      const micros = Date.now() * 1000 + serial++;
      return `__REALTIME_TIMESTAMP=${micros}\n__MONOTONIC_TIMESTAMP=${serial}\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_COMM=app\nSYSLOG_IDENTIFIER=app\n_HOSTNAME=host\nMESSAGE=${message}\n\n`;
    });
    const target = join(daemon.path("journal"), `${name}.journal`);
    const { status, stderr } = spawnSync(JOURNAL_REMOTE, ["-o", target, "-"], {
      input: entries.join(""),
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
  };

  beforeEach(() => {
    write("first", "nothing of interest");
    daemon.write(
      "conf/filter.d/app.conf",
      "[Definition]\nfailregex = app: failure from <HOST>$\njournalmatch = _COMM=app\n",
    );
    daemon.configure({ app: { backend: `systemd[journalpath="${daemon.path("journal")}"]`, filter: "app" } });
  });

  test("is read, while it grows and after a restart, each entry once", async () => {
    write("first", "failure from 192.0.2.1");
    await daemon.start();
    await until("what was there", () => daemon.log.includes("[app] Found 192.0.2.1"));
    write("second", "failure from 192.0.2.1", "failure from 192.0.2.2");
    await expectBan("app", "192.0.2.1");
    expect(daemon.call("status", "app").stdout).toContain("Journal matches:\t_COMM=app\n");
    expect(daemon.call("get", "app", "journalmatch").stdout).toContain("_COMM=app");
    await daemon.end("SIGTERM");
    write("third", "failure from 192.0.2.3", "failure from 192.0.2.3");
    await daemon.start();
    await expectBan("app", "192.0.2.3");
    expect(daemon.log.match(/Found 192\.0\.2\.2 /g)).toHaveLength(1);
    expect(daemon.banned("app")).toEqual(["192.0.2.1", "192.0.2.3"]);
  });

  test("is read again after its place was lost with a killed daemon", async () => {
    await daemon.start();
    write("second", "failure from 192.0.2.1", "failure from 192.0.2.1");
    await expectBan("app", "192.0.2.1");
    // A kill in this very moment would have the lines read again, to the same end.
    await sleep(300);
    await daemon.end("SIGKILL");
    write("third", "failure from 192.0.2.2", "failure from 192.0.2.2");
    await daemon.start();
    await expectBan("app", "192.0.2.2");
    expect(daemon.notes.filter((note) => note === "ban app 192.0.2.1")).toHaveLength(2);
    expect(daemon.log.match(/Found 192\.0\.2\.1 /g)).toHaveLength(2);
  });
});

const STOCK_FILTERS = "/etc/fail2ban/filter.d";
const ours = new URL("../../config/filter.d", import.meta.url).pathname;

describe.each([
  ["stock", STOCK_FILTERS],
  ["ours", ours],
])("recidive, %s", (_, filters) => {
  const isThere = existsSync(join(filters, "recidive.conf"));
  if (!isThere) {
    console.warn(`SKIPPED: there is no recidive.conf in ${filters}`);
  }

  test.skipIf(!isThere)("bans who is banned again and again, by our own log", async () => {
    for (const name of ["recidive.conf", "common.conf"]) {
      daemon.run("cp", join(filters, name), daemon.path("conf/filter.d/"));
    }
    daemon.write("web.log", "");
    daemon.configure({
      web: {},
      recidive: {
        filter: "recidive",
        logpath: daemon.path("daemon.log"),
        maxretry: "3",
        bantime: "1h",
        backend: "polling",
      },
    });
    daemon.write("daemon.log", "");
    await daemon.start();
    for (let bans = 1; bans <= 3; bans++) {
      daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
      await until("a ban", () => daemon.notes.filter((note) => note === "ban web 192.0.2.1").length === bans);
      expect(daemon.call("set", "web", "unbanip", "192.0.2.1").stdout).toBe("1\n");
    }
    await expectBan("recidive", "192.0.2.1");
    expect(daemon.banned("recidive")).toEqual(["192.0.2.1"]);
  });
});
