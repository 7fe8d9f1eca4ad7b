import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  unlinkSync,
  writeSync,
  constants,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector, waitUntil } from "./collector.testing";
import { openSource } from "./open-source";
import type { Follower } from "./follower";

let folder: string;
let pipe: string;
let collector: Collector;
let follower: Follower | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-pipe-"));
  pipe = join(folder, "x.pipe");
  collector = new Collector();
});

afterEach(async () => {
  await follower?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function makePipe(): void {
  expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
}

function follow(): void {
  follower = openSource({ path: pipe }, collector);
  follower.start();
}

/** As a writer that must not be kept waiting: fails when nobody has the pipe open. */
function write(text: string): void {
  const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(fd, text);
  closeSync(fd);
}

describe("a named pipe", () => {
  it("gives lines of writers that come and go", async () => {
    makePipe();
    follow();
    write("one\ntw");
    await collector.waitForLines(1);
    write("o\n");
    await collector.waitForLines(2);
    write("three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
    expect(new Set(collector.phases)).toEqual(new Set(["operation"]));
    expect(collector.checkpoints).toEqual([]);
    expect(collector.caughtUpCalls).toBe(1);
  });

  it("sleeps while nothing is written, also after a writer has gone", async () => {
    makePipe();
    follow();
    write("one\n");
    await collector.waitForLines(1);
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(150);
  });

  it("reads no further while its consumer is busy, and loses nothing", async () => {
    makePipe();
    let release = (): void => {};
    const slow = new (class extends Collector {
      override block(...args: Parameters<Collector["block"]>): Promise<void> {
        void super.block(...args);
        return new Promise((resolve) => {
          release = resolve;
        });
      }
    })();
    follower = openSource({ path: pipe }, slow);
    follower.start();
    write("one\n");
    await slow.waitForLines(1);
    write("two\n");
    write("three\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(slow.lines).toEqual(["one"]);
    release();
    await slow.waitForLines(3);
    release();
    expect(slow.lines).toEqual(["one", "two", "three"]);
  });

  it("takes the place of a file, and the other way round", async () => {
    follow();
    await waitUntil(() => collector.caughtUpCalls === 1);
    makePipe();
    await waitUntil(() => collector.events.some((event) => event.type === "found"));
    write("one\n");
    await collector.waitForLines(1);
    unlinkSync(pipe);
    appendFileSync(pipe, "two\n");
    await collector.waitForLines(2);
    unlinkSync(pipe);
    makePipe();
    await waitUntil(() => collector.events.filter((event) => event.type === "found").length === 3);
    write("three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
    expect(collector.caughtUpCalls).toBe(1);
    expect(collector.events.filter((event) => event.type === "error")).toEqual([]);
  });
});
