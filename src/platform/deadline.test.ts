import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Deadline } from "./deadline";

/** As if this process had been stopped. */
function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    // Nobody else gets to work.
  }
}

describe("Deadline", () => {
  it("calls back when the time is over", async () => {
    let calls = 0;
    const deadline = new Deadline(30, () => (calls += 1));
    await sleep(120);
    expect(calls).toBe(1);
    deadline.cancel();
  });

  it("does not once it is called off, and counts anew after a refresh", async () => {
    const calls: string[] = [];
    new Deadline(30, () => calls.push("off")).cancel();
    const refreshed = new Deadline(200, () => calls.push("refreshed"));
    await sleep(100);
    refreshed.refresh();
    await sleep(150);
    expect(calls).toEqual([]);
    await sleep(150);
    expect(calls).toEqual(["refreshed"]);
  });

  it("gives those another chance who could not be heard", async () => {
    const calls: string[] = [];
    const deadline = new Deadline(100, () => calls.push("over"));
    setTimeout(() => {
      calls.push("done");
      deadline.cancel();
    }, 120);
    standStill(600);
    await sleep(300);
    expect(calls).toEqual(["done"]);
  });

  it("gives no more than one for the time that was lost", async () => {
    let calls = 0;
    new Deadline(100, () => (calls += 1)).unref();
    standStill(600);
    await sleep(400);
    expect(calls).toBe(1);
  });
});
