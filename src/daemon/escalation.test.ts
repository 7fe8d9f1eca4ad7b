/** The shipped configuration with one line of one's own, brought to life. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FAIL2BAN_VERSION, type DomainEvent, type Failure } from "../model";
import { Logger } from "../platform";
import { FakeClock } from "../platform/fake-clock.testing";
import { readConfiguration } from "../config";
import { Daemon } from "./daemon";
import { encodeFailures } from "./failure-wire.testing";
import type { ReaderPort } from "./reader-host";
import type { ReaderEvent } from "./reader-messages";

const CONFIG = join(import.meta.dirname, "../../config");
const OFFENDER = "192.0.2.1";
const HOUR = 3600;
const DAY = 24 * HOUR;
const ONE_LINE = "[INCLUDES]\nbefore = escalation.conf\n";
/** Tests must not touch a firewall. */
const HARMLESS = "[DEFAULT]\nbanaction = observe\n[sshd]\nenabled = true\nbackend = polling\n";

describe("escalation by one line", () => {
  let folder: string;
  let clock: FakeClock;
  let daemon: Daemon;
  let tell: (event: ReaderEvent) => void;
  let events: { readonly at: number; readonly event: DomainEvent }[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "escalation-"));
    cpSync(CONFIG, folder, { recursive: true });
    writeFileSync(join(folder, "jail.local"), `${ONE_LINE}${HARMLESS}logpath = ${join(folder, "log")}\n`);
    writeFileSync(join(folder, "log"), "");
    clock = new FakeClock();
    events = [];
    daemon = new Daemon({ startReader: silentReader, clock, logger: new Logger(clock, "/dev/null") });
    daemon.onEvent((event) => events.push({ at: clock.now(), event }));
    await daemon.options.set("dbfile", ":memory:", 0);
    const { stream, problems } = readConfiguration({ directory: folder, version: FAIL2BAN_VERSION });
    expect(problems).toEqual([]);
    const jails = stream.filter((entry) => entry.jail !== undefined || entry.command[0] !== "set");
    expect(await daemon.load(jails)).toEqual([]);
  });
  afterEach(async () => {
    await daemon.stop();
    rmSync(folder, { recursive: true });
  });

  function silentReader(): ReaderPort {
    return {
      post: (request) => {
        if (request.type === "close") {
          queueMicrotask(() => tell({ type: "closed", reply: request.reply }));
        }
      },
      onEvent: (listener) => {
        tell = listener;
      },
      onCrash: () => {},
      end: async () => {},
    };
  }

  function fail(): void {
    const failure: Failure = {
      time: clock.now(),
      id: OFFENDER,
      groups: new Map(),
      matches: ["failed"],
      count: 1,
    };
    tell({ type: "failures", jails: ["sshd"], failures: encodeFailures([failure]) });
  }

  /** Fails every second until banned, and gives the seconds from that failure to the end of the ban. */
  function attack(): number {
    const seen = events.length;
    const isBanned = (): boolean => events.slice(seen).some(({ event }) => event.type === "ban");
    for (let tries = 0; tries < 5 && !isBanned(); tries++) {
      clock.advance(1);
      fail();
    }
    expect(isBanned()).toBe(true);
    const last = clock.now();
    const ended = (): { at: number } | undefined =>
      events.slice(seen).find(({ event }) => event.type === "unban" && event.why === "expiry");
    for (let waited = 0; waited < 2 * DAY && !ended(); waited += 30) {
      clock.advance(30);
    }
    return (ended()?.at ?? Number.POSITIVE_INFINITY) - last;
  }

  it("is 30 seconds, 5 minutes, an hour, a day, and never more than a day after the last attempt", () => {
    for (const seconds of [30, 300, HOUR, DAY, DAY, DAY]) {
      const lasted = attack();
      expect(lasted).toBeGreaterThan(seconds);
      expect(lasted).toBeLessThan(seconds + 1);
    }
  });

  it("counts the day from the last attempt, also of somebody who goes on while banned", () => {
    [0, 1, 2].forEach(() => attack());
    clock.advance(1);
    Array.from({ length: 5 }, fail);
    clock.advance(DAY - 10);
    Array.from({ length: 5 }, fail);
    const last = clock.now();
    clock.advance(DAY + 1);
    const unban = events.findLast(({ event }) => event.type === "unban");
    expect(unban?.at).toBeGreaterThan(last);
    expect((unban?.at ?? 0) - last).toBeLessThan(DAY + 1);
    expect(daemon.jail("sshd").bans).toEqual([]);
  });
});
