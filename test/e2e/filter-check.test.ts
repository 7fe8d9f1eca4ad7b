/** The daemon has its filters tried with hostile lines after they have been loaded, and warns in its log. */
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildPrograms, serverSettings, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";

const STOCK = "/etc/fail2ban";
const OWN = resolve(import.meta.dirname, "../../config");
/** The check begins a quarter of a minute after the start, and lets everybody else go first. */
const LONGEST = 90_000;
const WEAK = "^ failure of user .*? from <HOST>";

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

const warnings = (): readonly string[] =>
  daemon.log.split("\n").filter((line) => line.includes("hostile line"));

/** Processes of that daemon that try filters. */
function checkers(): readonly string[] {
  const path = `/proc/${daemon.pid}/task/${daemon.pid}/children`;
  const children = daemon.isRunning && existsSync(path) ? readFileSync(path, "latin1").split(" ") : [];
  return children.filter((pid) => {
    const command = `/proc/${pid}/cmdline`;
    return pid !== "" && existsSync(command) && readFileSync(command, "latin1").includes("filter-check");
  });
}

async function untilChecked(): Promise<string> {
  await until("filters are being tried", () => checkers().length > 0, LONGEST);
  const [pid = ""] = checkers();
  await until("all have been tried", () => checkers().length === 0, LONGEST);
  await sleep(500);
  return pid;
}

/** Jails of a whole tree, with an action that does nothing. */
function take(tree: string, jails: readonly string[]): void {
  cpSync(tree, daemon.path("conf"), { recursive: true });
  rmSync(daemon.path("conf/jail.d"), { recursive: true, force: true });
  daemon.write("conf/fail2ban.local", serverSettings(daemon.folder));
  const place = { backend: "polling", action: "note", logpath: daemon.path("a.log") };
  daemon.configure(Object.fromEntries(jails.map((name) => [name, place])));
  daemon.write("a.log", "");
}

describe("a daemon", () => {
  it.skipIf(!existsSync(join(STOCK, "jail.conf")))(
    "warns of the hole in the sshd filter of the stock tree, with regex and place",
    async () => {
      take(STOCK, ["sshd"]);
      await daemon.start();
      await untilChecked();
      expect(warnings()).toEqual([
        expect.stringMatching(
          /WARNING \[sshd\] A hostile line can have others banned by failregex '.+' at \S+\/filter\.d\/sshd\.conf:\d+.*; "warder check" shows the line$/,
        ),
      ]);
    },
    LONGEST,
  );

  it(
    "has nothing to say of our own tree, all jails of it",
    async () => {
      const text = readFileSync(join(OWN, "jail.conf"), "utf8");
      const jails = [...text.matchAll(/^\[([^\]]+)\]/gm)].map((match) => match[1] ?? "");
      take(
        OWN,
        jails.filter((name) => name !== "DEFAULT" && name !== "INCLUDES"),
      );
      await daemon.start();
      await untilChecked();
      expect(warnings()).toEqual([]);
    },
    LONGEST,
  );

  it(
    "tries what a reload brings, once, and finds its place although it came over the socket",
    async () => {
      daemon.configure({ web: {} });
      daemon.write("web.log", "");
      await daemon.start();
      await untilChecked();
      expect(warnings()).toEqual([]);
      daemon.write("conf/filter.d/simple.conf", `[Definition]\n\nfailregex = ${WEAK}\n`);
      expect(daemon.call("reload").stdout).toBe("OK\n");
      await untilChecked();
      const place = `at ${daemon.path("conf/filter.d/simple.conf")}:3`;
      expect(warnings()).toEqual([expect.stringContaining(`[web] A hostile line can have others banned by`)]);
      expect(warnings()[0]).toContain(place);
      expect(daemon.call("reload").stdout).toBe("OK\n");
      await sleep(20_000);
      expect([checkers(), warnings().length]).toEqual([[], 1]);
    },
    3 * LONGEST,
  );

  it(
    "takes it along when it ends, and goes on banning while it runs",
    async () => {
      daemon.configure({ web: {}, odd: { filter: "odd" } });
      const many = Array.from({ length: 60 }, (_, i) => `^ n${i} (?:\\w+\\s?)*!<HOST>$`).join("\n  ");
      daemon.write("conf/filter.d/odd.conf", `[Definition]\nfailregex = ${many}\n`);
      ["web.log", "odd.log"].forEach((name) => daemon.write(name, ""));
      await daemon.start();
      await until("filters are being tried", () => checkers().length > 0, LONGEST);
      const [pid = ""] = checkers();
      daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
      await until("the ban", () => daemon.notes.includes("ban web 192.0.2.1"), 10_000);
      expect(checkers()).toEqual([pid]);
      await daemon.end("SIGTERM");
      expect(daemon.exitCode).toBe(0);
      await until("the check has ended", () => !existsSync(`/proc/${pid}`), 1000);
      expect(daemon.log).not.toContain("hostile line");
    },
    LONGEST,
  );

  it(
    "lets it be where checkfilters is off",
    async () => {
      daemon.configure({ web: {} });
      daemon.write("web.log", "");
      daemon.write("conf/filter.d/simple.conf", `[Definition]\nfailregex = ${WEAK}\n`);
      daemon.write("conf/fail2ban.local", "[Definition]\ncheckfilters = no\n");
      await daemon.start();
      await sleep(20_000);
      expect([checkers(), warnings()]).toEqual([[], []]);
    },
    LONGEST,
  );
});
