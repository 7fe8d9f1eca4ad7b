/** Every place lines may come from, through a real daemon. */
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import {
  appendFileSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createConnection } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { printSources } from "../../src/cli/sources";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";

const PORT = 20_000 + (process.pid % 20_000);
let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  daemon.write(
    "conf/filter.d/tagged.conf",
    "[INCLUDES]\n[Definition]\nfailregex = ^ ?\\S+ web(?:\\[\\d+\\])?: failure from <HOST>$\n",
  );
});
afterEach(() => daemon.remove());

/** Whether a process is there and not only waits to be forgotten. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const isBanned = (id: string): boolean => daemon.banned("web").includes(id);

test("a named pipe", async () => {
  const pipe = daemon.path("web.pipe");
  expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
  daemon.configure({ web: { logpath: pipe } });
  await daemon.start();
  const write = (text: string): void => {
    const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(fd, text);
    closeSync(fd);
  };
  await until("the pipe is open", () => daemon.log.includes("Added logfile"));
  write(`${stamp()} failure from 192.0.2.1\n${stamp()} failure f`);
  write(`rom 192.0.2.1\n`);
  await until("the ban", () => isBanned("192.0.2.1"));
});

test("syslog messages over UDP and TCP, in either form", async () => {
  const backend = `syslog[listen="udp://127.0.0.1:${PORT} tcp://127.0.0.1:${PORT}"]`;
  daemon.configure({ web: { backend, filter: "tagged" } });
  await daemon.start();
  await until("it listens", () => (daemon.log.match(/Added logfile/g) ?? []).length === 2);
  const udp = createSocket("udp4");
  const send = (text: string): void => udp.send(text, PORT, "127.0.0.1");
  send("<38>Oct 11 22:14:15 host1 web[7]: failure from 192.0.2.1");
  send(`<38>1 ${new Date().toISOString()} host1 web 7 - [a b="c"] failure from 192.0.2.1`);
  await until("the ban", () => isBanned("192.0.2.1"));
  const tcp = createConnection({ host: "127.0.0.1", port: PORT });
  tcp.write("<38>Oct 11 22:14:15 host1 web: failure from 192.0.2.2\n".repeat(2));
  await until("the other ban", () => isBanned("192.0.2.2"));
  tcp.destroy();
  udp.close();
  expect(daemon.call("status", "web").stdout).toContain(`udp://127.0.0.1:${PORT}`);
});

test("what a command writes, which ends with the daemon", async () => {
  const file = daemon.path("lines");
  const command = `echo $$ > ${daemon.path("command.pid")}; exec tail -n +1 -F ${file}`;
  daemon.write("lines", `${stamp(-3600)} failure from 192.0.2.9\n`.repeat(3));
  daemon.configure({ web: { backend: `command[run="${command}"]` } });
  await daemon.start();
  await until("the command runs", () => daemon.read("command.pid") !== "");
  daemon.fail("lines", "192.0.2.1", "192.0.2.1");
  await until("the ban", () => isBanned("192.0.2.1"));
  expect(isBanned("192.0.2.9")).toBe(false);
  const pid = Number(daemon.read("command.pid"));
  await daemon.end("SIGKILL");
  await until("the command has ended", () => !isRunning(pid));
  await daemon.start();
  await daemon.end("SIGTERM");
  const second = Number(daemon.read("command.pid"));
  await until("the second command has ended", () => !isRunning(second));
});

const oracle = "/usr/bin/python3";
const hasOracle = spawnSync(oracle, ["-c", "import fail2ban"]).status === 0;
if (!hasOracle) {
  console.warn("NOT TESTED: what fail2ban says to our backends, for lack of fail2ban");
}

test.skipIf(!hasOracle)("fail2ban refuses the backends it does not know, and says so", () => {
  const script = `from fail2ban.server.jail import Jail; Jail("x", 'command[run="true"]')`;
  const { stderr } = spawnSync(oracle, ["-c", script], { encoding: "utf8" });
  expect(stderr).toContain("ValueError: Unknown backend command");
});

test("logs of containers, as their programs wrote them", async () => {
  const docker = (log: string, offset = 0): string =>
    `${JSON.stringify({ log, stream: "stderr", time: new Date(Date.now() + offset * 1000).toISOString() })}\n`;
  const cri = (flag: string, text: string): string => `${new Date().toISOString()} stdout ${flag} ${text}\n`;
  daemon.write("conf/filter.d/bare.conf", "[Definition]\nfailregex = ^failure from <HOST>$\n");
  daemon.write("conf/filter.d/raw.conf", '[Definition]\nfailregex = ^\\{"log":"failure from <HOST>\\\\n"\n');
  daemon.write("docker.log", docker("failure from 192.0.2.9\n", -7200).repeat(3));
  daemon.write("cri.log", "");
  daemon.configure({
    web: { logpath: `${daemon.path("docker.log")}\n  ${daemon.path("cri.log")}`, filter: "bare" },
    raw: { logpath: daemon.path("docker.log"), filter: "raw" },
  });
  await daemon.start();
  appendFileSync(daemon.path("docker.log"), docker("failure from 192.0.2.1\n").repeat(2));
  appendFileSync(daemon.path("cri.log"), `${cri("P", "failure fr")}${cri("F", "om 192.0.2.2")}`.repeat(2));
  await until("the bans", () => daemon.banned("web").length === 2);
  await until("the ban of the old filter", () => daemon.banned("raw").length === 1);
  expect(daemon.banned("web").toSorted()).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(daemon.banned("raw")).toEqual(["192.0.2.1"]);
});

test("what was written before a rotation while the daemon was down, compressed or not", async () => {
  daemon.configure({ web: {} });
  daemon.fail("web.log", "192.0.2.8");
  await daemon.start();
  await until("the first failure", () => daemon.log.includes("Found 192.0.2.8"));
  await daemon.end("SIGTERM");
  daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
  writeFileSync(daemon.path("web.log.2.gz"), gzipSync(readFileSync(daemon.path("web.log"))));
  daemon.write("web.log.1", "");
  daemon.fail("web.log.1", "192.0.2.2");
  daemon.write("web.log", "");
  daemon.fail("web.log", "192.0.2.2");
  await daemon.start();
  await until("the bans", () => daemon.banned("web").length === 2);
  expect(daemon.banned("web")).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(daemon.log.match(/Found 192\.0\.2\.8 /g)).toHaveLength(1);
});

test("logs of one file are read once, and a missing one stops nothing", async () => {
  daemon.configure({
    web: { logpath: `${daemon.path("shared.log")}\n  ${daemon.path("later/x.log")}` },
    mail: { logpath: daemon.path("shared.log") },
  });
  daemon.write("shared.log", "");
  await daemon.start();
  daemon.fail("shared.log", "192.0.2.1", "192.0.2.1");
  await until("the bans", () => isBanned("192.0.2.1") && daemon.banned("mail").length === 1);
  expect(daemon.log.match(/Added logfile: '[^']*shared\.log'/g)).toHaveLength(1);
  daemon.write("later/x.log", "");
  daemon.fail("later/x.log", "192.0.2.2", "192.0.2.2");
  await until("the ban of the late log", () => isBanned("192.0.2.2"));
});

test("how each source is doing", async () => {
  daemon.configure({ web: { logpath: `${daemon.path("web.log")}\n  ${daemon.path("none.log")}` } });
  daemon.write("web.log", "");
  await daemon.start();
  daemon.fail("web.log", "192.0.2.1");
  appendFileSync(daemon.path("web.log"), `${stamp()} something else\n`);
  await until("the line", () => daemon.log.includes("Found 192.0.2.1"));
  const show = async (json: boolean): Promise<string> => {
    let shown = "";
    const out = (text: string): void => void (shown += text);
    const options = { jails: [], json, now: Date.now() / 1000 };
    await printSources(daemon.path("run/sock"), options, { out, err: out, unicode: true });
    return shown;
  };
  const { web } = JSON.parse(await show(true)) as { web: readonly Record<string, unknown>[] };
  const [there, missing] = [web.find(({ lines }) => lines !== 0), web.find(({ lines }) => lines === 0)];
  expect(there).toMatchObject({ path: daemon.path("web.log"), state: "following", lines: 2, matched: 1 });
  expect(there).toMatchObject({ "bytes-behind": 0, "seconds-behind": 0 });
  expect(missing).toMatchObject({ path: daemon.path("none.log"), state: "waiting" });
  expect(await show(false)).toContain("following, 2 lines, the last");
  expect(daemon.call("get", "web", "sources").stdout).toContain("'lines': 2");
});

test("a log path is always a file", async () => {
  const log = daemon.path("command:touch started");
  writeFileSync(log, "");
  daemon.configure({
    web: { logpath: log.replaceAll(" ", "?") },
    other: { logpath: "udp://127.0.0.1:5514", filter: "tagged" },
  });
  await daemon.start();
  await until("the log is open", () => daemon.log.includes("Added logfile"));
  appendFileSync(log, `${stamp()} failure from 192.0.2.1\n`.repeat(2));
  await until("the ban", () => isBanned("192.0.2.1"));
  expect(daemon.log).toContain("logpath udp://127.0.0.1:5514 is no path of a file");
  const added = daemon.call("set", "web", "addlogpath", "command:touch started");
  expect(added.status).not.toBe(0);
  expect(added.stdout + added.stderr).toContain("is no path of a file");
  expect(daemon.call("status").stdout).toContain("Jail list:\tweb\n");
});
