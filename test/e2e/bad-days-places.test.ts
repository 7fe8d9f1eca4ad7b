/** Bad days of disk, database, processes, name service and clients: bans go on, and what was lost comes back. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";

let programs: Programs;
let daemon: LocalDaemon;
const helpers: ChildProcess[] = [];
const sockets: Socket[] = [];

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
  helpers.splice(0).forEach((helper) => helper.kill("SIGKILL"));
  sockets.splice(0).forEach((socket) => socket.destroy());
  const told = `${daemon.log}${daemon.terminal}`;
  await daemon.remove();
  expect(told).not.toMatch(/^ +at .*:\d+/m);
});

async function expectBan(jail: string, host: string, milliseconds = 15_000): Promise<void> {
  daemon.fail(`${jail}.log`, host, host);
  await until(`${jail} bans ${host}`, () => daemon.notes.includes(`ban ${jail} ${host}`), milliseconds);
}

/** Starts a program beside the daemon and waits for its first word. */
async function startBeside(program: string, ...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  helpers.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child;
}

describe("a database", () => {
  test("that another program holds delays no ban, and gets all of them afterwards", async () => {
    await daemon.start();
    const hold =
      "import sqlite3,sys; db=sqlite3.connect(sys.argv[1],isolation_level=None); db.execute('BEGIN EXCLUSIVE'); print('held',flush=True); sys.stdin.read(1)";
    const holder = await startBeside("python3", "-c", hold, daemon.path("db.sqlite3"));
    await expectBan("web", "192.0.2.1");
    await expectBan("mail", "192.0.2.2");
    expect(daemon.call("ping").status).toBe(0);
    holder.kill("SIGKILL");
    await expectBan("web", "192.0.2.3");
    await daemon.end("SIGTERM");
    await daemon.start();
    expect(daemon.banned("web")).toEqual(["192.0.2.1", "192.0.2.3"]);
    expect(daemon.banned("mail")).toEqual(["192.0.2.2"]);
  });

  test("that is cut to nothing under the daemon stops no ban, and the next start has one again", async () => {
    await daemon.start();
    await expectBan("web", "192.0.2.1");
    truncateSync(daemon.path("db.sqlite3"), 0);
    await expectBan("web", "192.0.2.2");
    truncateSync(daemon.path("db.sqlite3"), 100);
    await expectBan("mail", "192.0.2.3");
    await daemon.end("SIGTERM");
    expect(daemon.exitCode).toBe(0);
    await daemon.start();
    await expectBan("web", "192.0.2.4");
  });
});

const canMount = spawnSync("unshare", ["-mn", "true"]).status === 0;
if (!canMount) {
  console.warn("SKIPPED: a read-only disk and a name service of its own need the right to mount (root)");
}

describe.skipIf(!canMount)("a disk", () => {
  test("that is read-only stops no ban; log and database go on when it can be written", async () => {
    const small = daemon.path("small");
    daemon.write(
      "conf/fail2ban.local",
      `[Definition]\nlogtarget = ${small}/daemon.log\ndbfile = ${small}/db.sqlite3\n`,
    );
    mkdirSync(small);
    const mount = `mount -t tmpfs -o ro tmpfs "${small}" && exec "$0" "$@"`;
    await daemon.start(["unshare", "-m", "sh", "-c", mount]);
    await expectBan("web", "192.0.2.1");
    await expectBan("mail", "192.0.2.2");
    expect(daemon.terminal).toContain("small/db.sqlite3");
    const inside = ["-t", String(daemon.pid), "-m", "mount", "-o", "remount,rw", small];
    expect(daemon.run("nsenter", ...inside)).toMatchObject({ status: 0, stderr: "" });
    await expectBan("web", "192.0.2.3");
    const count =
      "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from bips').fetchone()[0])";
    const path = daemon.path("small/db.sqlite3");
    const stored = (): string =>
      daemon.run("nsenter", "-t", String(daemon.pid), "-m", "python3", "-c", count, path).stdout;
    await until("all bans are in the database", () => stored() === "3\n", 30_000);
  });
});

describe("actions with nft", () => {
  const action = "[Definition]\n[Init]\nnative = nftables\ntimeout = 3\n";
  const stub = (script: string): readonly string[] => {
    daemon.write("bin/nft", `#!/bin/sh\n${script}\n`);
    chmodSync(daemon.path("bin/nft"), 0o755);
    return ["env", `PATH=${daemon.path("bin")}:${process.env["PATH"] ?? ""}`];
  };

  test.each([
    ["hangs", "exec sleep 600"],
    ["fails at once", "echo 'nft: no such table' >&2; exit 1"],
    [
      "fails half-way",
      "head -c 20 >/dev/null; echo '{\"nftables\": [{'; echo 'Error: out of memory' >&2; kill -9 $$",
    ],
    ["prints garbage", "head -c 100000 /dev/urandom"],
  ])(
    "that %s keep no other jail from banning, and none of their bans counts as in force",
    async (_, script) => {
      daemon.write("conf/action.d/wall.conf", action);
      daemon.configure({ web: {}, mail: { action: "wall" } });
      await daemon.start(stub(script));
      daemon.fail("mail.log", "192.0.2.1", "192.0.2.1");
      await expectBan("web", "192.0.2.2");
      await until("the ban counts", () => daemon.banned("mail").includes("192.0.2.1"));
      await sleep(500);
      const enforcement = daemon.call("get", "mail", "enforcement").stdout;
      expect(enforcement).toMatch(/applied\W+0\b/);
    },
  );
});

test("64 file descriptors are enough; used up by clients, what was found then is not forgotten", async () => {
  await daemon.start(["sh", "-c", 'ulimit -n 64; exec "$0" "$@"']);
  await expectBan("web", "192.0.2.1");
  const talkers = Array.from({ length: 100 }, () => talk());
  await sleep(300);
  daemon.fail("web.log", "192.0.2.2", "192.0.2.2");
  await sleep(1000);
  talkers.forEach((socket) => socket.destroy());
  await until("it counts", () => daemon.banned("web").includes("192.0.2.2"));
  await expectBan("mail", "192.0.2.3");
  expect(daemon.call("ping").status).toBe(0);
});

describe("clients", () => {
  test("a thousand that never speak keep no administrator waiting", async () => {
    await daemon.start();
    const talkers = Array.from({ length: 1000 }, () => talk());
    await until("they are there", () => talkers.every((socket) => !socket.connecting));
    const begin = performance.now();
    expect(daemon.call("ping").status).toBe(0);
    await expectBan("web", "192.0.2.1");
    expect(performance.now() - begin).toBeLessThan(8000);
  });

  test.each([
    ["garbage", Buffer.from("\x80\x04garbage<F2B_END_COMMAND>", "latin1")],
    ["half a message", Buffer.from("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f", "latin1")],
    ["a huge message", Buffer.alloc(70 * 1024 * 1024, "a")],
    ["JSON without end", Buffer.concat([Buffer.from('{"command":["'), Buffer.alloc(70 * 1024 * 1024, "a")])],
    ["JSON that is none", Buffer.from('{"command":\n')],
  ])("%s costs that connection only", async (_, bytes) => {
    await daemon.start();
    const other = talk();
    const bad = talk();
    bad.write(bytes);
    await sleep(300);
    expect(daemon.call("ping").status).toBe(0);
    await expectBan("web", "192.0.2.1");
    expect(other.destroyed).toBe(false);
    bad.resume().end();
    await until("it is closed", () => bad.closed);
    expect(daemon.isRunning).toBe(true);
    expect(
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))?.[1]),
    ).toBeLessThan(400_000);
  });
});

describe.skipIf(!canMount)("a name service that never answers", () => {
  test("holds up neither reading nor banning", async () => {
    daemon.configure({ web: { usedns: "yes" }, mail: { usedns: "warn" } });
    daemon.write("resolv.conf", "nameserver 127.0.0.1\n");
    const sink =
      "import socket;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.bind(('127.0.0.1',53))\\nwhile 1:s.recv(999)";
    const surroundings = [
      "ip link set lo up",
      `mount --bind "${daemon.path("resolv.conf")}" /etc/resolv.conf`,
      `{ printf '%b' "${sink}" | python3 - >/dev/null 2>&1 & }`,
      'exec "$0" "$@"',
    ];
    await daemon.start(["unshare", "-mn", "sh", "-c", surroundings.join(" && ")]);
    const names = Array.from({ length: 300 }, (_, i) => `host${i}.example.com`);
    daemon.fail("web.log", ...names, ...names);
    daemon.fail("mail.log", ...names);
    const begin = performance.now();
    await expectBan("web", "192.0.2.1");
    await expectBan("mail", "192.0.2.2");
    expect(daemon.call("ping").status).toBe(0);
    expect(performance.now() - begin).toBeLessThan(6000);
    appendFileSync(daemon.path("web.log"), `${stamp()} failure from host1.example.com\n`);
    await expectBan("web", "192.0.2.3");
  });
});

/** Four failures of each; `WARDER_FLOOD=500000` for two million failures. */
const FLOOD = Number(process.env["WARDER_FLOOD"] ?? 25_000);

test(`${FLOOD * 4} failures from ${FLOOD} addresses are counted, in little memory`, {
  timeout: 120_000 + FLOOD,
}, async () => {
  daemon.write("conf/action.d/none.conf", "[Definition]\nactionban =\n");
  daemon.configure({ web: { action: "none" }, mail: {} });
  await daemon.start();
  const hosts = Array.from({ length: FLOOD }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  const begin = performance.now();
  for (let round = 0; round < 4; round += 1) {
    for (let from = 0; from < FLOOD; from += 10_000) {
      daemon.fail("web.log", ...hosts.slice(from, from + 10_000));
    }
  }
  await expectBan("mail", "192.0.2.1");
  const count = (): string =>
    /Currently banned:\s+(\d+)/.exec(daemon.call("status", "web", "short").stdout)?.[1] ?? "";
  await until("all bans", () => count() === String(FLOOD), 60_000 + FLOOD / 2);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))?.[1]);
  console.log(`${Math.round((performance.now() - begin) / 1000)} s, ${peak >> 10} MB`);
  // No more than 2 kB for each of the banned.
  expect(peak).toBeLessThan(500_000 + FLOOD * 2);
});

function talk(): Socket {
  const socket = connect(daemon.path("run/sock"));
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}
