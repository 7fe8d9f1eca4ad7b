import { describe, expect, it } from "vitest";
import type { CommandResult, CommandRunner } from "../platform";
import { limitRunner } from "./limited-runner";

class SlowRunner implements CommandRunner {
  readonly started: string[] = [];
  most = 0;
  #running = 0;

  async run({ script }: { script: string }): Promise<CommandResult> {
    this.started.push(script);
    this.#running++;
    this.most = Math.max(this.most, this.#running);
    await new Promise((resolve) => setTimeout(resolve, script === "hangs" ? 300 : 2));
    this.#running--;
    if (script === "throws") {
      throw new Error("broken runner");
    }
    return { code: 0, stdout: "", stderr: "", timedOut: false, duration: 0 };
  }
}

describe("limitRunner", () => {
  it.each([1, 3])("lets %i commands run at once, in order", async (concurrency) => {
    const slow = new SlowRunner();
    const runner = limitRunner(slow, concurrency);
    const scripts = Array.from({ length: 10 }, (_, i) => `c${i}`);
    await Promise.all(scripts.map((script) => runner.run({ script, timeout: 1 })));
    expect(slow.started).toEqual(scripts);
    expect(slow.most).toBe(concurrency);
  });

  it("does not wait for a command that hangs", async () => {
    const slow = new SlowRunner();
    const runner = limitRunner(slow, 1, 20);
    const ends: string[] = [];
    const scripts = ["hangs", "a", "b", "c"];
    await Promise.all(
      scripts.map((script) => runner.run({ script, timeout: 1 }).then(() => ends.push(script))),
    );
    expect(ends).toEqual(["a", "b", "c", "hangs"]);
    expect(slow.most).toBe(2);
  });

  it("gives the place free after a runner that throws", async () => {
    const runner = limitRunner(new SlowRunner());
    await expect(runner.run({ script: "throws", timeout: 1 })).rejects.toThrow("broken runner");
    expect((await runner.run({ script: "next", timeout: 1 })).code).toBe(0);
  });
});
