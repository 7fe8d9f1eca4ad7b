/** A reader with real logs, in this thread. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../platform";
import { decodeFailures } from "./failure-wire";
import { Reader } from "./reader";
import type { ReaderEvent, ReaderJail, SourceState } from "./reader-messages";

let folder: string;
let log: string;
let reader: Reader;
let events: ReaderEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-reader-"));
  log = join(folder, "web.log");
  writeFileSync(log, "");
  events = [];
  reader = new Reader({ clock: systemClock(), post: (event) => events.push(event) });
});

afterEach(async () => {
  await reader.end();
  rmSync(folder, { recursive: true });
});

function config(name: string, failregex = "^\\s*failure from <ADDR>$", findtime = 600): ReaderJail {
  const filter = {
    failregex: [{ text: failregex }],
    ignoreregex: [],
    maxlines: 1,
    usedns: "no" as const,
  };
  return { name, filter, findtime, logencoding: "utf-8", polling: false, skip: [], outOfService: [] };
}

function open(...jails: readonly ReaderJail[]): void {
  for (const jail of jails) {
    reader.handle({ type: "open", jail, logs: [{ path: log, position: "head" }] });
  }
}

/** For each message with failures: the jails it is for, and the ids. */
function messages(): readonly (readonly [string, string])[] {
  return events.flatMap((event) =>
    event.type === "failures"
      ? [
          [
            event.jails.join(" "),
            decodeFailures(event.failures)
              .map(({ id }) => id)
              .join(" "),
          ] as const,
        ]
      : [],
  );
}

/** The ids that a jail got, whoever got them with it. */
function idsOf(name: string): string {
  return messages()
    .flatMap(([jails, ids]) => (jails.split(" ").includes(name) ? [ids] : []))
    .join(" ");
}

async function write(id: string): Promise<void> {
  const before = messages().length;
  appendFileSync(log, `${new Date().toISOString().replace("Z", "+00:00")} failure from ${id}\n`);
  await expect.poll(() => messages().length, { timeout: 5000 }).toBeGreaterThan(before);
  await new Promise((resolve) => setTimeout(resolve, 50));
}

function inspect(): readonly SourceState[] {
  reader.handle({ type: "inspect", reply: 1 });
  const last = events.at(-1);
  return last?.type === "inspected" ? last.sources : [];
}

test("jails that read alike are read as one, others for themselves", async () => {
  open(config("a"), config("b"), config("c", "^\\s*failure from <ADDR>$", 60), config("d", "^no <ADDR>$"));
  await write("192.0.2.1");
  expect(messages()).toEqual([
    ["a b", "192.0.2.1"],
    ["c", "192.0.2.1"],
  ]);
  expect(inspect().map(({ jail, health }) => [jail, health.matched])).toEqual([
    ["a", 1],
    ["b", 1],
    ["c", 1],
    ["d", 0],
  ]);
  const places = events.flatMap((event) => (event.type === "position" ? [event.jails.join(" ")] : []));
  expect(places.at(-1)).toBe("a b c d");
});

test("a jail goes its own way when its filter changes, and the others go on", async () => {
  open(config("a"), config("b"), config("c"));
  await write("192.0.2.1");
  reader.handle({
    type: "update",
    jail: config("a", "^\\s*failure from <ADDR>(?: once)?$"),
  });
  reader.handle({ type: "close", jail: "b", reply: 2 });
  await write("192.0.2.2");
  expect(["a", "b", "c"].map(idsOf)).toEqual(["192.0.2.1 192.0.2.2", "192.0.2.1", "192.0.2.1 192.0.2.2"]);
  expect(
    inspect()
      .map(({ jail }) => jail)
      .sort(),
  ).toEqual(["a", "c"]);
});

test("a log added to one of them is read for that one alone", async () => {
  const other = join(folder, "other.log");
  writeFileSync(other, "");
  open(config("a"), config("b"));
  await write("192.0.2.1");
  reader.handle({ type: "add-log", jail: "b", log: { path: other, position: "head" } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  appendFileSync(other, `${new Date().toISOString().replace("Z", "+00:00")} failure from 192.0.2.9\n`);
  await expect.poll(() => idsOf("b"), { timeout: 5000 }).toBe("192.0.2.1 192.0.2.9");
  await write("192.0.2.2");
  expect([idsOf("a"), idsOf("b")]).toEqual(["192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.9 192.0.2.2"]);
});

test("who is closed and opened at once begins anew", async () => {
  open(config("a"));
  reader.handle({ type: "close", jail: "a", reply: 3 });
  open(config("a"), config("b"));
  await write("192.0.2.1");
  expect(messages()).toEqual([["a b", "192.0.2.1"]]);
});
