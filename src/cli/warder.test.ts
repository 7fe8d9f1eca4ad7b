import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ControlServer } from "../control";
import type { Command } from "../model";
import { runWarder, type WarderProgram } from "./warder";

let folder: string;
let server: ControlServer;
let received: Command[];
let output: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "warder-cli-"));
  received = [];
  output = "";
  server = new ControlServer({
    endpoint: { path: join(folder, "sock") },
    handler: (command) => {
      received.push(command);
      return Promise.resolve(1);
    },
  });
  await server.listen();
  writeFileSync(join(folder, "fail2ban.conf"), `[Definition]\nsocket = ${join(folder, "sock")}\n`);
  writeFileSync(join(folder, "jail.conf"), "[DEFAULT]\n");
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): Promise<number> {
  const write = (text: string): void => void (output += text);
  const program: WarderProgram = {
    io: { out: write, err: write, unicode: true },
    defaults: { program: "warder", conf: folder, server: "/nonexistent" },
    script: "/nonexistent",
    readerScript: "/nonexistent",
    server: "/nonexistent",
    shippedTree: folder,
  };
  return runWarder(args, program);
}

describe("warder", () => {
  it.each([
    [
      ["ban", "sshd", "192.0.2.1", "192.0.2.2"],
      ["set", "sshd", "banip", "192.0.2.1", "192.0.2.2"],
    ],
    [
      ["unban", "192.0.2.1"],
      ["unban", "192.0.2.1"],
    ],
    [
      ["unban", "--all"],
      ["unban", "--all"],
    ],
    [
      ["banned", "192.0.2.1"],
      ["banned", "192.0.2.1"],
    ],
    [
      ["get", "sshd", "bantime"],
      ["get", "sshd", "bantime"],
    ],
    [
      ["set", "sshd", "bantime", "-1"],
      ["set", "sshd", "bantime", "-1"],
    ],
  ])("sends %j as %j, its options written in front", async (words, command) => {
    expect(await run("--conf", folder, ...words)).toBe(0);
    expect(received).toEqual([command]);
  });

  it("takes the options behind the command too", async () => {
    expect(await run("ban", "sshd", "192.0.2.1", "--socket", join(folder, "sock"))).toBe(0);
    expect(received).toEqual([["set", "sshd", "banip", "192.0.2.1"]]);
  });

  it.each([[["ban"]], [["ban", "sshd"]], [["unban"]]])(
    "says what %j lacks and sends nothing",
    async (words) => {
      expect(await run("--conf", folder, ...words)).toBe(255);
      expect(output).toMatch(/^warder: (?:un)?ban needs /);
      expect(received).toEqual([]);
    },
  );

  it("says where it looked for a daemon, without the columns of a log", async () => {
    expect(await run("--socket", join(folder, "none"), "status")).toBe(255);
    expect(output).toMatch(/^warder: .*none/);
  });

  it("lists its commands", async () => {
    expect(await run("help")).toBe(0);
    expect(output).toMatch(/^ {2}protect .*\n {2}start /m);
  });
});
