import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createShellRunner, signalNumber } from "./command-runner";

describe("createShellRunner", () => {
  const runner = createShellRunner();
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "warder-run-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("tells how a command ended and what it said", async () => {
    const result = await runner.run({ script: "echo out; echo err >&2; exit 3", timeout: 5 });
    expect(result).toMatchObject({ code: 3, stdout: "out\n", stderr: "err\n", timedOut: false });
    expect(result.duration).toBeLessThan(5);
  });

  it("hands variables over in the environment", async () => {
    const variables = new Map([["f2bV_matches", "a 'b'\n$(touch x)`id`"]]);
    const result = await runner.run({ script: 'printf %s "$f2bV_matches"', variables, timeout: 5 });
    expect(result.stdout).toBe("a 'b'\n$(touch x)`id`");
  });

  it("gives an empty standard input, a process group of its own and the surroundings", async () => {
    const here = createShellRunner({
      cwd: folder,
      environment: { PATH: process.env["PATH"], COLOUR: "red" },
    });
    const result = await here.run({
      script: 'cat; pwd; echo "$COLOUR"; ps -o pgid= -p $$; echo $$',
      timeout: 5,
    });
    const [cwd, colour, group, pid] = result.stdout.trim().split(/\s+/);
    expect([cwd, colour]).toEqual([folder, "red"]);
    expect(group).toBe(pid);
  });

  it("ends a hanging command with all its children", async () => {
    const mark = join(folder, "late");
    const script = `trap '' TERM; (sleep 1.5; touch ${mark}) & sleep 20`;
    const result = await runner.run({ script, timeout: 0.2 });
    expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
    expect(result.duration).toBeLessThan(1.4);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    expect(existsSync(mark)).toBe(false);
  });

  it("lets a command that obeys SIGTERM end by it", async () => {
    const result = await runner.run({ script: "sleep 20", timeout: 0.2 });
    expect(result).toMatchObject({ timedOut: true, signal: "SIGTERM" });
  });

  it("does not wait for a child in the background that holds the output", async () => {
    const result = await runner.run({ script: "sleep 3 & echo done", timeout: 5 });
    expect(result).toMatchObject({ code: 0, stdout: "done\n", timedOut: false });
    expect(result.duration).toBeLessThan(2);
  });

  it("keeps a bounded part of a flood and lets the command finish", async () => {
    const result = await runner.run({
      script: "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2",
      timeout: 20,
    });
    expect(result.code).toBe(0);
    expect(result.stdout.length).toBe(64 * 1024);
    expect(result.stderr).toBe("end\n");
  });

  it("reports a shell that cannot be started instead of throwing", async () => {
    const huge = new Map([["f2bV_x", "x".repeat(200_000)]]);
    expect(await runner.run({ script: "true", variables: huge, timeout: 5 })).toMatchObject({
      startError: "E2BIG",
    });
    const nul = await runner.run({ script: "true \0", timeout: 5 });
    expect(nul.startError).toBe("ERR_INVALID_ARG_VALUE");
    const nowhere = createShellRunner({ cwd: join(folder, "missing") });
    expect(await nowhere.run({ script: "true", timeout: 5 })).toMatchObject({ startError: "ENOENT" });
  });

  it("knows the numbers of signals", () => {
    expect([signalNumber("SIGTERM"), signalNumber("SIGKILL")]).toEqual([15, 9]);
  });
});
