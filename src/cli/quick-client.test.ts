import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControlServer } from "../control";
import type { CommandValue } from "../model";
import { runClient } from "./client";
import { runQuickClient } from "./quick-client";

const DEFAULTS = { program: "fail2ban-client", conf: "/nowhere", server: "/nowhere" };
let folder: string;
let socket: string;
let server: ControlServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "client-"));
  socket = join(folder, "f.sock");
  server = new ControlServer({ endpoint: { path: socket }, handler: answer });
  await server.listen();
});

afterEach(async () => {
  await server.close(0);
  rmSync(folder, { recursive: true });
});

function answer(command: readonly CommandValue[]): Promise<CommandValue> {
  return command[0] === "ping" ? Promise.resolve("pong") : Promise.reject(new Error("no such command"));
}

async function show(run: typeof runClient | typeof runQuickClient, args: readonly string[]): Promise<string> {
  let text = "";
  const io = {
    out: (part: string) => void (text += part),
    err: (part: string) => void (text += part.replace(/^\S+ \S+/, "NOW")),
    unicode: true,
  };
  const status = await run(args, io, DEFAULTS);
  return `${status}: ${text}`;
}

test("says what the whole client says", async () => {
  for (const words of [["ping"], ["ping", "3"], ["ping", "x"], ["nonsense"]]) {
    const args = ["-s", socket, ...words];
    expect(await show(runQuickClient, args)).toBe(await show(runClient, args));
  }
  const args = ["-s", join(folder, "nobody"), "status"];
  expect(await show(runQuickClient, args)).toBe(await show(runClient, args));
  expect(await show(runQuickClient, ["-s", socket, "ping"])).toBe("0: Server replied: pong\n");
});

test("leaves to it what takes more than a question and its answer", () => {
  const all = [
    "ping",
    "-s SOCK",
    "-s SOCK start",
    "-s SOCK restart web",
    "-s SOCK reload",
    "-s SOCK -t ping",
    "-s SOCK -d ping",
    "-s SOCK -i ping",
    "-s SOCK -V",
    "-s SOCK --loglevel nonsense ping",
    "-s SOCK --nonsense",
  ];
  const io = { out: () => expect.unreachable(), err: () => expect.unreachable(), unicode: true };
  for (const args of all.map((text) => text.split(" "))) {
    expect(runQuickClient(args, io, DEFAULTS)).toBeUndefined();
  }
});
