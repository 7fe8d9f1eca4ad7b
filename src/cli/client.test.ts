import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ControlServer, unknownJailError } from "../control";
import type { Command, CommandValue } from "../model";
import { runClient } from "./client";

let folder: string;
let socket: string;
let server: ControlServer;
let requests: Command[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "client-"));
  socket = join(folder, "f.sock");
  requests = [];
  writeFileSync(join(folder, "fail2ban.conf"), `[Definition]\nsocket = ${socket}\n`);
  writeFileSync(join(folder, "jail.conf"), "[DEFAULT]\nbackend = polling\n[off]\nenabled = false\n");
  server = new ControlServer({ endpoint: { path: socket }, handler: answer });
  await server.listen();
});

afterEach(async () => {
  await server.close(0);
  rmSync(folder, { recursive: true });
});

async function answer(command: Command): Promise<CommandValue> {
  requests.push(command);
  if (command[0] === "status") {
    throw unknownJailError(command[1] ?? null);
  }
  return Promise.resolve(command[0] === "ping" ? "pong" : "OK");
}

interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: readonly string[]): Promise<Result> {
  let out = "";
  let err = "";
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    unicode: true,
  };
  const defaults = { program: "fail2ban-client", conf: folder, server: join(folder, "no-server") };
  const status = await runClient(args, io, defaults);
  return { status, out, err: err.replaceAll(/^.{23} fail2ban {16}\[\d+\]: /gm, "") };
}

describe("runClient", () => {
  test("finds the socket in the configuration", async () => {
    expect(await run("ping")).toEqual({ status: 0, out: "Server replied: pong\n", err: "" });
  });

  test("sends words as they are", async () => {
    await run("set", "off", "x", "", "5", "ü");
    expect(requests).toEqual([["set", "off", "x", "", "5", "ü"]]);
  });

  test("tells refusals on both outputs", async () => {
    expect(await run("status", "none")).toEqual({
      status: 255,
      out: "Sorry but the jail 'none' does not exist\n",
      err: "ERROR   NOK: ('none',)\n",
    });
  });

  test("sends a reload with the configuration", async () => {
    expect(await run("reload", "--unban", "off")).toMatchObject({ status: 0, out: "OK\n" });
    expect(requests.map((request) => request.slice(0, 3))).toEqual([
      ["ping"],
      ["reload", "off", ["--unban"]],
    ]);
    expect(await run("reload")).toMatchObject({ status: 0 });
    expect(requests.at(-1)?.slice(0, 3)).toEqual(["reload", "--all", []]);
  });

  test("reloads nothing for a jail that is not configured, and has the server's log say so", async () => {
    const result = await run("reload", "nojail");
    expect(result.status).toBe(255);
    expect(result.err).toContain("Failed during configuration: No section: 'nojail'");
    expect(requests.map(([word]) => word)).toEqual(["ping", "config-error"]);
  });

  test("restart of a jail is a reload", async () => {
    await run("restart", "off");
    expect(requests.at(-1)?.slice(0, 3)).toEqual(["reload", "off", ["--restart"]]);
  });

  test("refuses to start beside a living server", async () => {
    expect(await run("start")).toMatchObject({ status: 255, err: "ERROR   Server already running\n" });
  });

  test("says that the server could not be started", async () => {
    await server.close(0);
    const result = await run("--timeout", "5", "start");
    expect(result.status).toBe(255);
    expect(result.err).toContain("ended at once with status 127");
  });

  test("does not wait for ever for an answer", async () => {
    await server.close(0);
    server = new ControlServer({
      endpoint: { path: socket },
      handler: async () => new Promise((resolve) => setTimeout(() => resolve(null), 300)),
    });
    await server.listen();
    expect(await run("ping", "0.05")).toMatchObject({ status: 255, err: "ERROR   timed out\n" });
  });

  test("-q hides nothing that went wrong, -v tells more", async () => {
    expect((await run("-q", "status", "x")).err).toContain("NOK");
    expect((await run("-v", "reload")).err).toContain("INFO    Using socket file");
  });

  test("prints durations as Python does", async () => {
    expect((await run("--str2sec", "1y")).out).toBe("31557600.0\n");
    expect((await run("--str2sec", "1d12h", "ping")).out).toBe("129600\n");
  });

  test("shows usage that fits its columns", async () => {
    const { status, out } = await run("--help");
    expect(status).toBe(0);
    expect(out.split("\n")[0]).toBe("Usage: fail2ban-client [OPTIONS] <COMMAND>");
    const commands = out.slice(out.indexOf("Command:"));
    expect(commands).toContain("\n    start                                    start server and jails\n");
    expect(Math.max(...commands.split("\n").map((line) => line.length))).toBeLessThanOrEqual(79);
    expect((await run("--bogus")).err).toBe("Init of command line failed\n");
  });
});
