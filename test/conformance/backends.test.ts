/** Which backend the real daemon and ours choose for what a jail asks for. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { NotedDaemon } from "./jails-daemon.testing";

const THEIRS = "/usr/bin/fail2ban-client";
const hasOracle = existsSync(THEIRS);
if (!hasOracle) {
  console.warn(`SKIPPED backends: no ${THEIRS}`);
}

/** How logs are read: `files` through the kernel's events, or by looking where those cannot be had. */
type Way = "files" | "polling" | "journal" | "refused";

const CASES: readonly (readonly [backend: string, theirs: readonly Way[], ours: Way])[] = [
  // DIFFERS: without pyinotify, which is one more package, fail2ban looks every second or so; ours needs nothing.
  ["auto", ["files", "polling"], "files"],
  ["AUTO", ["files", "polling"], "files"],
  ["pyinotify", ["files", "polling"], "files"],
  ["gamin", ["files", "polling"], "files"],
  ["polling", ["polling"], "polling"],
  ["Polling", ["polling"], "polling"],
  ["systemd", ["journal"], "journal"],
  ["SystemD", ["journal"], "journal"],
  ["inotify", ["refused"], "refused"],
  ["systemdx", ["refused"], "refused"],
];

describe.skipIf(!hasOracle)("the real daemon and ours", () => {
  let programs: Programs;
  let theirs: NotedDaemon;
  let ours: NotedDaemon;

  beforeAll(() => {
    programs = buildPrograms();
    theirs = new NotedDaemon(THEIRS);
    ours = new NotedDaemon(programs.client);
  });
  afterAll(() => {
    theirs.remove();
    ours.remove();
    programs.remove();
  });

  function choose(daemon: NotedDaemon, jail: string, backend: string): Way | undefined {
    if (daemon.call("add", jail, backend) !== 0) {
      return "refused";
    }
    expect(daemon.call("start", jail)).toBe(0);
    const name = new RegExp(`Jail '${jail}' uses (\\w+)`).exec(daemon.log)?.[1] ?? "";
    return {
      pyinotify: "files",
      inotify: "files",
      poller: "polling",
      polling: "polling",
      systemd: "journal",
    }[name] as Way | undefined;
  }

  it.each(CASES.map((row, i) => [`j${i}`, ...row] as const))(
    "%s: backend %s",
    (jail, backend, one, other) => {
      expect(one).toContain(choose(theirs, jail, backend));
      expect(choose(ours, jail, backend)).toBe(other);
    },
  );
});
