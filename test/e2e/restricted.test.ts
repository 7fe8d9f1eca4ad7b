/**
 * The daemon with what its units leave it: their capabilities, no new privileges, a file system that is read-only but
 * for their folders, their system calls. systemd itself is not there; its filter of system calls is compared with what
 * the daemon calls.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, serverSettings, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";
import { canRun, findProgram, listMissing } from "./requirements.testing";

const UNITS = "packaging/systemd";
const runs = canRun(
  "the daemon under its unit",
  listMissing(["unshare", "nsenter", "setpriv", "nft", "mount"]),
);
const canTrace = runs && canRun("its system calls", listMissing(["strace", "systemd-analyze"])) && mayTrace();

/** Firewall of the daemon's own network namespace. */
const ACTION = `[Definition]
actionstart = nft add table inet r
              nft add set inet r banned '{ type ipv4_addr; }'
actionban = nft add element inet r banned { <ip> }
actionunban = nft delete element inet r banned { <ip> }
`;

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  chmodSync(daemon.folder, 0o755);
  daemon.write("conf/action.d/firewall.conf", ACTION);
  daemon.configure({ web: { action: "firewall", logpath: daemon.path("logs/web.log") } });
  daemon.write("logs/web.log", "");
});
afterEach(async () => daemon.remove());

function mayTrace(): boolean {
  return spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
}

/** The values of a setting in unit files, in their order. */
function settings(name: string, files: readonly string[]): readonly string[] {
  return files
    .flatMap((file) => readFileSync(join(UNITS, file), "utf8").split("\n"))
    .flatMap((line) => (line.startsWith(`${name}=`) ? line.slice(name.length + 1).split(" ") : []));
}

/** What is left of a setting whose values are added, and taken away after a `~`. */
function sum(values: readonly string[]): ReadonlySet<string> {
  let isTaken = false;
  const left = new Set<string>();
  for (const value of values) {
    isTaken = value.startsWith("~") || (isTaken && value.startsWith("@"));
    left[isTaken ? "delete" : "add"](value.replace("~", ""));
  }
  return left;
}

/** Runs a program as the unit would. Only the daemon's folder can be written. */
function restrict(files: readonly string[]): readonly string[] {
  const capabilities = [...sum(settings("CapabilityBoundingSet", files))].map(
    (name) => `+${name.replace("CAP_", "").toLowerCase()}`,
  );
  const mounts = `mount --make-rprivate / && mount --bind ${daemon.folder} ${daemon.folder} && mount -o remount,bind,ro /`;
  const drop = `setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,${capabilities.join(",")}`;
  return [
    "unshare",
    "--mount",
    "--net",
    "sh",
    "-c",
    `${mounts} && cd ${daemon.folder} && exec ${drop} -- "$@"`,
    "sh",
  ];
}

function banned(): string {
  const args = [
    "-t",
    String(daemon.pid),
    "-n",
    findProgram("nft") ?? "nft",
    "list",
    "set",
    "inet",
    "r",
    "banned",
  ];
  return spawnSync("nsenter", args, { encoding: "utf8" }).stdout;
}

function statusOf(pid: number, field: string): string {
  return new RegExp(`^${field}:\\s*(\\S+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
}

describe.runIf(runs)("with what a unit leaves it", () => {
  test.each([
    ["warder.service", ["warder.service"], "", 2],
    [
      "warder.service and a reader of its own",
      ["warder.service", "readeruser.conf"],
      "readeruser = nobody\nreadergroups = adm\n",
      2,
    ],
    ["fail2ban.service", ["fail2ban.service"], "", 2],
  ])("the daemon reads logs of others and bans: %s", async (_, files, reader) => {
    daemon.write("conf/fail2ban.conf", `${serverSettings(daemon.folder)}${reader}`);
    // A log of somebody else, which group adm may read.
    const adm = Number(/^adm:[^:]*:(\d+)/m.exec(readFileSync("/etc/group", "utf8"))?.[1]);
    chownSync(daemon.path("logs/web.log"), 65_533, adm);
    chmodSync(daemon.path("logs/web.log"), 0o640);
    await daemon.start(restrict(files));
    daemon.fail("logs/web.log", "192.0.2.1", "192.0.2.1");
    await until("the ban", () => banned().includes("192.0.2.1"));
    expect(daemon.banned("web")).toEqual(["192.0.2.1"]);
    expect(daemon.log).not.toMatch(/ (?:ERROR|CRITICAL) /);
    const wanted = sum(settings("CapabilityBoundingSet", files)).size;
    const effective = BigInt(`0x${statusOf(daemon.pid, "CapEff")}`)
      .toString(2)
      .replaceAll("0", "").length;
    expect(effective).toBe(wanted);
    expect(statusOf(daemon.pid, "NoNewPrivs")).toBe("1");
    const outside = mkdtempSync("/var/tmp/warder-outside-");
    const enter = spawnSync("nsenter", ["-t", String(daemon.pid), "-m", "touch", join(outside, "x")]);
    rmSync(outside, { recursive: true });
    expect(enter.status).not.toBe(0);
    expect(daemon.call("stop").status).toBe(0);
  });
});

function expand(set: string): readonly string[] {
  const { stdout } = spawnSync("systemd-analyze", ["syscall-filter", "--no-pager", set], {
    encoding: "utf8",
  });
  const lines = stdout
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
  return lines.flatMap((line) =>
    line === "" || line.startsWith("#") ? [] : line.startsWith("@") ? expand(line) : [line],
  );
}

describe.runIf(canTrace)("the filter of system calls", () => {
  test.each([
    ["a thread", ["warder.service"], ""],
    ["a process", ["warder.service", "readeruser.conf"], "readeruser = nobody\nreadergroups = root\n"],
  ])("lets through what a daemon calls whose reader is %s", async (_, files, reader) => {
    const outside = mkdtempSync(join(tmpdir(), "warder-trace-"));
    const trace = join(outside, "calls");
    daemon.write("conf/fail2ban.conf", `${serverSettings(daemon.folder)}${reader}`);
    await daemon.start(["unshare", "--net", "strace", "-f", "-qq", "-e", "signal=none", "-o", trace]);
    daemon.fail("logs/web.log", "192.0.2.1", "192.0.2.1");
    await until("the ban", () => daemon.banned("web").length === 1);
    expect(daemon.call("stop").status).toBe(0);
    await until("the end", () => !daemon.isRunning);
    const called = new Set(
      Array.from(readFileSync(trace, "latin1").matchAll(/^\d+ +([a-z0-9_]+)\(/gm), ([, name]) => name ?? ""),
    );
    rmSync(outside, { recursive: true });
    const [allowed, refused] = [new Set<string>(), new Set<string>()];
    for (const value of settings("SystemCallFilter", files)
      .join(" ")
      .split(/ (?=~)/)) {
      const isRefused = value.startsWith("~");
      const [names = "", added = ""] = value.replace("~", "").split(" @setuid");
      names
        .split(" ")
        .forEach((name) => expand(name).forEach((call) => (isRefused ? refused : allowed).add(call)));
      (added === "" ? [] : ["@setuid", ...added.trim().split(" ")]).forEach((name) =>
        (name.startsWith("@") ? expand(name) : [name]).forEach(
          (call) => refused.delete(call) || allowed.add(call),
        ),
      );
    }
    expect(called.size).toBeGreaterThan(40);
    const stopped = [...called].filter((call) => !allowed.has(call) || refused.has(call));
    // SQLite gives the files it makes as root to root once more, and does not look at the answer.
    expect(stopped.filter((call) => call !== "fchown")).toEqual([]);
  });
});
