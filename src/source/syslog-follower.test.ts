import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector, waitUntil } from "./collector.testing";
import { openSource } from "./open-source";
import type { Follower } from "./follower";
import { parseSyslogAddress } from "./syslog-address";

const PORT = 20_000 + (process.pid % 20_000);
const followers: Follower[] = [];
const sockets: Socket[] = [];
let folder: string;
let collector: Collector;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-syslog-"));
  collector = new Collector();
});

afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  await Promise.all(followers.splice(0).map((follower) => follower.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function listen(path: string, into = collector): Promise<Follower> {
  const follower = openSource({ path }, into);
  followers.push(follower);
  follower.start();
  await waitUntil(() => into.events.some((event) => event.type === "found" && event.path === path));
  return follower;
}

async function connect(place: { path: string } | { port: number; host: string }): Promise<Socket> {
  const socket = createConnection(place);
  sockets.push(socket);
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

async function sendDatagrams(port: number, ...texts: readonly string[]): Promise<void> {
  const socket = createSocket("udp4");
  for (const text of texts) {
    await new Promise((resolve) => socket.send(text, port, "127.0.0.1", resolve));
  }
  socket.close();
}

const messages = (given = collector): string[] =>
  given.lines.map((line) => line.slice(line.indexOf(" ") + 1));

describe("syslog messages", () => {
  it("come over UDP, each a line", async () => {
    await listen(`udp://127.0.0.1:${PORT}`);
    await sendDatagrams(PORT, "<38>Oct 11 22:14:15 mail sshd[1]: one\n", "<38>1 - web app 7 - - zw\u00f6lf");
    await collector.waitForLines(2);
    expect(messages()).toEqual(["mail sshd[1]: one", "web app[7]: zw\u00f6lf"]);
    expect(collector.phases).toEqual(["operation", "operation"]);
  });

  it("come over TCP from several senders", async () => {
    await listen(`tcp://127.0.0.1:${PORT}`);
    const [a, b] = [
      await connect({ port: PORT, host: "127.0.0.1" }),
      await connect({ port: PORT, host: "127.0.0.1" }),
    ];
    a.write("<1>Oct 11 22:14:15 mail one: half");
    b.write("30 <1>Oct 11 22:14:15 web two: hi");
    await collector.waitForLines(1);
    a.write(" whole\n<1>never finished");
    await collector.waitForLines(2);
    a.destroy();
    await sleep(30);
    expect(messages()).toEqual(["web two: hi", "mail one: half whole"]);
  });

  it("come over a Unix socket, which takes the place of a dead one and is for its owner only", async () => {
    const path = join(folder, "log.sock");
    const dead = createServer().listen(path);
    await new Promise((resolve) => dead.once("listening", resolve));
    // A socket file that nobody answers at: closing would remove it.
    const { renameSync } = await import("node:fs");
    renameSync(path, `${path}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    renameSync(`${path}.kept`, path);
    await listen(`unix://${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const socket = await connect({ path });
    socket.write("<1>Oct 11 22:14:15 sshd[3]: hello\n");
    await collector.waitForLines(1);
    expect(messages()).toEqual(["localhost sshd[3]: hello"]);
  });

  it("are heard by all who follow the address, and the address is free afterwards", async () => {
    const other = new Collector();
    const path = `udp://127.0.0.1:${PORT}`;
    const follower = await listen(path);
    await listen(path, other);
    await sendDatagrams(PORT, "one");
    await collector.waitForLines(1);
    await other.waitForLines(1);
    await follower.stop();
    await sendDatagrams(PORT, "two");
    await other.waitForLines(2);
    expect(collector.lines).toHaveLength(1);
    await Promise.all(followers.splice(0).map((one) => one.stop()));
    const again = new Collector();
    await listen(path, again);
    await sendDatagrams(PORT, "three");
    await again.waitForLines(1);
  });

  it("of senders that are not wanted are not heard", async () => {
    await listen(`udp://127.0.0.1:${PORT}?from=192.0.2.0/24`);
    await listen(`udp://127.0.0.1:${PORT + 1}?from=192.0.2.0/24,127.0.0.0/8`);
    await sendDatagrams(PORT, "strange");
    await sendDatagrams(PORT + 1, "wanted");
    await collector.waitForLines(1);
    await sleep(30);
    expect(messages()).toEqual(["127.0.0.1 wanted"]);
  });
});

describe("an address that cannot be had", () => {
  it("is told, and tried again", async () => {
    const blocker = createServer().listen(PORT, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const follower = openSource({ path: `tcp://127.0.0.1:${PORT}` }, collector);
    followers.push(follower);
    follower.start();
    await waitUntil(() => collector.events.length > 0);
    expect(collector.events[0]).toMatchObject({ type: "error", error: { code: "listen-failed" } });
    await new Promise((resolve) => blocker.close(resolve));
    await waitUntil(() => collector.events.some((event) => event.type === "found"));
  });

  it("is no address, no file is taken for a socket, and no socket of another program is removed", async () => {
    writeFileSync(join(folder, "file"), "precious");
    for (const path of ["udp:127.0.0.1", "tcp://127.0.0.1:0", `unix://${folder}/file`]) {
      const follower = openSource({ path }, collector);
      followers.push(follower);
      follower.start();
    }
    await waitUntil(() => collector.events.length === 3);
    expect(collector.events.map((event) => (event.type === "error" ? event.error.code : "")).sort()).toEqual([
      "listen-address",
      "listen-address",
      "listen-failed",
    ]);
    expect(statSync(join(folder, "file")).size).toBe(8);
  });
});

describe("a flood", () => {
  it("of connections does not lock out those who come later", async () => {
    await listen(`tcp://127.0.0.1:${PORT}`);
    for (let i = 0; i < 300; i++) {
      await connect({ port: PORT, host: "127.0.0.1" });
    }
    const last = await connect({ port: PORT, host: "127.0.0.1" });
    last.write("here\n");
    await collector.waitForLines(1);
  });

  it("of messages is bounded: datagrams are dropped and counted, connections wait", async () => {
    let release: (() => void) | undefined;
    let isOpen = false;
    const slow = new (class extends Collector {
      override block(...args: Parameters<Collector["block"]>): Promise<void> | void {
        void super.block(...args);
        return isOpen ? undefined : new Promise((resolve) => (release = resolve));
      }
    })();
    const follower = await listen(`tcp://127.0.0.1:${PORT}`, slow);
    const socket = await connect({ port: PORT, host: "127.0.0.1" });
    const line = `${"x".repeat(999)}\n`;
    const count = 40_000;
    let sent = 0;
    const send = (): void => {
      while (sent < count) {
        sent++;
        if (!socket.write(line)) {
          socket.once("drain", send);
          return;
        }
      }
    };
    send();
    await sleep(500);
    expect(follower.stats.behind).toBeLessThan(9 << 20);
    isOpen = true;
    release?.();
    await waitUntil(() => slow.lines.length === count);
    expect(slow.events.some((event) => event.type === "overrun")).toBe(false);
  });

  it("of datagrams is dropped where it is too much, counted, and told", async () => {
    let release: (() => void) | undefined;
    const stuck = new (class extends Collector {
      override block(): Promise<void> {
        return new Promise((resolve) => (release = resolve));
      }
    })();
    const follower = await listen(`udp://127.0.0.1:${PORT}`, stuck);
    const text = "x".repeat(8000);
    for (let i = 0; i < 60 && !stuck.events.some((event) => event.type === "overrun"); i++) {
      await sendDatagrams(PORT, ...Array.from({ length: 20 }, () => text));
      await sleep(1);
    }
    expect(stuck.events.find((event) => event.type === "overrun")).toMatchObject({ messages: 1 });
    expect(follower.stats.behind).toBeLessThan((8 << 20) + 10_000);
    const stopping = follower.stop();
    release?.();
    await stopping;
  });
});

describe("parseSyslogAddress", () => {
  it.each([
    ["udp://", { type: "udp", host: "127.0.0.1", port: 514, from: [] }],
    ["tcp://:5514", { type: "tcp", host: "127.0.0.1", port: 5514, from: [] }],
    ["tcp://[::1]:5514", { type: "tcp", host: "::1", port: 5514, from: [] }],
    ["unix:/run/x.sock?mode=660", { type: "unix", path: "/run/x.sock", mode: 0o660 }],
    ["udp://h:99999", undefined],
    ["udp://h:5?from=nonsense", undefined],
    ["/var/log/auth.log", undefined],
  ])("%s", (text, address) => {
    expect(parseSyslogAddress(text)).toEqual(address);
  });
});
