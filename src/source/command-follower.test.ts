import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector, waitUntil } from "./collector.testing";
import { startCommand } from "./command-process";
import { openSource } from "./open-source";
import type { Follower, FollowOptions } from "./follower";

let folder: string;
let collector: Collector;
const followers: Follower[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-command-"));
  collector = new Collector();
});

afterEach(async () => {
  await Promise.all(followers.splice(0).map((follower) => follower.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function follow(command: string, options: Partial<FollowOptions> = {}): Follower {
  const follower = openSource({ path: `command:${command}`, ...options }, collector);
  followers.push(follower);
  follower.start();
  return follower;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function readPid(name: string): number {
  try {
    return Number(readFileSync(join(folder, name), "utf8"));
  } catch {
    return 0;
  }
}

describe("the output of a command", () => {
  it("is read line by line: first what is past, then what comes", async () => {
    follow("echo one; sleep 1.3; echo two; exec sleep 60");
    await collector.waitForLines(2);
    expect(collector.lines).toEqual(["one", "two"]);
    expect(collector.phases).toEqual(["initial", "operation"]);
    expect(collector.caughtUpCalls).toBe(1);
  });

  it("is asked for from the last time on", async () => {
    follow('echo "$WARDER_SINCE"; exec sleep 60', {
      checkpoint: { hash: "", position: 1_795_000_000 },
      seek: { from: 1_794_999_000.5, timeOf: () => undefined },
      now: () => 1_795_000_600.7,
    });
    await collector.waitForLines(1);
    expect(collector.lines).toEqual(["1795000000"]);
    await waitUntil(() => collector.checkpoints.length > 0);
    expect(collector.checkpoints.at(-1)?.position).toBe(1_795_000_600);
  });

  it("comes again when the command has ended, and its end is told", async () => {
    follow(`echo run; echo oops >&2; exit 3`);
    await collector.waitForLines(2);
    expect(collector.lines).toEqual(["run", "run"]);
    const texts = collector.events.map((event) =>
      event.type === "error" ? event.error.message : event.type === "complaint" ? event.text : event.type,
    );
    expect(texts.slice(0, 2).sort()).toEqual(["it ended with status 3; it is started again", "oops"]);
  });

  it("has no half lines of a command that was cut off, but a last line of one that ended well", async () => {
    follow("printf 'from 192.0.2.1'; kill -9 $$");
    const ended = (): boolean => collector.events.some((event) => event.type === "error");
    await waitUntil(ended);
    expect(collector.lines).toEqual([]);
    follow("printf whole");
    await collector.waitForLines(1);
    expect(collector.lines).toEqual(["whole"]);
  });

  it("ends with the command and all it has started", async () => {
    const follower = follow(`sleep 300 & echo $! > ${folder}/a; echo $$ > ${folder}/b; echo x; wait`);
    await collector.waitForLines(1);
    const pids = [readPid("a"), readPid("b")];
    expect(pids.every(isAlive)).toBe(true);
    await follower.stop();
    await waitUntil(() => !pids.some(isAlive));
  });

  it("leaves nothing behind when its reader is killed", async () => {
    const script = join(folder, "reader.mjs");
    const command = `echo $$ > ${folder}/pid; exec sleep 300`;
    // What startCommand runs, by a process that can be killed.
    writeFileSync(
      script,
      `import { spawn } from "node:child_process";
       const args = JSON.parse(process.argv[2]);
       spawn("/bin/sh", args, { stdio: "pipe", detached: true });
       setInterval(() => {}, 1000);`,
    );
    const args = captureArguments(command);
    const reader = spawn(process.execPath, [script, JSON.stringify(args)]);
    await waitUntil(() => readPid("pid") > 0);
    const pid = readPid("pid");
    expect(isAlive(pid)).toBe(true);
    reader.kill("SIGKILL");
    await waitUntil(() => !isAlive(pid));
  });
});

/** The arguments sh is started with, as the process table shows them. */
function captureArguments(command: string): string[] {
  const child = startCommand("cat /proc/$PPID/cmdline > " + join(folder, "cmdline") + "; sleep 60", {});
  const end = Date.now() + 3000;
  let words: string[] = [];
  while (words.length < 5 && Date.now() < end) {
    try {
      words = readFileSync(join(folder, "cmdline"), "utf8").split("\0");
    } catch {
      // Not written yet.
    }
  }
  child.stop();
  return [...words.slice(1, 4), command];
}
