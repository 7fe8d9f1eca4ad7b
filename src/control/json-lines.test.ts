import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PyFloat, PyTuple, parseOffender, type Ban, type Command, type DomainEvent } from "../model";
import { ControlClient } from "./client";
import { JsonClient } from "./json-client";
import { unknownJailError } from "./remote-error";
import { ControlServer } from "./server";

let folder: string;
let path: string;
let server: ControlServer;
const problems: string[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "json-"));
  path = join(folder, "sock");
  problems.length = 0;
  server = new ControlServer({
    endpoint: { path },
    handler: async (command: Command) => {
      if (command[0] === "fail") {
        throw unknownJailError("nojail");
      }
      return Promise.resolve(command[0] === "shapes" ? SHAPES : [...command]);
    },
    onProblem: (text) => problems.push(text),
    maxMessage: 100_000,
  });
  await server.listen();
});

afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  await server.close(0);
  rmSync(folder, { recursive: true });
});

const SHAPES = new PyTuple([
  new Map([["a", new Set([1])]]),
  new PyFloat(2),
  12_345_678_901_234_567_890n,
  null,
  "ü\n",
]);

const ban = (id: string, bantime = 600): Ban => ({
  jail: "web",
  offender: parseOffender(id),
  time: 1000,
  bantime,
  bancount: 1,
  restored: false,
  data: { matches: [["a ", "date", " b"]], failures: 3, groups: new Map() },
});

function open(): Socket {
  const socket = connect(path);
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

/** Sends text and gives what came back until that many lines were there, or the server hung up. */
async function exchange(text: string | Buffer, count = Number.POSITIVE_INFINITY): Promise<unknown[]> {
  const socket = open();
  socket.write(text);
  return receive(socket, count);
}

async function receive(socket: Socket, count: number): Promise<unknown[]> {
  let seen = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (seen.split("\n").length > count) {
      break;
    }
  }
  return seen
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

describe("commands", () => {
  test("are answered in order, with the marks they came with", async () => {
    const text = '{"command":["a",1,[true,null]],"id":7}\n["b"]\n\n{"id":"x","command":["c"]}\n';
    expect(await exchange(text, 3)).toEqual([
      { id: 7, ok: true, value: ["a", 1, [true, null]] },
      { ok: true, value: ["b"] },
      { id: "x", ok: true, value: ["c"] },
    ]);
  });

  test("give Python's shapes as plain JSON", async () => {
    expect(await exchange('["shapes"]\n', 1)).toEqual([
      { ok: true, value: [{ a: [1] }, 2, "12345678901234567890", null, "ü\n"] },
    ]);
  });

  test("that fail say so in words and by class", async () => {
    const error = {
      class: "fail2ban.exceptions.UnknownJailException",
      args: ["nojail"],
      message: "'nojail'",
    };
    expect(await exchange('{"id":1,"command":["fail"]}\n{"command":5}\n', 2)).toEqual([
      { id: 1, ok: false, error },
      { ok: false, error: expect.objectContaining({ class: "builtins.TypeError" }) as unknown },
    ]);
  });

  test("may come in pieces, and beside fail2ban's protocol", async () => {
    const socket = open();
    for (const piece of ['{"comm', 'and":["é', '"]}', "\n"]) {
      socket.write(piece);
      await sleep(5);
    }
    const other = await ControlClient.connect(path);
    expect(await other.send(["a"])).toEqual({ ok: true, value: ["a"] });
    other.close();
    expect(await receive(socket, 1)).toEqual([{ ok: true, value: ["é"] }]);
  });
});

describe("hostile input", () => {
  test.each(["{nonsense\n", '{"other":1}\n', "[1,]\n", "[".repeat(50_000) + "\n", '{"subscribe":["x"]}\n'])(
    "is refused and hung up on: %#",
    async (text) => {
      const replies = await exchange(text);
      expect(replies).toEqual([expect.objectContaining({ ok: false })]);
      expect(await exchange('["b"]\n', 1)).toHaveLength(1);
    },
  );

  test("that nests deeper than any command is refused", async () => {
    const deep = `${"[".repeat(1000)}${"]".repeat(1000)}\n`;
    expect(await exchange(deep)).toEqual([
      { ok: false, error: expect.objectContaining({ class: "builtins.ValueError" }) as unknown },
    ]);
  });

  test("without end is hung up on", async () => {
    // What was not read any more resets the connection.
    const replies = exchange(`{"${"x".repeat(200_000)}`).catch((error: Error) => error.message);
    expect(["read ECONNRESET", []]).toContainEqual(await replies);
    expect(problems.join()).toContain("longer than 100000 bytes");
  });

  test("half a message and a thousand silent clients keep nobody waiting", async () => {
    const idle = Array.from({ length: 1000 }, () => open());
    idle.forEach((socket) => socket.write('{"subscribe":["ban"'));
    expect(await exchange('["b"]\n', 1)).toHaveLength(1);
  });

  test("of any bytes ends one conversation at most", async () => {
    const part = fc.oneof(
      fc.constantFrom(
        '{"command":',
        '["a"]',
        "\n",
        "{",
        "[",
        '{"subscribe":["all"]}',
        '{"__proto__":1}',
        "é",
      ),
      fc.string({ maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const socket = connect({ path, allowHalfOpen: true });
        socket.on("error", () => {});
        socket.end(`{${parts.join("")}`);
        for await (const chunk of socket) {
          expect(chunk).toBeDefined();
        }
      }),
      { numRuns: 100 },
    );
    expect(await exchange('["b"]\n', 1)).toHaveLength(1);
  });
});

describe("events", () => {
  test("reach those who asked for them, and nobody else", async () => {
    const socket = open();
    socket.write('{"id":1,"subscribe":["ban","unban"]}\n');
    expect(await receive(socket, 1)).toEqual([{ id: 1, ok: true, value: ["ban", "unban"] }]);
    server.publish({ type: "ban", ban: ban("192.0.2.1") }, 1001.5);
    server.publish({ type: "expired", jail: "web", id: "192.0.2.2" }, 1002);
    server.publish({ type: "unban", ban: ban("192.0.2.3", -1), why: "command" }, 1003);
    const about = { jail: "web", time: 1000, bancount: 1 };
    expect(await receive(socket, 2)).toEqual([
      {
        event: "ban",
        at: 1001.5,
        ...about,
        id: "192.0.2.1",
        bantime: 600,
        end: 1600,
        restored: false,
        failures: 3,
        matches: ["a date b"],
      },
      { event: "unban", at: 1003, ...about, id: "192.0.2.3", bantime: -1, end: null, why: "command" },
    ]);
  });

  test("that a client does not take are dropped and counted; nobody waits", async () => {
    const lazy = open();
    lazy.write('{"subscribe":["all"]}\n');
    await receive(lazy, 1);
    lazy.pause();
    const event: DomainEvent = {
      type: "found",
      jail: "web",
      id: "192.0.2.1",
      failure: { time: 1, groups: new Map(), matches: ["x".repeat(1000)], count: 1 },
    };
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) {
      server.publish(event, i);
      if (i % 1000 === 0) {
        await sleep(0);
      }
    }
    expect(performance.now() - start).toBeLessThan(5000);
    expect(process.memoryUsage().external).toBeLessThan(200e6);
    const counting = receiveUntilDropped(lazy);
    const publishing = setInterval(() => server.publish(event, 0), 20);
    const { found, dropped } = await counting;
    clearInterval(publishing);
    expect(dropped).toBeGreaterThan(1000);
    expect(found + dropped).toBe(20_000);
  });

  test("are had through the client, as are values and errors", async () => {
    const client = new JsonClient(path);
    const events = client.events(["all"]);
    const first = events.next();
    const other = new JsonClient(path);
    expect(await other.send(["status", "web"])).toEqual(["status", "web"]);
    await expect(other.send(["fail"])).rejects.toMatchObject({ message: "'nojail'" });
    server.publish({ type: "ignored", jail: "web", id: "192.0.2.1", reason: "ip" }, 5);
    expect((await first).value).toEqual({
      event: "ignored",
      at: 5,
      jail: "web",
      id: "192.0.2.1",
      reason: "ip",
    });
    client.close();
    other.close();
    await expect(new JsonClient(join(folder, "none")).send(["a"])).rejects.toMatchObject({
      code: "socket-missing",
    });
  });
});

async function receiveUntilDropped(socket: Socket): Promise<{ found: number; dropped: number }> {
  let rest = "";
  let found = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { event, count } = JSON.parse(line) as { event: string; count: number };
      if (event === "dropped") {
        return { found, dropped: count };
      }
      found += 1;
    }
  }
  throw new Error("the server hung up");
}
