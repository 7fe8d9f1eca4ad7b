import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileGlob, globPaths } from "./glob";

describe("compileGlob", () => {
  it.each([
    ["*.log", "a.log", true],
    ["*.log", "a.log.1", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[]]x", "]x", true],
    ["[a-]", "-", true],
    ["[ab", "[ab", true],
    ["a*b*c", "a1b2b3c", true],
    ["***", "", true],
  ])("%s against %s is %s", (pattern, name, expected) => {
    expect(compileGlob(pattern)(name)).toBe(expected);
  });

  it("stays quick on a pattern full of stars", () => {
    const started = performance.now();
    expect(compileGlob(`${"*a".repeat(200)}b`)("a".repeat(2000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("is ready soon, however many brackets nobody closes", () => {
    const start = performance.now();
    expect(compileGlob(`[a]${"[".repeat(60_000)}`)("a[")).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("globPaths", () => {
  let root = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "glob-"));
    for (const folder of ["one", "two", ".three"]) {
      mkdirSync(join(root, folder));
      writeFileSync(join(root, folder, "b.log"), "");
      writeFileSync(join(root, folder, "a.log"), "");
      writeFileSync(join(root, folder, ".c.log"), "");
    }
    symlinkSync("/nowhere/at/all", join(root, "dangling"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("expands folders and names, sorted, without hidden ones", () => {
    expect(globPaths(`${root}/*/*.log`)).toEqual(
      ["one/a.log", "one/b.log", "two/a.log", "two/b.log"].map((path) => join(root, path)),
    );
  });
  it("shows hidden ones to whoever asks for them", () => {
    expect(globPaths(`${root}/.t*/.*`)).toEqual([`${root}/.three/.c.log`]);
  });
  it("gives a plain path when something is there, even a dangling link", () => {
    expect(globPaths(`${root}/dangling`)).toEqual([`${root}/dangling`]);
    expect(globPaths(`${root}/absent`)).toEqual([]);
    expect(globPaths("")).toEqual([]);
  });
});
