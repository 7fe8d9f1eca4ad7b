import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findIntruder } from "./safe-path";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-path-"));
  mkdirSync(join(folder, "open"));
  chmodSync(join(folder, "open"), 0o777);
  mkdirSync(join(folder, "sticky"));
  chmodSync(join(folder, "sticky"), 0o1777);
  mkdirSync(join(folder, "open", "inner"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("nobody can get at a path whose folders are ours, root's, or like /tmp", () => {
  writeFileSync(join(folder, "sticky", "file"), "");
  for (const path of ["/", "/nonexistent/x", folder, join(folder, "new"), join(folder, "sticky", "file")]) {
    expect([path, findIntruder(path)]).toEqual([path, undefined]);
  }
});

test("a folder that everybody may write to is found above, and behind links", () => {
  symlinkSync("open/inner", join(folder, "link"));
  const reason = `everybody may write to folder "${join(folder, "open")}"`;
  for (const name of ["open", "open/new", "open/inner/new", "link", "link/new"]) {
    expect([name, findIntruder(join(folder, name))]).toEqual([name, reason]);
  }
});

test("links that lead in circles end", () => {
  symlinkSync("b", join(folder, "a"));
  symlinkSync("a", join(folder, "b"));
  expect(findIntruder(join(folder, "a", "x"))).toContain("leads in circles");
});
