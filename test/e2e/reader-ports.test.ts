/** What every kind of reader has to do for the daemon: the one in a thread, and those in processes. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  findReaderUser,
  startReaderProcess,
  startReaderThread,
  type ReaderEvent,
  type ReaderPort,
  type ReaderUser,
} from "../../src/daemon";
import { decodeFailures } from "../../src/daemon/failure-wire";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { stamp, until } from "./local-daemon.testing";

let programs: Programs;
let folder: string;
let log: string;
let port: ReaderPort;
let events: ReaderEvent[];
let crashes: { readonly code: string; readonly message: string; readonly task?: unknown }[];

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-port-"));
  chmodSync(folder, 0o755);
  log = join(folder, "web.log");
  writeFileSync(log, "");
});
afterEach(async () => {
  await port.end();
  rmSync(folder, { recursive: true });
});

function watch(started: ReaderPort): void {
  port = started;
  events = [];
  crashes = [];
  port.onEvent((event) => events.push(event));
  port.onCrash((error) => crashes.push(error));
}

function open(failregex = "^\\s*failure from <ADDR>$"): void {
  const filter = { failregex: [{ text: failregex }], ignoreregex: [], maxlines: 1, usedns: "no" as const };
  const jail = {
    name: "web",
    filter,
    findtime: 600,
    logencoding: "utf-8",
    polling: false,
    skip: [],
    outOfService: [],
  };
  port.post({ type: "open", jail, logs: [{ path: log, position: "head" }] });
}

function fail(...hosts: readonly string[]): void {
  appendFileSync(log, hosts.map((host) => `${stamp()} failure from ${host}\n`).join(""));
}

/** Who has failed so far, in the order of the lines. */
function offenders(): readonly unknown[] {
  return events.flatMap((event) =>
    event.type === "failures" ? decodeFailures(event.failures).map(({ id }) => id) : [],
  );
}

function count(): number {
  return events.reduce(
    (sum, event) => sum + (event.type === "failures" ? event.failures.numbers.length / 9 : 0),
    0,
  );
}

const isRoot = process.getuid?.() === 0;
const kinds: readonly (readonly [string, () => ReaderPort])[] = [
  ["a thread", () => startReaderThread(programs.reader)],
  ["a process", () => startReaderProcess({ script: programs.readerProcess })],
  ...(isRoot
    ? [["a process of nobody", () => startAs(findReaderUser("nobody", ""))] as const]
    : (console.warn("SKIPPED: a reader of another user needs root"), [])),
];

function startAs(user: ReaderUser): ReaderPort {
  return startReaderProcess({ script: programs.readerProcess, user });
}

describe.each(kinds)("a reader in %s", (_, start) => {
  beforeEach(() => watch(start()));

  test("gives failures in their order, and the place behind them afterwards", async () => {
    open();
    fail("192.0.2.1", "192.0.2.2");
    await until("the failures", () => count() === 2);
    expect(offenders()).toEqual(["192.0.2.1", "192.0.2.2"]);
    const size = readFileSync(log).length;
    const isThere = (event: ReaderEvent): boolean => event.type === "position" && event.at.position === size;
    await until("the place", () => events.some(isThere));
    expect(events.findIndex(isThere)).toBeGreaterThan(events.findIndex(({ type }) => type === "failures"));
    expect(crashes).toEqual([]);
  });

  test("answers, and says nothing of a jail that was closed", async () => {
    open();
    await until("the log", () => events.some(({ type }) => type === "caught-up"));
    port.post({ type: "inspect", reply: 1 });
    await until("the answer", () => events.some(({ type }) => type === "inspected"));
    expect(events.find(({ type }) => type === "inspected")).toMatchObject({
      reply: 1,
      sources: [{ jail: "web", path: log, state: "following" }],
    });
    port.post({ type: "close", jail: "web", reply: 2 });
    await until("the end", () => events.some((event) => event.type === "closed" && event.reply === 2));
    fail("192.0.2.1");
    await sleep(300);
    expect(count()).toBe(0);
  });

  test("waits until failures have been dealt with, and goes on then", async () => {
    fail(...Array.from({ length: 40_000 }, (_unused, i) => `198.51.${i >> 8}.${i & 255}`));
    open();
    await until("failures", () => count() >= 10_000);
    await sleep(500);
    const atFirst = count();
    expect(atFirst).toBeLessThan(40_000);
    for (let done = 0; done < 40_000; ) {
      const now = count();
      port.post({ type: "ack", count: now - done });
      done = now;
      await sleep(20);
    }
    expect(count()).toBe(40_000);
  });

  test("says that a filter cannot be used", async () => {
    open("^(<ADDR>");
    await until("the message", () => events.some(({ type }) => type === "broken"));
    expect(crashes).toEqual([]);
  });

  test("is ended at a line that does not end, and names it", async () => {
    open("^\\s*failure (?=x)(?:(\\w+)\\1?)+! from <ADDR>$");
    fail("192.0.2.1");
    const line = `${stamp()} failure ${"x".repeat(5000)}. ! from 192.0.2.1`;
    appendFileSync(log, `${line}\n`);
    await until("the end", () => crashes.length > 0, 20_000);
    expect(crashes).toMatchObject([{ code: "reader-stuck", task: { jail: "web" } }]);
    expect(JSON.stringify(crashes[0]?.task)).toContain("xxxxxxxx");
  });

  test("ends without a word when it is told to", async () => {
    open();
    await until("the log", () => events.some(({ type }) => type === "caught-up"));
    await port.end();
    await sleep(100);
    expect(crashes).toEqual([]);
  });
});

describe("a process as reader", () => {
  /** A process that is no reader of ours any more. */
  function startFallen(source: string): void {
    const script = join(folder, "fallen.cjs");
    writeFileSync(script, source);
    watch(startReaderProcess({ script }));
    open();
  }

  const send = (json: string): string =>
    `const b = Buffer.from(${JSON.stringify(json)}); const h = Buffer.alloc(5); h.writeUInt32LE(b.length + 1);
     process.stdout.write(Buffer.concat([h, b])); process.stdin.resume();`;

  test.each([
    ["noise", `process.stdout.write(Buffer.alloc(100, 255)); process.stdin.resume();`],
    [
      "places in a file it was not given",
      send('{"type":"position","jails":["web"],"path":"/x","at":{"hash":"","position":1}}'),
    ],
    [
      "a message in the name of another part",
      send('{"type":"log","level":"NOTICE","logger":"actions","message":"Ban"}'),
    ],
    ["a request in place of an event", send('{"type":"open"}')],
  ])("that sends %s is ended", async (_, source) => {
    startFallen(source);
    await until("the end", () => crashes.length > 0);
    expect(crashes).toMatchObject([{ code: "reader-died", message: "the reader sent what no reader sends" }]);
    expect(events).toEqual([]);
  });

  test("that dies says why", async () => {
    startFallen("throw new TypeError('what happened');");
    await until("the end", () => crashes.length > 0);
    expect(crashes[0]?.message).toBe("the reader process ended with code 1: TypeError: what happened");
  });

  test("that floods us has to wait", async () => {
    const progress = join(folder, "progress");
    startFallen(`
      const fs = require("node:fs");
      const message = JSON.stringify({ type: "log", level: "INFO", logger: "filter", message: "x".repeat(10000) });
      const head = Buffer.alloc(5);
      head.writeUInt32LE(message.length + 1);
      const frame = Buffer.concat([head, Buffer.from(message)]);
      let sent = 0;
      process.stdin.resume();
      (function go() {
        while (sent++ < 50000) {
          if (!process.stdout.write(frame)) {
            fs.writeFileSync(${JSON.stringify(progress)}, String(sent));
            return process.stdout.once("drain", go);
          }
        }
      })();`);
    let got = 0;
    port.onEvent(() => {
      got++;
      for (const end = performance.now() + 1; performance.now() < end; ) {
        // Slow, as a daemon with much to do.
      }
    });
    await until("some of it", () => got > 1500, 30_000);
    const sent = Number(readFileSync(progress, "utf8"));
    expect(sent).toBeLessThan(got + 1000);
    expect(crashes).toEqual([]);
  });

  test("knows nothing of our environment but zone and language", async () => {
    const out = join(folder, "environment");
    process.env["WARDER_SECRET"] = "secret";
    startFallen(
      `require("node:fs").writeFileSync(${JSON.stringify(out)}, JSON.stringify(process.env)); process.stdin.resume();`,
    );
    delete process.env["WARDER_SECRET"];
    await until("the environment", () => existsSync(out) && readFileSync(out, "utf8") !== "");
    const names = Object.keys(JSON.parse(readFileSync(out, "utf8")) as object);
    expect(names.filter((name) => !/^(?:PATH|TZ|LANG|LC_.*)$/.test(name))).toEqual([]);
  });
});

describe("the user of a reader", () => {
  test.each([
    ["warder-nobody-has-this-name", "", /no such user.*useradd/],
    ["root", "", /it is root/],
    ["nobody", "warder-no-such-group", /no group "warder-no-such-group"/],
  ])("%s with groups '%s' is refused", (name, groups, why) => {
    watch(startReaderThread(programs.reader));
    expect(() => findReaderUser(name, groups)).toThrow(isRoot ? why : /.*/);
  });
});
