import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Turns } from "./turns";

/** Work that notes its beginning and end. */
function note(log: string[], name: string, milliseconds: number): () => Promise<void> {
  return async () => {
    log.push(`${name} begins`);
    await sleep(milliseconds);
    log.push(`${name} ends`);
  };
}

describe("Turns", () => {
  it("runs what may run together at once, and nothing beside what runs alone", async () => {
    const turns = new Turns();
    const log: string[] = [];
    await Promise.all([
      turns.alone(note(log, "start", 10)),
      turns.together(note(log, "a", 20)),
      turns.together(note(log, "b", 1)),
      turns.alone(note(log, "flush", 10)),
      turns.together(note(log, "c", 1)),
    ]);
    expect(log).toEqual([
      "start begins",
      "start ends",
      "a begins",
      "b begins",
      "b ends",
      "a ends",
      "flush begins",
      "flush ends",
      "c begins",
      "c ends",
    ]);
  });

  it("does not let slow work in order hold up work that runs together", async () => {
    const turns = new Turns();
    const log: string[] = [];
    await Promise.all([
      turns.inOrder(note(log, "mail 1", 20)),
      turns.inOrder(note(log, "mail 2", 1)),
      turns.together(note(log, "block", 1)),
    ]);
    expect(log.indexOf("block ends")).toBeLessThan(log.indexOf("mail 1 ends"));
    expect(log.indexOf("mail 2 begins")).toBeGreaterThan(log.indexOf("mail 1 ends"));
  });

  it("goes on after work that fails", async () => {
    const turns = new Turns();
    const fail = (): Promise<never> => Promise.reject(new Error("broken"));
    const failures = await Promise.allSettled([turns.alone(fail), turns.together(fail), turns.inOrder(fail)]);
    expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(turns.alone(() => Promise.resolve("fine"))).resolves.toBe("fine");
  });
});
