/** What a reader in a process says is believed only as far as it could do no harm. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Failure } from "../model";
import { encodeFailures } from "./failure-frame";
import { FailurePacker, decodeFailures } from "./failure-wire";
import { ReaderClaims } from "./reader-event-check";
import { FrameSplitter, MAX_FRAME, encodeFrame, type Frame } from "./reader-frames";
import type { ReaderEvent } from "./reader-messages";

const PATH = "/var/log/web.log";

function claims(): ReaderClaims {
  const known = new ReaderClaims();
  const filter = { failregex: [], ignoreregex: [], maxlines: 1, usedns: "no" as const };
  const jail = {
    name: "web",
    filter,
    findtime: 600,
    logencoding: "utf-8",
    polling: false,
    skip: [],
    outOfService: [],
  };
  known.allow({ type: "open", jail, logs: [{ path: PATH, position: "head" }] });
  return known;
}

function json(value: unknown): Frame {
  return { kind: "json", bytes: Buffer.from(JSON.stringify(value)) };
}

function failure(change: Partial<Failure>): Failure {
  return { time: 1, count: 1, id: "192.0.2.1", groups: new Map(), matches: ["a line"], ...change };
}

function frames(failures: readonly Failure[], jails: readonly string[] = ["web"]): readonly Frame[] {
  const packer = new FailurePacker();
  failures.forEach((one) => packer.add(one));
  const splitter = new FrameSplitter();
  return packer
    .take()
    .flatMap((batch) => encodeFailures({ jails, failures: batch }))
    .flatMap((bytes) => splitter.push(bytes) ?? []);
}

const SOUND: readonly object[] = [
  { type: "position", jails: ["web"], path: PATH, at: { hash: "ab", position: 12 } },
  { type: "caught-up", jails: ["web"], path: PATH },
  { type: "notice", jail: "web", notice: { type: "too-old", findtime: 600 }, line: "x" },
  { type: "notice", jail: "web", notice: { type: "shifted", seconds: -3600, guess: "timezone" }, line: "x" },
  { type: "notice", jail: "web", notice: { type: "undated" }, line: "x" },
  { type: "log", level: "INFO", logger: "filter", message: "Added logfile" },
  { type: "broken", jail: "web", message: "no" },
  { type: "closed", reply: 3 },
  {
    type: "inspected",
    reply: 4,
    sources: [
      {
        jail: "web",
        path: PATH,
        state: "following",
        lines: 1,
        position: 2,
        health: {
          bytes: 1,
          behind: 0,
          delay: 0,
          matched: 0,
          sampled: 0,
          undated: 0,
          lastLine: 5,
          filterSeconds: 0.25,
          isSilent: false,
        },
      },
    ],
  },
  {
    type: "stopped",
    code: "reader-stuck",
    message: "too long",
    task: { jail: "web", line: { start: "aaa", length: 30 } },
  },
];

describe("messages of a reader", () => {
  test.each(SOUND)("$type comes through as it is", (event) => {
    expect(claims().check(json(event))).toEqual(event);
  });

  test.each([
    [{ type: "position", jails: ["web"], path: "/etc/shadow", at: { hash: "ab", position: 12 } }],
    [{ type: "position", jails: ["web"], path: PATH, at: { hash: "a".repeat(1001), position: 12 } }],
    [{ type: "position", jails: ["web"], path: PATH, at: { hash: "ab", position: null } }],
    [{ type: "position", jails: ["web"], path: PATH, at: { hash: "ab", position: 1e300 } }],
    [{ type: "position", jails: ["web", "web"], path: PATH, at: { hash: "ab", position: 1 } }],
    [{ type: "caught-up", jails: ["ssh"], path: PATH }],
    [{ type: "broken", jail: "__proto__", message: "no" }],
    [{ type: "log", level: "constructor", logger: "filter", message: "x" }],
    [{ type: "log", level: "NOTICE", logger: "actions", message: "[web] Ban 192.0.2.7" }],
    [{ type: "notice", jail: "web", notice: { type: "other" }, line: "x" }],
    [{ type: "inspected", reply: 1, sources: [{ jail: "web" }] }],
    [{ type: "stopped", code: "other", message: "x" }],
    [{ type: "NODE_HANDLE" }],
    [null],
    [7],
    [[]],
  ])("%j is refused", (event) => {
    expect(claims().check(json(event))).toBeUndefined();
  });

  test("nothing but what is known of an event comes through, long texts are cut", () => {
    const event = { type: "log", level: "INFO", logger: "filter", message: "m".repeat(1e6), more: 1 };
    expect(claims().check(json(event))).toEqual({ ...event, message: "m".repeat(16_384), more: undefined });
  });

  test("no text breaks the reading of JSON messages", () => {
    const known = claims();
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(known.check({ kind: "json", bytes: Buffer.from(text) })).toBeUndefined();
      }),
    );
  });
});

describe("failures of a reader", () => {
  test("come through whole, whatever characters they have", () => {
    const sent = [
      failure({ matches: ["a \u2028 line \ud800", ["before ", "now", " after"]], weight: 0.5, bantime: -1 }),
      failure({ id: "gr\u00fc\u00df\u4e16", ip: "2001:db8::1", groups: new Map([["user", "x\u4e16"]]) }),
      failure({ id: undefined, host: "example.org" }),
    ];
    const [event] = frames(sent).map((frame) => claims().check(frame));
    expect(event).toMatchObject({ type: "failures", jails: ["web"] });
    const { failures } = event as Extract<ReaderEvent, { type: "failures" }>;
    const got = decodeFailures(failures).map(
      ({ time, count, weight, bantime, id, ip, host, groups, matches }) => ({
        time,
        count,
        weight,
        bantime,
        id,
        ip,
        host,
        groups,
        matches,
      }),
    );
    expect(got).toEqual(
      sent.map((one) => ({ weight: undefined, bantime: undefined, ip: undefined, host: undefined, ...one })),
    );
  });

  test.each([
    ["an address that is none", failure({ ip: "192.0.2.1; reboot" })],
    ["the whole internet", failure({ id: "0.0.0.0/0" })],
    ["the whole internet of IPv6", failure({ id: "::/0" })],
    ["a time beyond all dates", failure({ time: 1e300 })],
    ["no time", failure({ time: Number.NaN })],
    ["a count beyond all counts", failure({ count: 1e9 })],
    ["a part of a failure", failure({ count: 0.5 })],
    ["a weight below zero", failure({ weight: -1 })],
    ["a ban without end in numbers", failure({ bantime: Number.POSITIVE_INFINITY })],
  ])("with %s are refused", (_, bad) => {
    expect(frames([failure({}), bad]).map((frame) => claims().check(frame))).toEqual([undefined]);
  });

  test("of a jail it does not read are refused", () => {
    expect(frames([failure({})], ["ssh"]).map((frame) => claims().check(frame))).toEqual([undefined]);
  });

  test("that lie about their lengths are refused, and any bytes are", () => {
    const [frame] = frames([failure({}), failure({ ip: "192.0.2.1" })]);
    const bytes = frame?.bytes ?? Buffer.alloc(0);
    const known = claims();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        const event = known.check({ kind: "failures", bytes: changed });
        if (event?.type === "failures") {
          // What is let through can be read to its end.
          const all = decodeFailures(event.failures).map(({ groups, matches }) => [
            groups.size,
            matches.length,
          ]);
          expect(all.length).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 3000 },
    );
    expect(known.check({ kind: "failures", bytes: bytes.subarray(0, bytes.length - 1) })).toBeUndefined();
    expect(known.check({ kind: "failures", bytes: Buffer.concat([bytes, bytes]) })).toBeUndefined();
  });

  test("too long for one message go one by one, and without lines if need be", () => {
    const line = "x".repeat(MAX_FRAME / 3);
    const parts = frames([failure({ matches: [line] }), failure({ matches: [line] })]);
    expect(parts.length).toBe(2);
    const [event] = frames([failure({ matches: [line, line] })]).map((frame) => claims().check(frame));
    const batch = (event as Extract<ReaderEvent, { type: "failures" }>).failures;
    expect(decodeFailures(batch).map(({ id, matches }) => [id, matches])).toEqual([["192.0.2.1", []]]);
  });
});

describe("FrameSplitter", () => {
  test("puts messages together, however they are cut", () => {
    const messages = ["", "a", "b".repeat(1000), "c"];
    const stream = Buffer.concat(messages.map((text) => encodeFrame("json", Buffer.from(text))));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (cuts) => {
        const splitter = new FrameSplitter();
        const got: string[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + (cuts[i % cuts.length] ?? 1);
          got.push(...(splitter.push(stream.subarray(at, end)) ?? []).map(({ bytes }) => bytes.toString()));
          at = end;
        }
        expect(got).toEqual(messages);
      }),
    );
  });

  test.each([
    ["no length", Buffer.from([0, 0, 0, 0, 0])],
    ["a length beyond all messages", Buffer.from([255, 255, 255, 255, 0])],
    ["another kind", Buffer.from([1, 0, 0, 0, 9])],
  ])("gives up at %s", (_, bytes) => {
    expect(new FrameSplitter().push(bytes)).toBeUndefined();
  });
});
