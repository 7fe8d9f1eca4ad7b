import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "./clock";
import { Logger } from "./logger";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("Logger", () => {
  it("writes at and above its level only", async () => {
    const path = join(folder, "a.log");
    const logger = new Logger(systemClock(), path);
    logger.log("DEBUG", "jail", "quiet");
    logger.setLevel("debug");
    logger.log("DEBUG", "jail", "heard");
    await Promise.resolve();
    expect(readFileSync(path, "utf8")).toMatch(/^[^\n]*DEBUG {3}heard\n$/);
    expect(logger.level).toBe("DEBUG");
  });

  it("writes thousands of lines in parts and in order", async () => {
    const path = join(folder, "a.log");
    const logger = new Logger(systemClock(), path);
    const numbers = Array.from({ length: 5000 }, (_, i) => String(i));
    numbers.forEach((number) => logger.log("INFO", "jail", number));
    expect(readFileSync(path).length).toBeGreaterThan(100_000);
    await Promise.resolve();
    expect(readFileSync(path, "utf8").match(/\d+$/gm)).toEqual(numbers);
  });

  it("follows a rotated file after flush", async () => {
    const path = join(folder, "a.log");
    const logger = new Logger(systemClock(), path);
    renameSync(path, `${path}.1`);
    logger.log("INFO", "jail", "old");
    expect(logger.flush()).toBe("rolled over");
    logger.log("INFO", "jail", "new");
    await Promise.resolve();
    expect(readFileSync(`${path}.1`, "utf8")).toContain("old");
    expect(readFileSync(path, "utf8")).toContain("new");
  });

  it("keeps its target when the new one cannot be opened", async () => {
    const path = join(folder, "a.log");
    const logger = new Logger(systemClock(), path);
    expect(() => logger.setTarget(join(path, "below-a-file.log"))).toThrow(/Unable to log to/);
    logger.log("INFO", "jail", "still here");
    await Promise.resolve();
    expect(readFileSync(path, "utf8")).toContain("still here");
  });

  it("refuses an unknown level by name", () => {
    const logger = new Logger(systemClock(), join(folder, "a.log"));
    expect(() => logger.setLevel("FOO")).toThrow("Invalid log level 'FOO'");
  });
});
