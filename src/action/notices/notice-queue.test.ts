import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Notice } from "./notice";
import { NoticeQueue } from "./notice-queue";

let folder: string;
let path: string;
const troubles: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-queue-"));
  path = join(folder, "notices");
  troubles.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => new NoticeQueue(path, (text) => troubles.push(text));
const notice = (at: number): Notice => ({ event: "ban", jail: "demo", at });
const times = (queue: NoticeQueue) => queue.waiting.map((entry) => entry.notice.at);

describe("the queue of notices", () => {
  it("has everything again after a crash, done things not", async () => {
    const queue = open();
    const first = queue.add("k", notice(1)).entry;
    const last = queue.add("k", notice(2));
    await last.stored;
    await queue.finish([first]);
    await queue.omit("k", 5);
    await queue.omit("k", -2);
    // No close: as after kill -9.
    const again = open();
    expect(times(again)).toEqual([2]);
    expect(again.omitted("k")).toBe(3);
    expect(again.add("k", notice(3)).entry.id).toBeGreaterThan(last.entry.id);
    expect(troubles).toEqual([]);
  });

  it("survives half a line at every place", async () => {
    const queue = open();
    await Promise.all([1, 2, 3].map((at) => queue.add("k", notice(at)).stored));
    const whole = readFileSync(path);
    const lineEnds = [...whole].flatMap((byte, at) => (byte === 10 ? [at + 1] : []));
    for (let size = 0; size <= whole.length; size++) {
      writeFileSync(path, whole.subarray(0, size));
      const cut = open();
      expect(cut.waiting.length).toBe(lineEnds.filter((end) => end <= size).length);
      await cut.add("k", notice(9)).stored;
      cut.close();
      expect(times(open()).at(-1)).toBe(9);
    }
  });

  it("leaves out broken lines and says so", () => {
    appendFileSync(
      path,
      '{"i":1,"k":"k","n":{"event":"ban","jail":"demo","at":1}}\nrubbish\nnull\n{"i":2}\n',
    );
    expect(times(open())).toEqual([1]);
    expect(troubles).toEqual([`3 broken lines in ${path} are left out`]);
    expect(times(open())).toEqual([1]);
    expect(troubles).toHaveLength(1);
  });

  it("is empty on disk when nothing waits, and never grows without end", async () => {
    const queue = open();
    const { entry, stored } = queue.add("k", notice(0));
    await stored;
    for (let at = 1; at < 6000; at++) {
      const more = queue.add("k", notice(at));
      await queue.finish([more.entry]);
    }
    expect(statSync(path).size).toBeLessThan(400_000);
    expect(times(open())).toEqual([0]);
    await queue.finish([entry]);
    expect(statSync(path).size).toBe(0);
  });

  it("writes what comes together with one sync", async () => {
    const queue = open();
    const stored = Array.from({ length: 500 }, (_, at) => queue.add("k", notice(at)).stored);
    expect(new Set(stored).size).toBe(1);
    await Promise.all(stored);
    expect(times(open())).toHaveLength(500);
  });

  it("can be read by the daemon only, and follows no link", async () => {
    await open().add("k", notice(1)).stored;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const target = join(folder, "passwd");
    writeFileSync(target, "precious\n");
    const link = join(folder, "link");
    symlinkSync(target, link);
    const queue = new NoticeQueue(link, (text) => troubles.push(text));
    await queue.add("k", notice(1)).stored;
    expect(readFileSync(target, "utf8")).toBe("precious\n");
    expect(troubles[0]).toContain(`Cannot open ${link}`);
    expect(queue.waiting).toHaveLength(1);
  });

  it("goes on in memory when the folder is not there", async () => {
    const queue = new NoticeQueue(join(folder, "gone", "x"), (text) => troubles.push(text));
    await queue.add("k", notice(1)).stored;
    expect(queue.waiting).toHaveLength(1);
    expect(troubles).toHaveLength(1);
  });

  it("has everything on disk again when the disk has room again, and says once that it had not", async () => {
    const queue = open();
    await queue.add("k", notice(1)).stored;
    // Neither can be written while these are folders.
    mkdirSync(`${path}.new`);
    rmSync(path);
    mkdirSync(path);
    const many = Array.from({ length: 2500 }, () => queue.add("k", notice(2)).entry);
    await queue.finish(many);
    await queue.add("k", notice(3)).stored;
    await queue.add("k", notice(4)).stored;
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain("Notices are kept in memory only");
    rmSync(path, { recursive: true });
    rmSync(`${path}.new`, { recursive: true });
    await queue.add("k", notice(5)).stored;
    expect(times(open())).toEqual([1, 3, 4, 5]);
  });

  it("starts anew from a file that somebody emptied", async () => {
    const queue = open();
    await queue.add("k", notice(1)).stored;
    truncateSync(path);
    await queue.add("k", notice(2)).stored;
    expect(times(open())).toEqual([2]);
  });
});
