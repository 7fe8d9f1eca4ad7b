/** Each target for a moment, always with the same inputs first; `npm run fuzz` looks for longer and further. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fuzz, tryInput } from "./fuzz";
import { createRandom, type FuzzTarget } from "./target";
import { TARGETS } from "./targets";

const CASES = join(import.meta.dirname, "cases");
const DURATION = 1000;

describe("the fuzzer", () => {
  const target = (check: FuzzTarget["check"]): FuzzTarget => ({
    name: "test",
    seeds: () => [Buffer.from("abc")],
    words: ["xyz"],
    check,
  });
  const options = { seed: 1, duration: 3000, most: 1 };

  it("finds an input that is dealt with badly", async () => {
    const check = (input: Buffer): void => {
      if (input.includes("xyz")) {
        throw new Error("bad");
      }
    };
    const { findings } = await fuzz(target(check), options);
    expect(findings.map(({ error }) => error.message)).toEqual(["bad"]);
    expect(findings[0]?.input.toString()).toContain("xyz");
  });

  it("finds an input that is dealt with badly later on", async () => {
    const check = async (input: Buffer): Promise<void> => {
      await Promise.resolve();
      expect(input.includes("xyz")).toBe(false);
    };
    expect((await fuzz(target(check), options)).findings).toHaveLength(1);
  });

  it("ends work that goes on for ever, and says so", async () => {
    const check = (input: Buffer): void => {
      while (input.length > 0) {
        // Round and round.
      }
    };
    const error = await tryInput(target(check), Buffer.from("x"));
    expect(error?.message).toBe("took more than 5000 ms");
  });

  it("tells work that grows with the square of the input from a slow machine", async () => {
    const work = (milliseconds: number): void => {
      const begin = process.cpuUsage();
      for (let spent = 0; spent < milliseconds * 1000; ) {
        const { user, system } = process.cpuUsage(begin);
        spent = user + system;
      }
    };
    const linear = target((input) => work(input.length));
    const square = target((input) => work((input.length / 40) ** 2));
    expect(await tryInput(linear, Buffer.alloc(1500))).toBeUndefined();
    expect((await tryInput(square, Buffer.alloc(1500)))?.message).toMatch(/^took \d+ ms of CPU$/);
  });

  it("tries the same for the same seed", () => {
    const numbers = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 20 }, () => random.below(1000));
    };
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
  });
});

describe.each(TARGETS.map((target) => [target.name, target] as const))("%s", (name, target) => {
  afterAll(() => target.close?.());
  const folder = join(CASES, name);
  const cases = existsSync(folder) ? readdirSync(folder) : [];

  it.each(cases)("case %s", async (file) => {
    expect(await tryInput(target, readFileSync(join(folder, file)))).toBeUndefined();
    target.settle?.();
  });

  it("holds", async () => {
    const { findings, runs } = await fuzz(target, { seed: 20, duration: DURATION, most: 1 });
    expect(findings.map(({ input, error }) => [input.toString("latin1"), error.stack])).toEqual([]);
    expect(runs).toBeGreaterThan(0);
  });
});
