import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector, waitUntil } from "./collector.testing";
import { FileFollower } from "./file-follower";
import type { FollowOptions } from "./follower";

let folder: string;
let log: string;
let collector: Collector;
const followers: FileFollower[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-follow-"));
  log = join(folder, "x.log");
  collector = new Collector();
});

afterEach(async () => {
  await Promise.all(followers.splice(0).map((follower) => follower.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function follow(options: Partial<FollowOptions> = {}, consumer: Collector = collector): FileFollower {
  const follower = new FileFollower({ path: log, ...options }, consumer);
  followers.push(follower);
  follower.start();
  return follower;
}

function errorCodes(): string[] {
  return collector.events.flatMap((event) => (event.type === "error" ? [event.error.code] : []));
}

describe("lines as they come", () => {
  it("gives what is there as initial and what comes as operation", async () => {
    writeFileSync(log, "one\ntwo\n");
    follow();
    await waitUntil(() => collector.caughtUpCalls === 1);
    appendFileSync(log, "three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
    expect(collector.phases).toEqual(["initial", "initial", "operation"]);
    // The place follows the lines once they have been taken.
    await waitUntil(() => collector.checkpoints.at(-1)?.position === 14);
    expect(collector.checkpoints.at(-1)?.hash).toBe(createHash("sha1").update("one\n").digest("hex"));
  });

  it("holds a half-written line back", async () => {
    writeFileSync(log, "one\nha");
    const follower = follow();
    await follower.readNow();
    expect(collector.lines).toEqual(["one"]);
    expect(follower.stats).toMatchObject({ position: 4, behind: 2, linesRead: 1, bytesRead: 4 });
    appendFileSync(log, "lf\n");
    await collector.waitForLines(2);
    expect(collector.lines).toEqual(["one", "half"]);
  });

  it("waits for the consumer before it reads on", async () => {
    const line = `${"x".repeat(999)}\n`;
    writeFileSync(log, line.repeat(3000));
    let release = (): void => undefined;
    const slow = new (class extends Collector {
      override block(): Promise<void> {
        this.blocks++;
        return new Promise((resolve) => {
          release = resolve;
        });
      }
    })();
    follow({}, slow);
    await waitUntil(() => slow.blocks === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(slow.blocks).toBe(1);
    expect(slow.checkpoints).toHaveLength(1);
    release();
    await waitUntil(() => slow.blocks === 2);
    expect(slow.checkpoints).toHaveLength(2);
    release();
    await waitUntil(() => slow.blocks === 3);
    release();
  });

  it("goes on when the consumer fails", async () => {
    const failing = new (class extends Collector {
      override block(): void {
        this.blocks++;
        throw new Error("no");
      }
    })();
    writeFileSync(log, "one\n");
    const follower = follow({}, failing);
    await follower.readNow();
    appendFileSync(log, "two\n");
    await waitUntil(() => failing.blocks === 2);
    expect(
      failing.events.some((event) => event.type === "hindered" && event.error.code === "lines-failed"),
    ).toBe(true);
  });

  it("begins at the end with tail, but never in the middle of a line", async () => {
    writeFileSync(log, "one\ntwo\nha");
    const follower = follow({ position: "tail" });
    await follower.readNow();
    expect(collector.lines).toEqual([]);
    appendFileSync(log, "lf\nmore\n");
    await collector.waitForLines(2);
    expect(collector.lines).toEqual(["half", "more"]);
  });

  it("looks by time when told to", async () => {
    writeFileSync(log, "one\n");
    follow({ polling: true });
    await collector.waitForLines(1);
    appendFileSync(log, "two\n");
    await collector.waitForLines(2);
  });
});

describe("rotation", () => {
  it("reads the rest of the renamed file before the new one", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    appendFileSync(log, "two\n");
    renameSync(log, `${log}.1`);
    writeFileSync(log, "three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
    expect(collector.events.find((event) => event.type === "rotated")).toMatchObject({
      how: "replaced",
      position: 8,
    });
  });

  it("reads what a slow writer adds to the renamed file, and lets go of it", async () => {
    writeFileSync(log, "one\n");
    const follower = follow({ grace: 0.1 });
    await follower.readNow();
    renameSync(log, `${log}.1`);
    writeFileSync(log, "new\n");
    await collector.waitForLines(2);
    appendFileSync(`${log}.1`, "late\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "new", "late"]);
    expect(collector.checkpoints.at(-1)).toMatchObject({ position: 4, hash: sha1("new\n") });
  });

  it("reads files that came and went between two looks", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    renameSync(log, `${log}.1`);
    writeFileSync(log, "two\n");
    renameSync(`${log}.1`, `${log}.2`);
    renameSync(log, `${log}.1`);
    writeFileSync(log, "three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
  });

  it("reads those that were compressed between two looks as well", async () => {
    const pack = (path: string): void => {
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
      unlinkSync(path);
    };
    writeFileSync(`${log}.4.gz`, gzipSync("ancient\n"));
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    appendFileSync(log, "two\n");
    renameSync(log, `${log}.1`);
    pack(`${log}.1`);
    renameSync(`${log}.1.gz`, `${log}.2.gz`);
    writeFileSync(`${log}.1`, "three\nfour\n");
    pack(`${log}.1`);
    renameSync(`${log}.2.gz`, `${log}.3.gz`);
    renameSync(`${log}.1.gz`, `${log}.2.gz`);
    writeFileSync(`${log}.1`, "five\n");
    writeFileSync(log, "six\n");
    await collector.waitForLines(6);
    appendFileSync(log, "seven\n");
    await collector.waitForLines(7);
    expect(collector.lines).toEqual(["one", "two", "three", "four", "five", "six", "seven"]);
    await waitUntil(() => collector.checkpoints.at(-1)?.position === 10);
    expect(collector.checkpoints.at(-1)?.hash).toBe(sha1("six\n"));
  });

  it("takes unread lines from a copy that was compressed", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    appendFileSync(log, "two\n");
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    truncateSync(log);
    appendFileSync(log, "three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
  });

  it("reads no compressed file when the log was deleted", async () => {
    writeFileSync(`${log}.1.gz`, gzipSync("one\nold\n"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    unlinkSync(log);
    writeFileSync(log, "two\n");
    await collector.waitForLines(2);
    appendFileSync(log, "three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
  });

  it("reads none twice that looks like the copy of a log of which only half a line was read", async () => {
    writeFileSync(log, "half ");
    const follower = follow();
    await follower.readNow();
    copyFileSync(log, `${log}.3`);
    truncateSync(log);
    renameSync(log, `${log}.2`);
    writeFileSync(`${log}.1`, "half one\n");
    writeFileSync(log, "two\n");
    await collector.waitForLines(2);
    appendFileSync(log, "three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["half one", "two", "three"]);
  });

  it("reads on from a log that was compressed, also when those after it are not", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    writeFileSync(`${log}.2.gz`, gzipSync(readFileSync(log)));
    unlinkSync(log);
    writeFileSync(`${log}.1`, "two\n");
    await follower.readNow();
    expect(collector.lines).toEqual(["one", "two"]);
    renameSync(`${log}.2.gz`, `${log}.3.gz`);
    renameSync(`${log}.1`, `${log}.2`);
    writeFileSync(`${log}.1`, "three\n");
    await follower.readNow();
    expect(collector.lines).toEqual(["one", "two", "three"]);
  });

  it("reads those after a log once that was cut and renamed, when its copy was compressed", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    writeFileSync(`${log}.3.gz`, gzipSync(readFileSync(log)));
    truncateSync(log);
    renameSync(log, `${log}.2`);
    writeFileSync(log, "two\n");
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    await follower.readNow();
    expect(collector.lines).toEqual(["one", "two"]);
  });

  it("takes no younger log for the copy of one that was cut after half a line and renamed", async () => {
    writeFileSync(log, "half ");
    const follower = follow();
    await follower.readNow();
    copyFileSync(log, `${log}.3`);
    truncateSync(log);
    appendFileSync(log, "one\n");
    renameSync(log, `${log}.2`);
    writeFileSync(log, "half two\n");
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    await follower.readNow();
    expect(collector.lines).toEqual(["one", "half two"]);
  });

  it("takes no file from before for the copy of a log of which only half a line was read", async () => {
    writeFileSync(log, "half one\n");
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, "half ");
    const follower = follow();
    await follower.readNow();
    truncateSync(log);
    appendFileSync(log, "two\n");
    await follower.readNow();
    expect(collector.lines).toEqual(["two"]);
  });

  it("does not take an old file for one in between", async () => {
    writeFileSync(`${log}.1`, "ancient\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    renameSync(log, `${log}.2`);
    writeFileSync(log, "two\n");
    await collector.waitForLines(2);
    expect(collector.lines).toEqual(["one", "two"]);
  });

  it("follows copytruncate, and takes unread lines from the copy", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    appendFileSync(log, "two\n");
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, "three\n");
    await collector.waitForLines(3);
    expect(collector.lines).toEqual(["one", "two", "three"]);
  });

  it("sees that a file was cut and has grown beyond the old place", async () => {
    writeFileSync(log, "header\nfirst 1\n");
    const follower = follow();
    await follower.readNow();
    writeFileSync(log, "header\nother 1\nother 2\n");
    await collector.waitForLines(5);
    expect(collector.lines.slice(2)).toEqual(["header", "other 1", "other 2"]);
    expect(collector.events.at(-1)).toMatchObject({
      type: "rotated",
      how: "truncated",
      oldHash: sha1("header\n"),
    });
  });

  it("goes on after the hole that a writer with its own place leaves", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    truncateSync(log);
    writeFileSync(log, "two\n", { flag: "r+" });
    truncateSync(log, 0);
    truncateSync(log, 100_000);
    appendFileSync(log, "three\n");
    await collector.waitForLines(2);
    expect(collector.lines).toEqual(["one", "three"]);
  });

  it("waits for a deleted file", async () => {
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    unlinkSync(log);
    await waitUntil(() => collector.events.some((event) => event.type === "lost"));
    writeFileSync(log, "two\n");
    await collector.waitForLines(2);
    expect(collector.lines).toEqual(["one", "two"]);
  });

  function sha1(text: string): string {
    return createHash("sha1").update(text).digest("hex");
  }
});

describe("the way to the file", () => {
  it("waits for a file, and for its folders", async () => {
    log = join(folder, "a/b/x.log");
    follow();
    await waitUntil(() => collector.caughtUpCalls === 1);
    mkdirSync(join(folder, "a"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    mkdirSync(join(folder, "a/b"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeFileSync(log, "one\n");
    await collector.waitForLines(1);
    expect(collector.phases).toEqual(["initial"]);
  });

  it("outlives its folder being moved away and back, and replaced", async () => {
    mkdirSync(join(folder, "a"));
    log = join(folder, "a/x.log");
    writeFileSync(log, "one\n");
    const follower = follow();
    await follower.readNow();
    renameSync(join(folder, "a"), join(folder, "b"));
    await waitUntil(() => collector.events.some((event) => event.type === "lost"));
    renameSync(join(folder, "b"), join(folder, "a"));
    appendFileSync(log, "two\n");
    await collector.waitForLines(2);
    rmSync(join(folder, "a"), { recursive: true });
    mkdirSync(join(folder, "a"));
    writeFileSync(log, "three\n");
    await collector.waitForLines(3);
    appendFileSync(log, "four\n");
    await collector.waitForLines(4);
    expect(collector.lines).toEqual(["one", "two", "three", "four"]);
  });

  it("follows links when they are switched", async () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data/1"), "one\n");
    writeFileSync(join(folder, "data/2"), "three\n");
    symlinkSync("data/1", log);
    const follower = follow();
    await follower.readNow();
    appendFileSync(join(folder, "data/1"), "two\n");
    await collector.waitForLines(2);
    symlinkSync("data/2", join(folder, "next"));
    renameSync(join(folder, "next"), log);
    await collector.waitForLines(3);
    appendFileSync(join(folder, "data/2"), "four\n");
    await collector.waitForLines(4);
    expect(collector.lines).toEqual(["one", "two", "three", "four"]);
  });

  it("reports what is not a file, once, and reads when it becomes one", async () => {
    mkdirSync(log);
    const follower = follow();
    await follower.readNow();
    await follower.readNow();
    expect(errorCodes()).toEqual(["log-not-a-file"]);
    rmSync(log, { recursive: true });
    writeFileSync(log, "one\n");
    await collector.waitForLines(1);
  });

  it("takes a path below a file as missing, and a circle of links as unreadable", async () => {
    writeFileSync(log, "");
    symlinkSync("loop", join(folder, "loop"));
    follow({ path: `${log}/x` });
    await waitUntil(() => collector.caughtUpCalls === 1);
    follow({ path: join(folder, "loop") });
    await waitUntil(() => errorCodes().length === 1);
    expect(errorCodes()).toEqual(["log-unreadable"]);
  });
});

describe("starting again", () => {
  it("goes on at the checkpoint", async () => {
    writeFileSync(log, "one\ntwo\n");
    const follower = follow();
    await follower.readNow();
    await follower.stop();
    appendFileSync(log, "three\n");
    const second = new Collector();
    await follow({ checkpoint: collector.checkpoints.at(-1) }, second).readNow();
    expect(second.lines).toEqual(["three"]);
  });

  it("reads what was rotated away meanwhile first, known by hash alone too", async () => {
    writeFileSync(log, "one\ntwo\n");
    const follower = follow();
    await follower.readNow();
    await follower.stop();
    appendFileSync(log, "three\n");
    renameSync(log, `${log}.2`);
    writeFileSync(`${log}.1`, "four\n");
    writeFileSync(log, "five\n");
    const { hash = "", position = 0, inode } = collector.checkpoints.at(-1) ?? {};
    for (const checkpoint of [
      { hash, position },
      { hash, position, inode: inode ?? 0 },
    ]) {
      const second = new Collector();
      await follow({ checkpoint }, second).readNow();
      expect(second.lines).toEqual(["three", "four", "five"]);
      expect(new Set(second.phases)).toEqual(new Set(["initial"]));
    }
  });

  it("reads from the beginning when the checkpoint is of another file", async () => {
    writeFileSync(log, "one\ntwo\n");
    await follow({ checkpoint: { hash: "0".repeat(40), position: 4 } }).readNow();
    expect(collector.lines).toEqual(["one", "two"]);
  });
});

describe("hostile content", () => {
  it("keeps the beginning of an endless line and goes on after it", async () => {
    const long = "y".repeat(10 << 20);
    writeFileSync(log, `one\n${long}\ntwo\n`);
    await follow().readNow();
    expect(collector.lines.map((line) => line.length)).toEqual([3, 1 << 20, 3]);
    expect(collector.events).toContainEqual({
      type: "long-line",
      path: log,
      skippedBytes: (10 << 20) - (1 << 20),
    });
    expect(collector.checkpoints.at(-1)?.position).toBe((10 << 20) + 9);
  });

  it("gives NUL bytes, carriage returns and broken UTF-8 as they are", async () => {
    writeFileSync(log, Buffer.from("a\0b\r\n\xff\xc3\xa4\n\n", "latin1"));
    await follow().readNow();
    expect(collector.lines).toEqual(["a\0b\r", "\ufffdä", ""]);
    expect(collector.events.filter((event) => event.type === "undecodable")).toHaveLength(1);
  });

  it("reads wide encodings with their mark", async () => {
    writeFileSync(log, Buffer.from("\ufeffone ਊ\ntwo ä\nha", "utf16le"));
    const follower = follow({ encoding: "utf-16" });
    await follower.readNow();
    expect(collector.lines).toEqual(["one ਊ", "two ä"]);
    expect(follower.stats.behind).toBe(4);
    appendFileSync(log, Buffer.from("lf\n", "utf16le"));
    await collector.waitForLines(3);
    expect(collector.lines.at(-1)).toBe("half");
  });
});
