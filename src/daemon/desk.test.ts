import { expect, test } from "vitest";
import { Desk, isMarked } from "./desk";

test("shows through shared memory what the other side is at", () => {
  const reader = new Desk();
  const watcher = new Desk(reader.shared);
  expect(watcher.look()).toBeUndefined();
  reader.begin("web-ü", "failure from ☃ 192.0.2.1");
  expect(watcher.look()).toEqual({ jail: "web-ü", line: { start: "failure from ☃ 192.0.2.1", length: 24 } });
  const { turn } = watcher;
  reader.end();
  expect(watcher.look()).toBeUndefined();
  reader.begin("web-ü", "short");
  expect(watcher.turn).toBe(turn + 2);
  expect(watcher.look()?.line).toEqual({ start: "short", length: 5 });
});

test("keeps the beginning of a long line and knows it again", () => {
  const desk = new Desk();
  const line = "a".repeat(1_000_000);
  desk.begin("web", line);
  const mark = desk.look()?.line ?? { start: "", length: 0 };
  expect(mark.start.length).toBeLessThan(10_000);
  expect(isMarked(line, mark)).toBe(true);
  expect(isMarked(`${line}a`, mark)).toBe(false);
  expect(isMarked(`b${line.slice(1)}`, mark)).toBe(false);
});

test("cuts the name of a jail that is longer than any can be", () => {
  const desk = new Desk();
  desk.begin("j".repeat(5000), "x");
  expect(desk.look()?.jail).toBe("j".repeat(512));
});
