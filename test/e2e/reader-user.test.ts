/** The daemon with a reader that has no rights: `readeruser`. Needs root, and stays off the firewall. */
import { chmodSync, chownSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { spawn, spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { serverSettings, buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";
import { canRun, listMissing } from "./requirements.testing";

const NOBODY = Number(spawnSync("id", ["-u", "nobody"], { encoding: "utf8" }).stdout);
const ADM = Number(/^adm:[^:]*:(\d+)/m.exec(readFileSync("/etc/group", "utf8"))?.[1] ?? Number.NaN);
const runs = canRun("readers without rights", listMissing(["id", "setpriv"]));

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  chmodSync(daemon.folder, 0o755);
  daemon.write(
    "conf/fail2ban.conf",
    `${serverSettings(daemon.folder)}readeruser = nobody\nreadergroups = adm\n`,
  );
  daemon.configure({ web: {} });
  daemon.write("web.log", "");
  giveToAdm("web.log");
});
afterEach(async () => daemon.remove());

/** As most logs are. */
function giveToAdm(name: string): void {
  chownSync(daemon.path(name), 0, ADM);
  chmodSync(daemon.path(name), 0o640);
}

function children(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function status(pid: number): ReadonlyMap<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, "utf8").split("\n");
  return new Map(lines.map((line) => line.split(/:\s+/, 2) as [string, string]));
}

function reader(): number {
  const pid = children(daemon.pid).find((child) =>
    readFileSync(`/proc/${child}/cmdline`, "latin1").includes("reader-process"),
  );
  return pid ?? 0;
}

/** Does what somebody who has taken the reader over would try: as its user, with its groups, without rights. */
function tryAsReader(script: string): string {
  const args = [
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    `--groups=${ADM}`,
    "--no-new-privs",
    "--inh-caps=-all",
  ];
  return spawnSync("setpriv", [...args, "node", "-e", script], { encoding: "utf8" }).stdout.trim();
}

describe.runIf(runs)("a daemon whose reader has no rights", () => {
  test("bans; the reader has the user, no capability, no way to get one, and none of our files", async () => {
    await daemon.start();
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the ban", () => daemon.banned("web").length === 1);
    await until("the action", () => daemon.notes.includes("ban web 192.0.2.1"));
    const pid = reader();
    const facts = status(pid);
    const ids = [NOBODY, NOBODY, NOBODY, NOBODY].join("\t");
    expect(facts.get("Uid")).toBe(ids);
    const groups = facts.get("Groups")?.trim().split(" ").map(Number);
    expect(new Set(groups)).toEqual(new Set([ADM, NOBODY]));
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      expect([set, facts.get(set)]).toEqual([set, "0000000000000000"]);
    }
    expect(facts.get("NoNewPrivs")).toBe("1");
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(open).toContain(daemon.path("web.log"));
    expect(open.filter((path) => /sqlite|daemon\.log|run\//.test(path))).toEqual([]);
  });

  test("its user can open neither socket nor database nor log", async () => {
    await daemon.start();
    for (const name of ["db.sqlite3", "daemon.log"]) {
      const path = JSON.stringify(daemon.path(name));
      expect(
        tryAsReader(
          `try { require("fs").openSync(${path}); console.log("open") } catch (e) { console.log(e.code) }`,
        ),
      ).toBe("EACCES");
    }
    const socket = JSON.stringify(daemon.path("run/sock"));
    const script = `require("net").connect(${socket}).on("connect", () => { console.log("open"); process.exit() }).on("error", (e) => console.log(e.code))`;
    expect(tryAsReader(script)).toBe("EACCES");
    // What it needs it has.
    const log = JSON.stringify(daemon.path("web.log"));
    expect(tryAsReader(`require("fs").openSync(${log}); console.log("open")`)).toBe("open");
  });

  test("goes on with another reader when one is killed, and misses and doubles nothing", async () => {
    await daemon.start();
    const killed: number[] = [];
    for (let round = 1; round <= 5; round++) {
      daemon.fail("web.log", `192.0.2.${round}`);
      killed.push(reader());
      process.kill(reader(), "SIGKILL");
      daemon.fail("web.log", `192.0.2.${round}`, `198.51.100.${round}`);
      await until("the ban", () => daemon.banned("web").length === round);
    }
    expect(new Set(killed).size).toBe(5);
    expect(daemon.log).toContain("the reader process was ended by SIGKILL");
    expect([...daemon.banned("web")].toSorted()).toEqual([1, 2, 3, 4, 5].map((round) => `192.0.2.${round}`));
    expect(daemon.log.split("Found 198.51.100.").length - 1).toBe(5);
    daemon.fail("web.log", ...[1, 2, 3, 4, 5].map((round) => `198.51.100.${round}`));
    await until("the others", () => daemon.banned("web").length === 10);
  });

  test("replaces a reader that is stuck at a line, and says which", async () => {
    daemon.write(
      "conf/filter.d/slow.conf",
      "[Definition]\nfailregex = ^ slow (?=x)(?:(\\w+)\\1?)+! from <HOST>$\n",
    );
    daemon.configure({ web: {}, slow: { filter: "slow", logpath: daemon.path("web.log") } });
    await daemon.start();
    const first = reader();
    daemon.write("web.log", `${stamp()} slow ${"x".repeat(5000)}. ! from 192.0.2.1\n`);
    await until("the message", () => daemon.log.includes("passes over this line"), 20_000);
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the ban", () => daemon.banned("web").length === 1);
    expect(reader()).not.toBe(first);
  });

  test("says which right is missing where its user may not read a log", async () => {
    chownSync(daemon.path("web.log"), 0, 0);
    await daemon.start();
    await until("the message", () => daemon.log.includes("Unable to open"));
    expect(daemon.log).toMatch(/permission denied.*(?:chgrp|add the user to group)/i);
    expect(daemon.call("status", "web").status).toBe(0);
  });

  test("ends with it, killed or stopped, and leaves no process behind", async () => {
    await daemon.start();
    const pids = [reader()];
    await daemon.end("SIGKILL");
    await daemon.start();
    pids.push(reader());
    expect(daemon.call("stop").status).toBe(0);
    await until("the end", () => !daemon.isRunning);
    await until("the readers are gone", () =>
      pids.every((pid) => spawnSync("kill", ["-0", String(pid)]).status !== 0),
    );
  });

  test("changes its user by itself where there is no setpriv", async () => {
    const user = JSON.stringify({ uid: NOBODY, gid: NOBODY, groups: [NOBODY, ADM] });
    const child = spawn(process.execPath, [programs.readerProcess, user], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    try {
      await until(
        "the other user",
        () =>
          status(child.pid ?? 0)
            .get("Uid")
            ?.startsWith(`${NOBODY}\t`) === true,
      );
      const facts = status(child.pid ?? 0);
      expect(facts.get("Groups")?.trim()).toBe([ADM, NOBODY].join(" "));
      expect([facts.get("CapPrm"), facts.get("CapEff")]).toEqual(["0000000000000000", "0000000000000000"]);
    } finally {
      child.stdin.end();
    }
    await until("the end", () => child.exitCode === 0);
  });

  test("does not start with a user that is none", async () => {
    writeFileSync(
      daemon.path("conf/fail2ban.local"),
      "[Definition]\nreaderuser = warder-nobody-has-this-name\n",
    );
    await daemon.start();
    await until("the end", () => !daemon.isRunning);
    expect(daemon.exitCode).toBe(255);
    expect(daemon.terminal).toContain(
      'Cannot run the reader as user "warder-nobody-has-this-name": there is no such user',
    );
  });
});
