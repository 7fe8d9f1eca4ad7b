import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { waitUntil } from "./collector.testing";
import { LogSet } from "./log-set";

let folder: string;
let set: LogSet;
let heard: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-set-"));
  heard = [];
});

afterEach(() => {
  set.stop();
  rmSync(folder, { recursive: true, force: true });
});

function watchSet(patterns: string[], goneAfter = 0.05): void {
  const paths = patterns.map((pattern) => join(folder, pattern));
  set = new LogSet(
    paths,
    {
      found: (path, isNew) => heard.push(`${isNew ? "new" : "found"} ${relative(folder, path)}`),
      gone: (path) => heard.push(`gone ${relative(folder, path)}`),
    },
    goneAfter,
  );
  set.start();
}

it("finds what is there, and what comes later", async () => {
  writeFileSync(join(folder, "a-error.log"), "");
  watchSet(["*error.log", "plain.log"]);
  expect(heard).toEqual(["found a-error.log", "found plain.log"]);
  writeFileSync(join(folder, "b-error.log"), "");
  writeFileSync(join(folder, "b-access.log"), "");
  await waitUntil(() => heard.length === 3);
  expect(heard.at(-1)).toBe("new b-error.log");
});

it("looks into folders that come later", async () => {
  watchSet(["sites/*/error.log"]);
  expect(heard).toEqual([]);
  mkdirSync(join(folder, "sites/one"), { recursive: true });
  await new Promise((resolve) => setTimeout(resolve, 150));
  writeFileSync(join(folder, "sites/one/error.log"), "");
  await waitUntil(() => heard.length === 1);
  expect(heard).toEqual(["new sites/one/error.log"]);
});

it("does not take rotated files for new logs", async () => {
  writeFileSync(join(folder, "error.log"), "");
  watchSet(["*error.log*"], 1);
  renameSync(join(folder, "error.log"), join(folder, "error.log.1"));
  writeFileSync(join(folder, "error.log"), "");
  writeFileSync(join(folder, "error.log.2.gz"), "");
  renameSync(join(folder, "error.log"), join(folder, "old-error.log"));
  writeFileSync(join(folder, "error.log-20261121"), "");
  writeFileSync(join(folder, "x-error.log"), "");
  await waitUntil(() => heard.includes("new x-error.log"));
  expect(heard.filter((text) => text.includes("error.log.") || text.includes("log-"))).toEqual([]);
});

it("tells that a log is gone, but not that it is rotated", async () => {
  writeFileSync(join(folder, "a.log"), "");
  writeFileSync(join(folder, "b.log"), "");
  watchSet(["*.log"], 0.2);
  unlinkSync(join(folder, "a.log"));
  unlinkSync(join(folder, "b.log"));
  await new Promise((resolve) => setTimeout(resolve, 120));
  writeFileSync(join(folder, "b.log"), "");
  await waitUntil(() => heard.length === 3);
  expect(heard).toEqual(["found a.log", "found b.log", "gone a.log"]);
});
