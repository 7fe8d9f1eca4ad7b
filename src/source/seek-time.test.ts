import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, double, integer, property, record } from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { UTF8 } from "./encoding";
import { LogFile } from "./log-file";
import { findStart } from "./seek-time";

const LINES = 60_000;
let folder: string;
let file: LogFile;
let text: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-seek-"));
  // Every third line has no date, as continuation lines have none.
  const lines = Array.from({ length: LINES }, (_, i) =>
    i % 3 === 2 ? "  continued" : `${i} failure ${"x".repeat(i % 190)}`,
  );
  text = `${lines.join("\n")}\n`;
  writeFileSync(join(folder, "x.log"), text);
  file = new LogFile(join(folder, "x.log"));
});

afterAll(() => {
  file.close();
  rmSync(folder, { recursive: true, force: true });
});

function timeOf(line: string): number | undefined {
  const digits = /^\d+ /.exec(line);
  return digits ? Number(digits[0]) : undefined;
}

it("leaves out only what is too old, and not much less", () => {
  const cases = record({
    from: integer({ min: -1, max: LINES + 1 }),
    part: double({ min: 0, max: 1, noNaN: true }),
  });
  assert(
    property(cases, ({ from, part }) => {
      const start = text.lastIndexOf("\n", Math.floor(part * text.length)) + 1;
      const found = findStart(file, UTF8, { timeOf, from }, { start, end: text.length });
      expect(found === start || text[found - 1] === "\n").toBe(true);
      const isWanted = (line: string): boolean => (timeOf(line) ?? -1) >= from;
      const all = text.slice(start).split("\n").filter(isWanted);
      const read = text.slice(found).split("\n");
      expect(read.filter(isWanted)).toEqual(all);
      const firstWanted = text.slice(start).search(new RegExp(`^${all[0] ?? "$^"}`, "m"));
      expect(firstWanted < 0 || start + firstWanted - found < 3 << 20).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it("reads everything of a log without dates", () => {
  const seek = { timeOf: () => undefined, from: 1e9 };
  expect(findStart(file, UTF8, seek, { start: 0, end: text.length })).toBe(0);
});
