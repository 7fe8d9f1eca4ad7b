/** How a daemon is started, asked, told to end, and what it leaves behind. */
import { existsSync, writeFileSync } from "node:fs";
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
  daemon.configure({ web: {} });
  daemon.write("web.log", "");
});
afterEach(() => daemon.remove());

const leftovers = (): readonly string[] =>
  ["run/sock", "run/pid"].filter((name) => existsSync(daemon.path(name)));

describe("in the foreground", () => {
  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("ends in order at %s", async (signal) => {
    await daemon.start();
    expect(daemon.terminal).toBe("Server ready\n");
    expect(daemon.read("run/pid")).toBe(`${daemon.pid}\n`);
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the ban", () => daemon.notes.includes("ban web 192.0.2.1"));
    await daemon.end(signal);
    expect(daemon.exitCode).toBe(0);
    expect(daemon.notes).toEqual(["start web", "ban web 192.0.2.1", "unban web 192.0.2.1", "stop web"]);
    expect(leftovers()).toEqual([]);
    expect(daemon.log).toContain("Exiting Fail2ban");
  });

  test("ends when a client says stop", async () => {
    await daemon.start();
    expect(daemon.call("stop")).toMatchObject({ status: 0, stdout: "Shutdown successful\n" });
    await until("the end", () => !daemon.isRunning);
    expect(daemon.exitCode).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  test("opens its log anew at SIGUSR1", async () => {
    await daemon.start();
    daemon.run("mv", daemon.path("daemon.log"), daemon.path("old.log"));
    process.kill(daemon.pid, "SIGUSR1");
    await until("a new log", () => daemon.log.includes("rollover performed"));
    expect(daemon.call("ping").stdout).toBe("Server replied: pong\n");
  });

  test("is refused while another one runs", async () => {
    await daemon.start();
    const second = daemon.callServer("-f", "start");
    expect(second.status).toBe(255);
    expect(second.stderr).toContain("already running");
    expect(daemon.call("start")).toMatchObject({ status: 255 });
    expect(daemon.call("ping").status).toBe(0);
    expect(daemon.read("run/pid")).toBe(`${daemon.pid}\n`);
  });

  test("says at the terminal why it cannot start", async () => {
    daemon.write("conf/jail.local", "[web\nenabled = true\n");
    await daemon.start();
    await until("the end", () => !daemon.isRunning);
    expect(daemon.exitCode).toBe(255);
    expect(daemon.terminal).toContain("jail.local:1");
    expect(daemon.terminal).not.toMatch(/^ +at /m);
    expect(leftovers()).toEqual([]);
  });
});

describe("in the background", () => {
  test.each(["client", "server"] as const)("is started by the %s, which holds no pipe open", async (name) => {
    const start = name === "client" ? daemon.call("start") : daemon.callServer("-b", "start");
    expect(start).toEqual({ status: 0, stdout: "Server ready\n", stderr: "" });
    const pid = Number(daemon.read("run/pid"));
    process.kill(pid, "SIGHUP");
    expect(daemon.call("ping").status).toBe(0);
    expect(daemon.run("ps", "-o", "tty=,ppid=", "-p", String(pid)).stdout).toMatch(/^\? /);
    expect(daemon.call("start").stderr).toContain("already running");
    expect(daemon.call("restart")).toMatchObject({
      status: 0,
      stdout: "Shutdown successful\nServer ready\n",
    });
    expect(Number(daemon.read("run/pid"))).not.toBe(pid);
    expect(daemon.call("stop")).toMatchObject({ status: 0, stdout: "Shutdown successful\n" });
    await until("a tidy end", () => leftovers().length === 0);
    expect(daemon.call("ping").status).toBe(255);
  });

  test("tells what is wrong, and starts with the jails that are good", () => {
    daemon.configure({ web: {}, broken: { filter: "absent" } });
    const start = daemon.call("start");
    expect(start).toMatchObject({ status: 0, stdout: "Server ready\n" });
    expect(start.stderr).toContain("absent");
    expect(daemon.call("status").stdout).toContain("Jail list:\tweb\n");
  });

  test("tells of a regex that cannot be used, and ends when no jail is left", async () => {
    daemon.write("conf/filter.d/odd.conf", "[Definition]\nfailregex = ^ failure (from <HOST>$\n");
    daemon.configure({ web: {}, broken: { filter: "odd" } });
    const start = daemon.call("start");
    expect(start).toMatchObject({ status: 0, stdout: "Server ready\n" });
    expect(start.stderr).toContain("jail 'broken': Unable to compile regular expression");
    daemon.call("stop");
    daemon.configure({ broken: { filter: "odd" } });
    const again = daemon.call("start");
    expect(again.status).toBe(255);
    expect(again.stderr).toContain("Unable to compile regular expression");
    await until("the end", () => leftovers().length === 0);
  });

  test("is not started at all when nothing is good", () => {
    daemon.configure({ broken: { filter: "absent" } });
    const start = daemon.call("start");
    expect(start.status).toBe(255);
    expect(start.stderr).toContain("absent");
    expect(leftovers()).toEqual([]);
  });
});

test("what a killed daemon left behind is no obstacle", async () => {
  await daemon.start();
  await daemon.end("SIGKILL");
  expect(leftovers()).toEqual(["run/sock", "run/pid"]);
  expect(daemon.call("start")).toMatchObject({ status: 0, stdout: "Server ready\n" });
  expect(daemon.call("stop").status).toBe(0);
  await daemon.start();
  expect(daemon.terminal).toBe("Server ready\n");
});

test("a file that is no socket is never removed", async () => {
  writeFileSync(daemon.path("run/sock"), "precious");
  await daemon.start();
  await until("the end", () => !daemon.isRunning);
  expect(daemon.exitCode).toBe(255);
  expect(daemon.terminal).toContain("no socket");
  expect(daemon.read("run/sock")).toBe("precious");
});
