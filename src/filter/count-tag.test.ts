import { describe, expect, it } from "vitest";
import { createDateDetector } from "../date";
import { JailState } from "../jail";
import { parseOffender } from "../model";
import { compileFilter } from "./compile-filter";
import { failureOf } from "./hit-maker";
import { JailFilter } from "./jail-filter";

const NOW = 1_763_680_000;
const clock = { now: NOW, findtime: 600, phase: "operation", checkTimes: true } as const;

function countIn(line: string): number | undefined {
  const filter = new JailFilter(
    compileFilter({
      failregex: [{ text: "^failed login from <ADDR>(?:, <F-COUNT>\\S+</F-COUNT> times)?$" }],
      ignoreregex: [],
      maxlines: 1,
      usedns: "no",
    }),
    createDateDetector({ datepattern: "{NONE}" }),
  );
  const [hit] = filter.feedLine(line, { clock });
  return hit && failureOf(hit)?.count;
}

describe("<F-COUNT>", () => {
  it.each([
    ["failed login from 192.0.2.1", 1],
    ["failed login from 192.0.2.1, 7 times", 7],
    ["failed login from 192.0.2.1, 0 times", 1],
    ["failed login from 192.0.2.1, 999999999 times", 1000],
    ["failed login from 192.0.2.1, 99999999999999999999 times", 1],
    ["failed login from 192.0.2.1, -7 times", 1],
    ["failed login from 192.0.2.1, 1e9 times", 1],
    ["failed login from 192.0.2.1, ٧ times", 1],
  ])("reads %j as %i failures", (line, count) => {
    expect(countIn(line)).toBe(count);
  });

  it("counts as that many failures towards the ban", () => {
    const settings = { name: "web", maxretry: 5, findtime: 600, bantime: 600, maxmatches: 5 } as const;
    const jail = new JailState(settings, { random: () => 0 });
    const offender = parseOffender("192.0.2.1");
    const failure = { time: NOW, id: offender.id, groups: new Map(), matches: ["x"], count: 3 };
    expect(jail.fail(failure, offender, NOW).map(({ type }) => type)).toEqual(["found"]);
    expect(jail.fail(failure, offender, NOW).map(({ type }) => type)).toEqual(["found", "ban"]);
    expect(jail.banOf(offender.id)?.data.failures).toBe(6);
  });
});
