import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PyTuple, type Command, type CommandValue } from "../model";
import { ControlClient } from "./client";
import { CLOSE, END, frameMessage } from "./framing";
import { decodePickle } from "./pickle-decode";
import { encodePickle } from "./pickle-encode";
import { valueError } from "./remote-error";
import { ControlServer, type ControlServerOptions } from "./server";

let directory: string;
let path: string;
let server: ControlServer;
const problems: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "control-"));
  path = join(directory, "run", "test.sock");
  problems.length = 0;
});

afterEach(async () => {
  await server.close(0);
  rmSync(directory, { recursive: true });
});

async function handle(command: Command): Promise<CommandValue> {
  const [name, argument = null] = command;
  if (name === "sleep") {
    await sleep(Number(argument));
  } else if (name === "bad") {
    throw valueError("no good");
  } else if (name === "broken") {
    throw new Error("unforeseen");
  }
  return name === "big" ? "x".repeat(Number(argument)) : [...command];
}

async function listen(options: Partial<ControlServerOptions> = {}): Promise<void> {
  server = new ControlServer({
    endpoint: { path },
    handler: handle,
    onProblem: (text) => problems.push(text),
    ...options,
  });
  await server.listen();
}

/** Sends bytes, and gives back what came until the server closed or `count` messages are there. */
async function exchange(bytes: Buffer, count = Number.POSITIVE_INFINITY): Promise<CommandValue[]> {
  const socket = connect(path);
  socket.write(bytes);
  const messages = await receive(socket, count);
  socket.destroy();
  return messages.map((message) => decodePickle(message));
}

async function receive(socket: Socket, count: number): Promise<Buffer[]> {
  let seen = Buffer.alloc(0);
  const messages: Buffer[] = [];
  for await (const chunk of socket) {
    seen = Buffer.concat([seen, chunk as Buffer]);
    for (let end = seen.indexOf(END); end !== -1; end = seen.indexOf(END)) {
      messages.push(seen.subarray(0, end));
      seen = seen.subarray(end + END.length);
    }
    if (messages.length >= count) {
      break;
    }
  }
  return messages;
}

const request = (...words: CommandValue[]): Buffer => frameMessage(encodePickle(words));

describe("ControlServer", () => {
  test("listens for its owner alone and takes its file away", async () => {
    await listen();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test("answers pipelined requests in order and closes when asked", async () => {
    await listen();
    const bytes = Buffer.concat([request("sleep", 30), request("b"), frameMessage(CLOSE), request("never")]);
    expect(await exchange(bytes)).toEqual([new PyTuple([0, ["sleep", 30]]), new PyTuple([0, ["b"]])]);
  });

  test("answers a client that has closed its half", async () => {
    await listen();
    const socket = connect({ path, allowHalfOpen: true });
    socket.end(request("sleep", 20));
    expect(await receive(socket, 2)).toHaveLength(1);
  });

  test("sends big replies whole", async () => {
    await listen();
    const client = await ControlClient.connect(path);
    const reply = await client.send(["big", 5_000_000]);
    expect(reply.ok && (reply.value as string).length).toBe(5_000_000);
    client.close();
  });

  test("a client that takes no replies keeps only itself waiting, and may go away", async () => {
    let answered = 0;
    await listen({
      handler: async () => {
        answered += 1;
        return Promise.resolve("x".repeat(1_000_000));
      },
    });
    const lazy = connect(path);
    lazy.pause();
    lazy.write(Buffer.concat(Array.from({ length: 50 }, () => request("big"))));
    const other = await ControlClient.connect(path);
    for (let i = 0; i < 20; i += 1) {
      expect((await other.send(["big"])).ok).toBe(true);
    }
    expect(answered).toBeLessThan(30);
    lazy.destroy();
    expect((await other.send(["big"])).ok).toBe(true);
    other.close();
  });

  test("a slow command keeps nobody else waiting", async () => {
    await listen();
    const slow = await ControlClient.connect(path);
    const fast = await ControlClient.connect(path);
    const order: string[] = [];
    await Promise.all([
      slow.send(["sleep", 150]).then(() => order.push("slow")),
      fast.send(["ping"]).then(() => order.push("fast")),
    ]);
    expect(order).toEqual(["fast", "slow"]);
    slow.close();
    fast.close();
  });

  test("sends exceptions as they are thrown", async () => {
    await listen();
    const client = await ControlClient.connect(path);
    expect(await client.send(["bad"])).toMatchObject({
      ok: false,
      error: { pythonClass: "builtins.ValueError", args: ["no good"] },
    });
    expect(await client.send(["broken"])).toMatchObject({
      ok: false,
      error: { pythonClass: "builtins.Exception", args: ["unforeseen"] },
    });
    client.close();
  });

  test("answers odd requests as Python would", async () => {
    await listen();
    const client = await ControlClient.connect(path);
    const socket = connect(path);
    socket.write(Buffer.concat([frameMessage(encodePickle(5)), frameMessage(encodePickle("ping"))]));
    socket.write(Buffer.concat([frameMessage(encodePickle(new Map())), frameMessage(encodePickle(null))]));
    const replies = await receive(socket, 4);
    expect(replies.map((reply) => reply.includes("subscriptable"))).toEqual([true, false, false, true]);
    expect(replies[1]?.includes("Invalid command")).toBe(true);
    expect(replies[2]?.includes("KeyError")).toBe(true);
    socket.destroy();
    client.close();
  });

  test("says what is wrong with bytes that are no request, and goes on", async () => {
    await listen();
    const bytes = Buffer.concat([END, frameMessage(Buffer.from("garbage")), request("b")]);
    expect(await exchange(bytes, 3)).toEqual([
      "ERROR: Ran out of input",
      "ERROR: pickle data was truncated",
      new PyTuple([0, ["b"]]),
    ]);
    expect(problems).toContain("PROTO-error: load message failed: Ran out of input");
  });

  test("hangs up on a message that is too long", async () => {
    await listen({ maxMessage: 1000 });
    expect(await exchange(Buffer.alloc(5000, "x"))).toEqual([]);
    expect(problems.join()).toContain("longer than 1000 bytes");
    expect(await exchange(request("b"), 1)).toHaveLength(1);
  });

  test("survives garbage", async () => {
    await listen();
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(END),
      fc.constant(request("b")),
      fc.constant(CLOSE),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const socket = connect({ path, allowHalfOpen: true });
        socket.end(Buffer.concat(parts));
        await receive(socket, Number.POSITIVE_INFINITY);
      }),
      { numRuns: 150 },
    );
    expect(await exchange(request("b"), 1)).toEqual([new PyTuple([0, ["b"]])]);
  });

  test("a thousand idle connections delay nobody", async () => {
    await listen();
    const idle = await Promise.all(Array.from({ length: 1000 }, () => ControlClient.connect(path)));
    const start = performance.now();
    expect(await exchange(request("b"), 1)).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(1000);
    for (const client of idle) {
      client.close();
    }
  });

  test("tells open connections when it shuts down", async () => {
    await listen();
    const client = await ControlClient.connect(path);
    await client.send(["a"]);
    server.stopCommands();
    const reply = await client.send(["ping"]);
    expect(!reply.ok && reply.error.message).toBe("Server is shutting down");
    client.close();
  });

  test("replaces the socket file of a dead server", async () => {
    await listen();
    const dead = join(directory, "dead.sock");
    await leaveSocketFile(dead);
    const second = new ControlServer({ endpoint: { path: dead }, handler: handle });
    await second.listen();
    const client = await ControlClient.connect(dead);
    expect(await client.send(["a"])).toEqual({ ok: true, value: ["a"] });
    client.close();
    await second.close();
  });

  test("does not take the place of a living server or of another file", async () => {
    await listen();
    const second = new ControlServer({ endpoint: { path }, handler: handle });
    await expect(second.listen()).rejects.toMatchObject({ code: "server-running" });
    const file = join(directory, "file");
    writeFileSync(file, "precious");
    const third = new ControlServer({ endpoint: { path: file, force: true }, handler: handle });
    await expect(third.listen()).rejects.toMatchObject({ code: "socket-path" });
  });
});

describe("ControlClient", () => {
  test("tells apart why it cannot connect", async () => {
    await listen();
    await expect(ControlClient.connect(join(directory, "none"))).rejects.toMatchObject({
      code: "socket-missing",
    });
    const dead = join(directory, "dead.sock");
    await leaveSocketFile(dead);
    await expect(ControlClient.connect(dead)).rejects.toMatchObject({
      code: "socket-refused",
      message: "[Errno 111] Connection refused",
    });
  });

  test("waits no longer than told", async () => {
    await listen();
    const client = await ControlClient.connect(path);
    await expect(client.send(["sleep", 300], 30)).rejects.toMatchObject({
      code: "timeout",
      message: "timed out",
    });
    client.close();
  });

  test("notices that the server is gone", async () => {
    await listen();
    const client = await ControlClient.connect(path);
    const answer = expect(client.send(["sleep", 5000])).rejects.toMatchObject({ code: "connection-lost" });
    await sleep(30);
    await server.close(0);
    await answer;
  });
});

/** Puts a socket file where nobody listens: linking it elsewhere keeps it when its server closes. */
async function leaveSocketFile(target: string): Promise<void> {
  const { linkSync } = await import("node:fs");
  const living = `${target}.living`;
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.listen(living, resolve);
  });
  linkSync(living, target);
  await new Promise((resolve) => other.close(resolve));
}
