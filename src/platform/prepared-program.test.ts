import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { PreparedRunner } from "./prepared-program";

/** Prints what it has read and the number of its process, then ends with the status that stands behind "exit". */
const PROGRAM = 'text=$(cat "$0"); printf "%s|%s" "$$" "$text"; exit "${text##*exit }"';

describe("PreparedRunner", () => {
  const runners: PreparedRunner[] = [];
  const make = (script = PROGRAM) => {
    const pids: number[] = [];
    const runner = new PreparedRunner({
      argv: (file) => ["sh", "-c", script, file === "-" ? "/dev/stdin" : file],
      started: (pid) => pids.push(pid),
    });
    runners.push(runner);
    return { runner, pids, run: (text: string) => runner.run({ script: text, timeout: 5 }) };
  };
  afterEach(() => runners.splice(0).forEach((runner) => runner.close()));

  it("gives each script to a process of its own, which was there before, and tells how it ended", async () => {
    const { run, pids } = make();
    await run("first exit 0");
    for (let i = 0; i < 10; i++) {
      await sleep(100);
      expect(pids).toHaveLength(i + 2);
      const prepared = pids.at(-1);
      const result = await run(`script ${i} exit ${i}`);
      expect(result).toMatchObject({ code: i, stdout: `${prepared}|script ${i} exit ${i}`, timedOut: false });
    }
  });

  it("gives long scripts, and scripts for which nobody waits, to an ordinary process", async () => {
    const { run, pids } = make();
    const long = `${"x".repeat(200_000)} exit 3`;
    expect(await run(long)).toMatchObject({ code: 3 });
    await sleep(100);
    expect(await run(long)).toMatchObject({ code: 3 });
    process.kill(-(pids[1] ?? 0), "SIGKILL");
    await sleep(100);
    expect(await run("after a murder exit 4")).toMatchObject({ code: 4 });
    expect(await run("exit 5")).toMatchObject({ code: 5 });
  });

  it("does not wait for a program that never looks at its script, and ends one that hangs", async () => {
    const { runner } = make("sleep 30");
    for (let i = 0; i < 2; i++) {
      const result = await runner.run({ script: "x", timeout: 0.2 });
      expect(result.timedOut).toBe(true);
      expect(result.duration).toBeLessThan(3);
    }
  });

  it("lets a program that complains about its script look into the file again without waiting for ever", async () => {
    const { run } = make('cat "$0" >/dev/null; head -c 10 "$0" 2>/dev/null; exit 7');
    await run("x");
    const result = await run("y");
    expect(result).toMatchObject({ code: 7, timedOut: false });
  });

  it("says why a program cannot be started, each time", async () => {
    const runner = new PreparedRunner({ argv: () => ["/nonexistent/program"] });
    runners.push(runner);
    for (let i = 0; i < 3; i++) {
      expect(await runner.run({ script: "x", timeout: 5 })).toMatchObject({ startError: "ENOENT" });
    }
  });

  it("ends the process that waits, and leaves no pipe of a process that was killed", async () => {
    const { run, pids, runner } = make();
    await run("exit 0");
    await sleep(100);
    const waiting = pids.at(-1) ?? 0;
    expect(() => process.kill(waiting, 0)).not.toThrow();
    runner.close();
    await sleep(100);
    expect(() => process.kill(waiting, 0)).toThrow(/ESRCH/);
    const folders = ["/run", tmpdir()].flatMap((folder) => readdirSync(folder));
    expect(folders.filter((name) => name.startsWith(`warder-pipes-${process.pid}-`))).toEqual([]);
  });
});
