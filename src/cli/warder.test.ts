import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ControlServer } from "../control";
import { formatPythonText, PyTuple, type Command, type CommandValue } from "../model";
import { runWarder, type WarderProgram } from "./warder";

let folder: string;
let server: ControlServer;
let received: Command[];
let output: string;
let answers: ReadonlyMap<string, CommandValue>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "warder-cli-"));
  received = [];
  output = "";
  answers = new Map();
  server = new ControlServer({
    endpoint: { path: join(folder, "sock") },
    handler: (command) => {
      received.push(command);
      return Promise.resolve(answers.get(command.map(formatPythonText).join(" ")) ?? 1);
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

  it("tells behind the status of a jail what has become of its bans", async () => {
    const enforcement = new Map<CommandValue, CommandValue>([
      ["applied", 4],
      ["pending", 0],
      ["failed", 1],
      ["reasons", new Map([["192.0.2.66", "no space"]])],
    ]);
    const list = [new PyTuple(["Number of jail", 2]), new PyTuple(["Jail list", "sshd, web"])];
    answers = new Map<string, CommandValue>([
      ["status", list],
      ["status sshd", [["Filter", []]]],
      ["status --all", [...list, new Map()]],
      ["get sshd enforcement", enforcement],
    ]);
    const place = ["--conf", folder];
    const told =
      "Enforcement for the jail: sshd\n|- In force:\t4\n|- Pending:\t0\n`- Failed:\t1\n   `- 192.0.2.66: no space\n";
    expect(await run(...place, "status", "sshd")).toBe(0);
    expect(output).toMatch(/^Status for the jail: sshd\n/);
    expect(output.endsWith(told)).toBe(true);
    output = "";
    expect(await run(...place, "status", "--all")).toBe(0);
    // A daemon that does not know has nothing to tell.
    expect(output.endsWith(told)).toBe(true);
    output = "";
    expect(await run(...place, "status")).toBe(0);
    expect(output).not.toContain("Enforcement");
    expect(await run(...place, "--json", "status", "sshd")).toBe(0);
    expect(output).not.toContain("Enforcement for");
  });

  it("lists its commands", async () => {
    expect(await run("help")).toBe(0);
    expect(output).toMatch(/^ {2}protect .*\n {2}start /m);
  });
});
