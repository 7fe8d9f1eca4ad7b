/** Lines that keep a regex busy for minutes, many of them: they cost the jail that reads them, and nobody else. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrograms, type Programs } from "../daemon-programs.testing";
import { LocalDaemon, stamp, until } from "./local-daemon.testing";

const SLOW = String.raw`^ failure (?:x(?:(\w+)\1?)+ )?from <HOST>$`;
const FILTER = `[Definition]\nfailregex = ${SLOW}\n            ^ error from <HOST>$\n`;

let programs: Programs;
let daemon: LocalDaemon;

beforeAll(() => {
  programs = buildPrograms();
});
afterAll(() => programs.remove());
beforeEach(async () => {
  daemon = new LocalDaemon(programs);
  daemon.write("conf/filter.d/slow.conf", FILTER);
  daemon.configure({ web: {}, mail: { filter: "slow" } });
  daemon.write("web.log", "");
  daemon.write("mail.log", "");
  await daemon.start();
});
afterEach(() => daemon.remove());

/** No two alike. */
function evil(number: number): string {
  return `${stamp()} failure x${"ab".repeat(1500)}${number}! from 192.0.2.66\n`;
}

/** Seconds until the jail that has nothing to do with it bans somebody. */
async function timeBan(host: string): Promise<number> {
  const begin = performance.now();
  daemon.fail("web.log", host, host);
  await until(`web bans ${host}`, () => daemon.notes.includes(`ban web ${host}`), 20_000);
  return (performance.now() - begin) / 1000;
}

/** The processor has nothing to do with how long others take. */
const LIMIT = 2;

describe("200 different lines that keep a regex busy", () => {
  test("stall no other jail, and put the regex out of service until it is reloaded", async () => {
    const first = evil(0);
    appendFileSync(daemon.path("mail.log"), first);
    await until("the jail has a reader of its own", () => daemon.log.includes("Reading stopped"), 10_000);
    appendFileSync(daemon.path("mail.log"), Array.from({ length: 199 }, (_, i) => evil(i + 1)).join(""));
    const times: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      times.push(await timeBan(`192.0.2.${round + 1}`));
      expect(daemon.call("ping").status).toBe(0);
      await sleep(300);
    }
    expect(Math.max(...times)).toBeLessThan(LIMIT);

    await until("the regex is out of service", () => daemon.log.includes("is out of service"), 20_000);
    expect(daemon.log).toContain(`[mail] failregex '${SLOW}' got stuck at several lines`);
    expect(daemon.log.match(/Reading stopped/g)).toHaveLength(3);
    expect(daemon.call("status", "mail").stdout).toContain(`Regex out of service:\t${SLOW}`);
    expect(daemon.call("status", "web").stdout).not.toContain("out of service");
    const error = `${stamp()} error from 198.51.100.1\n`;
    appendFileSync(daemon.path("mail.log"), error + error);
    await until("the other regex of the jail", () => daemon.notes.includes("ban mail 198.51.100.1"), 20_000);

    daemon.write("conf/filter.d/slow.conf", FILTER.replace(String.raw`(?:(\w+)\1?)+`, String.raw`\w+`));
    expect(daemon.call("reload").status).toBe(0);
    expect(daemon.call("status", "mail").stdout).not.toContain("out of service");
    daemon.fail("mail.log", "198.51.100.2", "198.51.100.2");
    await until("the regex made better", () => daemon.notes.includes("ban mail 198.51.100.2"), 20_000);
  });

  test("a regex is tried again after a reload that changes nothing", async () => {
    appendFileSync(daemon.path("mail.log"), Array.from({ length: 3 }, (_, i) => evil(i)).join(""));
    await until("the regex is out of service", () => daemon.log.includes("is out of service"), 30_000);
    daemon.fail("mail.log", "198.51.100.1", "198.51.100.1");
    expect(daemon.call("reload").status).toBe(0);
    daemon.fail("mail.log", "198.51.100.2", "198.51.100.2");
    await until("a ban by it", () => daemon.notes.includes("ban mail 198.51.100.2"), 20_000);
    expect(daemon.notes).not.toContain("198.51.100.1");
  });
});
