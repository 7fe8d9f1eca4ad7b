import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector, waitUntil } from "./collector.testing";
import { FileFollower } from "./file-follower";

let folder: string;
let collector: Collector;
let follower: FileFollower | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-rotated-"));
  collector = new Collector();
});

afterEach(async () => {
  await follower?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let age = 1000;
function write(name: string, content: string | Buffer): void {
  const path = join(folder, name);
  writeFileSync(path, content);
  // In the order of writing, far enough apart for any file system.
  utimesSync(path, Date.now() / 1000 - age, Date.now() / 1000 - age);
  age -= 10;
}

/** Follows as after a restart: the log began with that text, of which so much was read. */
async function resume(text: string, position: number): Promise<readonly string[]> {
  const hash = createHash("sha1")
    .update(text.slice(0, text.indexOf("\n") + 1))
    .digest("hex");
  follower = new FileFollower({ path: join(folder, "x.log"), checkpoint: { hash, position } }, collector);
  follower.start();
  await waitUntil(() => collector.caughtUpCalls === 1);
  return collector.lines;
}

const OLD = "one\ntwo\nthree\n";

describe("a log that was rotated away while nobody read it", () => {
  it("is read on in its compressed file", async () => {
    write("x.log.1.gz", gzipSync(OLD));
    write("x.log", "four\n");
    expect(await resume(OLD, 4)).toEqual(["two", "three", "four"]);
    expect(collector.checkpoints.at(-1)?.position).toBe(5);
  });

  it("and several times since, partly not compressed yet", async () => {
    write("x.log.4.gz", gzipSync("older\n"));
    write("x.log.3.gz", gzipSync(OLD));
    write("x.log.2.gz", gzipSync("four\n"));
    write("x.log.1", "five\n");
    write("x.log", "six\n");
    expect(await resume(OLD, 8)).toEqual(["three", "four", "five", "six"]);
  });

  it("by date", async () => {
    write("x.log-20261119.gz", gzipSync(OLD));
    write("x.log-20261120.gz", gzipSync("four\n"));
    write("x.log", "five\n");
    expect(await resume(OLD, OLD.length)).toEqual(["four", "five"]);
  });

  it("into another folder, plain or compressed", async () => {
    mkdirSync(join(folder, "old"));
    write("old/x.log.2.gz", gzipSync(OLD));
    write("old/x.log.1", "four\n");
    write("x.log", "five\n");
    expect(await resume(OLD, 8)).toEqual(["three", "four", "five"]);
    await follower?.stop();
    collector = new Collector();
    expect(await resume("four\n", 0)).toEqual(["four", "five"]);
  });

  it("leaves alone what is broken or belongs to another log", async () => {
    write("x.log.2.gz", gzipSync(OLD).subarray(0, 12));
    write("x.log.1.gz", "no gzip at all");
    write("x-other.log.1.gz", gzipSync("other\n"));
    write("x.log", "four\n");
    expect(await resume(OLD, 4)).toEqual(["four"]);
    expect(collector.events.filter((event) => event.type === "error")).toEqual([]);
  });

  const hasXz = spawnSync("xz", ["--version"]).status === 0;
  it.skipIf(!hasXz)("is expanded by other programs where Node.js cannot", async () => {
    write("x.log.1", OLD);
    expect(spawnSync("xz", [join(folder, "x.log.1")]).status).toBe(0);
    write("x.log", "four\n");
    expect(await resume(OLD, 4)).toEqual(["two", "three", "four"]);
  });
});
