/** The daemon as a service: the socket and the messages of systemd, its watchdog, its unit. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, until } from "./local-daemon.testing";

const has = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).status === 0;
const canNotify = has("systemd-notify", "--version") && has("python3", "-V");
const canActivate = has("systemd-socket-activate", "--version");
const canAnalyze = has("systemd-analyze", "--version");
for (const [isThere, what] of [
  [canNotify, "messages to systemd need systemd-notify and python3"],
  [canActivate, "socket activation needs systemd-socket-activate"],
  [canAnalyze, "the check of the units needs systemd-analyze"],
] as const) {
  if (!isThere) {
    console.warn(`SKIPPED: ${what}`);
  }
}

/** What systemd would be: prints the messages it gets. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(65536).decode().strip().replace("\\n", " "), flush=True)
`;

let programs: Programs;
let daemon: LocalDaemon;
let manager: ChildProcess | undefined;
let messages: string;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  daemon = new LocalDaemon(programs);
  daemon.configure({ web: {} });
  daemon.write("web.log", "");
});
afterEach(async () => {
  manager?.kill();
  await daemon.remove();
});

async function listenAsManager(): Promise<string> {
  const path = daemon.path("notify");
  messages = "";
  manager = spawn("python3", ["-c", RECEIVER, path], { stdio: ["ignore", "pipe", "inherit"] });
  manager.stdout?.setEncoding("utf8").on("data", (text: string) => (messages += text));
  await until("the manager", () => existsSync(path));
  return path;
}

const untilTold = async (text: string): Promise<void> => until(text, () => messages.includes(text));

describe.skipIf(!canNotify)("a service manager", () => {
  test("is told when it is ready and when it stops", async () => {
    await daemon.start(["env", `NOTIFY_SOCKET=${await listenAsManager()}`]);
    await untilTold("READY=1");
    expect(messages).toContain("STATUS=1 jail, 0 banned");
    await daemon.end("SIGTERM");
    await untilTold("STOPPING=1");
    expect(messages).not.toContain("WATCHDOG");
  });

  test("hears signs of life, and none while the daemon hangs", async () => {
    const socket = await listenAsManager();
    await daemon.start(["env", `NOTIFY_SOCKET=${socket}`, "WATCHDOG_USEC=400000"]);
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await untilTold("WATCHDOG=1 STATUS=1 jail, 1 banned");
    process.kill(daemon.pid, "SIGSTOP");
    await sleep(300);
    messages = "";
    await sleep(800);
    expect(messages).toBe("");
    process.kill(daemon.pid, "SIGCONT");
    await untilTold("WATCHDOG=1");
  });

  test("is not told by actions in our name", async () => {
    daemon.write(
      "conf/action.d/note.conf",
      `[Definition]\nactionban = env > ${daemon.path("environment")}\n`,
    );
    await daemon.start(["env", `NOTIFY_SOCKET=${await listenAsManager()}`, "WATCHDOG_USEC=9000000"]);
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the action", () => daemon.read("environment").includes("PATH="));
    expect(daemon.read("environment")).not.toMatch(/^(?:NOTIFY|WATCHDOG|LISTEN)_/m);
  });
});

describe.skipIf(!canActivate)("socket activation", () => {
  test("takes the socket it is given and leaves it where it is", async () => {
    const socket = daemon.path("run/sock");
    const starting = daemon.start(["systemd-socket-activate", "-l", socket, "--fdname=fail2ban"]);
    await until("the socket", () => existsSync(socket));
    connect(socket).on("error", () => {});
    await starting;
    expect(daemon.call("ping").stdout).toBe("Server replied: pong\n");
    expect(daemon.log).toContain("Using socket activation, inherited socket 'fail2ban'");
    daemon.fail("web.log", "192.0.2.1", "192.0.2.1");
    await until("the ban", () => daemon.banned("web").length === 1);
    expect(daemon.call("stop").stdout).toBe("Shutdown successful\n");
    await until("the end", () => !daemon.isRunning);
    expect(existsSync(socket)).toBe(true);
  });
});

describe.skipIf(!canAnalyze)("the units", () => {
  test.each(["warder.service", "fail2ban.service", "warder.socket", "fail2ban.socket"])(
    "%s is well-formed",
    (name) => {
      const { stderr } = spawnSync("systemd-analyze", ["verify", `packaging/systemd/${name}`], {
        encoding: "utf8",
      });
      const lines = stderr
        .split("\n")
        .filter((line) => line.includes(name) && !/is not executable|man.*failed/.test(line));
      expect(lines).toEqual([]);
    },
  );

  test.each([
    ["warder", "config/fail2ban.conf"],
    ["fail2ban", "src/config/server.ts"],
  ])("%s.socket is where the daemon is asked for", (name, place) => {
    const unit = readFileSync(`packaging/systemd/${name}.socket`, "utf8");
    const path = /^ListenStream=\/run(\S+)$/m.exec(unit)?.[1] ?? "no path";
    expect(readFileSync(place, "utf8")).toContain(`run${path}`);
    expect(unit).toMatch(/^SocketMode=0600$/m);
  });

  test.each([
    ["warder.service", 2.5],
    ["fail2ban.service", 4.5],
  ])("%s is hardened", (name, most) => {
    const args = ["security", "--offline=true", "--no-pager", `packaging/systemd/${name}`];
    const { stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    const score = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
    expect(score).toBeLessThanOrEqual(most);
  });
});
