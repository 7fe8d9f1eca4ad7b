import { describe, expect, it } from "vitest";
import { createProgramRunner } from "./program-runner";

describe("createProgramRunner", () => {
  it("gives the script to the program as its standard input, without a shell", async () => {
    const script = `$(exit 3) "';\n${"x".repeat(100_000)}`;
    const result = await createProgramRunner({ argv: ["cat"], outputLimit: 1 << 20 }).run({
      script,
      timeout: 5,
    });
    expect(result).toMatchObject({ code: 0, stdout: script, timedOut: false });
  });

  it("keeps no more output than it is told to", async () => {
    const result = await createProgramRunner({ argv: ["cat"], outputLimit: 10 }).run({
      script: "x".repeat(100),
      timeout: 5,
    });
    expect(result.stdout).toBe("x".repeat(10));
  });

  it("tells the exit code of a program that reads nothing, and why one could not be started", async () => {
    const script = "x".repeat(1_000_000);
    const nothing = await createProgramRunner({ argv: ["false"] }).run({ script, timeout: 5 });
    expect(nothing).toMatchObject({ code: 1 });
    const missing = await createProgramRunner({ argv: ["/nonexistent/program"] }).run({ script, timeout: 5 });
    expect(missing).toMatchObject({ startError: "ENOENT" });
  });

  it("ends a program that hangs", async () => {
    const result = await createProgramRunner({ argv: ["sleep", "30"] }).run({ script: "", timeout: 0.1 });
    expect(result.timedOut).toBe(true);
    expect(result.duration).toBeLessThan(5);
  });
});
