/** What can go wrong does: the daemon says what, where and what to do, and everything else goes on. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  daemon.configure({ web: {}, mail: {} });
  daemon.write("web.log", "");
  daemon.write("mail.log", "");
});
afterEach(async () => {
  // Whatever happened, nobody gets to see the inside of a program.
  const told = `${daemon.log}${daemon.terminal}`;
  await daemon.remove();
  expect(told).not.toMatch(/^ +at .*:\d+/m);
});

/** The jail bans as it should. */
async function expectBan(jail: string, host: string, log = `${jail}.log`): Promise<void> {
  daemon.fail(log, host, host);
  await until(`${jail} bans ${host}`, () => daemon.notes.includes(`ban ${jail} ${host}`));
}

const problems = (): string => `${daemon.log}${daemon.terminal}`;

describe("logs", () => {
  test("that are not there yet are read when they come", async () => {
    rmSync(daemon.path("mail.log"));
    await daemon.start();
    expect(problems()).toContain(`no log file matches ${daemon.path("mail.log")}`);
    await expectBan("web", "192.0.2.1");
    await expectBan("mail", "192.0.2.2");
  });

  test("in whose place is a folder", async () => {
    rmSync(daemon.path("mail.log"));
    mkdirSync(daemon.path("mail.log"));
    await daemon.start();
    await until("a word about it", () => problems().includes("mail.log: "));
    await expectBan("web", "192.0.2.1");
    rmSync(daemon.path("mail.log"), { recursive: true });
    await expectBan("mail", "192.0.2.2");
  });

  test("that are a ring of links", async () => {
    rmSync(daemon.path("mail.log"));
    symlinkSync(daemon.path("mail.log"), daemon.path("mail.log"));
    await daemon.start();
    await until("a word about it", () => problems().includes("mail.log"));
    await expectBan("web", "192.0.2.1");
    rmSync(daemon.path("mail.log"));
    await expectBan("mail", "192.0.2.2");
  });

  test("that vanish with their folder and come back", async () => {
    daemon.write("deep/mail.log", "");
    daemon.configure({ web: {}, mail: { logpath: daemon.path("deep/mail.log") } });
    await daemon.start();
    await expectBan("mail", "192.0.2.1", "deep/mail.log");
    renameSync(daemon.path("deep"), daemon.path("away"));
    await expectBan("web", "192.0.2.1");
    renameSync(daemon.path("away"), daemon.path("deep"));
    await expectBan("mail", "192.0.2.2", "deep/mail.log");
  });
});

describe("configuration", () => {
  test("with a syntax error in one filter costs only its jail", async () => {
    daemon.write("conf/filter.d/odd.conf", "[Definition\nfailregex = x\n");
    daemon.configure({ web: {}, mail: { filter: "odd" } });
    await daemon.start();
    expect(daemon.terminal).toContain("odd.conf:1");
    expect(daemon.call("status").stdout).toContain("Jail list:\tweb\n");
    await expectBan("web", "192.0.2.1");
  });

  test("with a regex that cannot be used costs only its jail", async () => {
    daemon.write("conf/filter.d/odd.conf", "[Definition]\nfailregex = ^ failure (from <HOST>$\n");
    daemon.configure({ web: {}, mail: { filter: "odd" } });
    await daemon.start();
    expect(daemon.terminal).toContain("odd.conf:2");
    expect(daemon.terminal).toContain("Unable to compile regular expression");
    await expectBan("web", "192.0.2.1");
  });

  test("with an action that does not exist costs only its jail", async () => {
    daemon.configure({ web: {}, mail: { action: "absent" } });
    await daemon.start();
    expect(daemon.terminal).toContain("absent");
    await expectBan("web", "192.0.2.1");
  });

  test("with a time that is none costs only its jail", async () => {
    daemon.configure({ web: {}, mail: { bantime: "soon" } });
    await daemon.start();
    expect(daemon.terminal).toContain("bantime = soon");
    await expectBan("web", "192.0.2.1");
  });

  test("that is broken does not reach a daemon at work", async () => {
    await daemon.start();
    daemon.write("conf/jail.local", "[web\n");
    expect(daemon.call("reload").status).toBe(255);
    await expectBan("web", "192.0.2.1");
    await expectBan("mail", "192.0.2.1");
  });

  test("of which one jail has a time that is none is not taken over in parts", async () => {
    await daemon.start();
    daemon.configure({ web: { bantime: "20m" }, mail: { bantime: "soon" } });
    expect(daemon.call("reload")).toMatchObject({ status: 255 });
    expect(daemon.call("get", "web", "bantime").stdout).toBe("600\n");
    await expectBan("mail", "192.0.2.1");
  });

  test("of which a reload would lose a jail by a bad regex changes nothing", async () => {
    await daemon.start();
    daemon.write("conf/filter.d/simple.conf", "[Definition]\nfailregex = ^ failure (from <HOST>$\n");
    const reload = daemon.call("reload");
    expect(reload.status).toBe(255);
    expect(reload.stdout).toContain("Unable to compile");
    await expectBan("web", "192.0.2.1");
  });
});

describe("actions", () => {
  const write = (command: string, more = ""): void =>
    daemon.write("conf/action.d/odd.conf", `[Definition]\nactionban = ${command}\n${more}`);

  beforeEach(() => daemon.configure({ web: {}, mail: { action: "odd\n         note" } }));

  test("that fail are told, and the next one runs", async () => {
    write("echo no such firewall >&2; exit 3");
    await daemon.start();
    await expectBan("mail", "192.0.2.1");
    await expectBan("web", "192.0.2.1");
    expect(daemon.log).toContain("no such firewall");
    expect(daemon.log).toMatch(/ERROR .*mail/);
  });

  test("that hang are ended, and others do not wait for them", async () => {
    write("sleep 600", "[Init]\ntimeout = 4\n");
    await daemon.start();
    daemon.fail("mail.log", "192.0.2.1", "192.0.2.1");
    await expectBan("web", "192.0.2.1");
    await until("the hanging action is given up", () => daemon.notes.includes("ban mail 192.0.2.1"));
    expect(daemon.log).toMatch(/timed out/i);
    await daemon.end("SIGTERM");
    expect(daemon.exitCode).toBe(0);
  });

  test("that print garbage without end do no harm", async () => {
    write("head -c 30000000 /dev/urandom; head -c 3000000 /dev/urandom >&2; exit 1");
    await daemon.start();
    await expectBan("mail", "192.0.2.1");
    expect(daemon.log.length).toBeLessThan(1_000_000);
    expect(daemon.call("ping").status).toBe(0);
  });

  test("that need a program which is not there are told by name", async () => {
    write("no-such-firewall add <ip>");
    await daemon.start();
    await expectBan("mail", "192.0.2.1");
    expect(daemon.log).toContain("no-such-firewall");
  });
});

describe("places", () => {
  test("a log that cannot be written is told, and the daemon works", async () => {
    daemon.write("conf/fail2ban.local", `[Definition]\nlogtarget = ${daemon.path("web.log")}/daemon.log\n`);
    await daemon.start();
    expect(daemon.terminal).toContain("web.log/daemon.log");
    await expectBan("web", "192.0.2.1");
  });

  test("a database in whose place is a folder is told, and used when it can be", async () => {
    mkdirSync(daemon.path("db.sqlite3"));
    await daemon.start();
    expect(problems()).toContain("db.sqlite3");
    await expectBan("web", "192.0.2.1");
    rmSync(daemon.path("db.sqlite3"), { recursive: true });
    await until(
      "the database",
      () => daemon.log.includes("Connected to fail2ban persistent database"),
      20_000,
    );
    await daemon.end("SIGTERM");
    await daemon.start();
    expect(daemon.banned("web")).toEqual(["192.0.2.1"]);
  });

  test("a database that is garbage is set aside", async () => {
    writeFileSync(daemon.path("db.sqlite3"), "garbage ".repeat(2000));
    await daemon.start();
    expect(daemon.log).toContain("The damaged file is kept as");
    await expectBan("web", "192.0.2.1");
    await daemon.end("SIGTERM");
    await daemon.start();
    expect(daemon.banned("web")).toEqual(["192.0.2.1"]);
  });

  test("a pid file that cannot be written is told, and the daemon works", async () => {
    daemon.write("conf/fail2ban.local", `[Definition]\npidfile = ${daemon.path("web.log")}/pid\n`);
    await daemon.start();
    expect(problems()).toContain("web.log/pid");
    await expectBan("web", "192.0.2.1");
  });

  test("a socket that cannot be made is told", async () => {
    daemon.write("conf/fail2ban.local", `[Definition]\nsocket = ${daemon.path("web.log")}/sock\n`);
    await daemon.start();
    await until("the end", () => !daemon.isRunning);
    expect(daemon.exitCode).toBe(255);
    expect(daemon.terminal).toContain("web.log");
  });
});

describe("a regex that an attacker can keep busy for minutes", () => {
  const evil = `${stamp()} failure x${"ab".repeat(3000)}! from 192.0.2.66\n`;

  beforeEach(() => {
    const filter = String.raw`[Definition]
failregex = ^ failure (?:x(?:(\w+)\1?)+ )?from <HOST>$
`;
    daemon.write("conf/filter.d/slow.conf", filter);
    daemon.configure({ web: {}, mail: { filter: "slow" } });
  });

  test("is stopped, named and passed over; commands are answered meanwhile, and nothing is lost", async () => {
    await daemon.start();
    daemon.fail("mail.log", "192.0.2.1");
    appendFileSync(daemon.path("mail.log"), evil);
    daemon.fail("mail.log", "192.0.2.1");
    daemon.fail("web.log", "192.0.2.2", "192.0.2.2");
    for (let count = 0; count < 5; count++) {
      expect(daemon.call("ping").status).toBe(0);
    }
    await until("the ban in the slow jail", () => daemon.notes.includes("ban mail 192.0.2.1"), 30_000);
    await until("the ban in the other jail", () => daemon.notes.includes("ban web 192.0.2.2"));
    expect(daemon.log).toContain(
      "[mail] Reading stopped (one line took nearly a second: failregex '^ failure (?:x(?:(\\w+)\\1?)+ )?from <HOST>$')",
    );
    expect(daemon.log).toContain("failure xababab");
    await expectBan("mail", "192.0.2.3");
    expect(daemon.log.match(/Found 192\.0\.2\.1 /g)).toHaveLength(2);
  });
});

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0;
if (!canMount) {
  console.warn("SKIPPED: a full disk needs the right to mount (root)");
}

describe.skipIf(!canMount)("a disk that is full", () => {
  /** Files of the daemon's small disk, which only it can see. */
  const onDisk = (name: string): string => `/proc/${daemon.pid}/root${daemon.path(`small/${name}`)}`;

  beforeEach(async () => {
    const small = daemon.path("small");
    daemon.write(
      "conf/fail2ban.local",
      `[Definition]\nlogtarget = ${small}/daemon.log\ndbfile = ${small}/db.sqlite3\n`,
    );
    mkdirSync(small);
    const mount = `mount -t tmpfs -o size=512k tmpfs "${small}" && exec "$0" "$@"`;
    await daemon.start(["unshare", "-m", "sh", "-c", mount]);
  });

  test("stops no ban; log and database go on when there is room", async () => {
    await expectBan("web", "192.0.2.1");
    fill(onDisk("ballast"));
    for (let i = 10; i < 60; i++) {
      daemon.fail("web.log", `192.0.2.${i}`, `192.0.2.${i}`);
    }
    await until("all bans", () => daemon.banned("web").length === 51);
    await until("all bans in force", () => daemon.notes.length > 51);
    expect(daemon.call("set", "web", "unbanip", "192.0.2.11").stdout).toBe("1\n");
    rmSync(onDisk("ballast"));
    await expectBan("mail", "192.0.2.99");
    await until(
      "the log",
      () => readFileSync(onDisk("daemon.log"), "utf8").includes("log lines lost"),
      30_000,
    );
    await until("the database", () => storedBans() === 51, 30_000);
  });

  /** Bans in the database, without opening it for writing. */
  function storedBans(): number {
    const query =
      "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from bips').fetchone()[0])";
    const inside = ["-t", String(daemon.pid), "-m", "python3", "-c", query, daemon.path("small/db.sqlite3")];
    return Number(daemon.run("nsenter", ...inside).stdout);
  }
});

/** Writes until there is no room. */
function fill(path: string): void {
  const block = Buffer.alloc(4096);
  const file = openSync(path, "w");
  try {
    for (;;) {
      writeSync(file, block);
    }
  } catch (error) {
    expect(error).toHaveProperty("code", "ENOSPC");
  } finally {
    closeSync(file);
  }
}
