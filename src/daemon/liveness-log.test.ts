import { expect, it } from "vitest";
import { parseTimezone } from "../date";
import { describeLiveness } from "./liveness-log";

const NOW = 1_795_000_000;
const LOG = "/var/log/x.log";
const here = -new Date(NOW * 1000).getTimezoneOffset() * 60;

it("names the zone that explains dates off the clock", () => {
  const { level, message } = describeLiveness(
    LOG,
    { type: "off-clock", seconds: 7200, line: "a\u001b" },
    NOW,
  );
  expect(level).toBe("WARNING");
  expect(message).toContain(`${LOG} has dates 2h ahead of the clock`);
  expect(message).toContain('A line: "a\\u001b"');
  const zone = /logtimezone = (\S+) would/.exec(message)?.[1] ?? "";
  // Read in that zone the dates are the present.
  expect(parseTimezone(zone)).toBe(here + 7200);
});

it("names no zone where there is none such", () => {
  const { message } = describeLiveness(LOG, { type: "off-clock", seconds: -90_000, line: "a" }, NOW);
  expect(message).toContain("1d 1h behind the clock: the clock of its writer may be wrong");
});

it.each([
  [
    { type: "silent", seconds: 3600.4, usual: 30 },
    "WARNING",
    "has said nothing for 1h; its longest pause before was 30s",
  ],
  [{ type: "speaking", seconds: 7200 }, "INFO", "speaks again after 2h"],
  [{ type: "no-dates", line: "what" }, "WARNING", 'Set datepattern; a line: "what"'],
  [{ type: "slow", seconds: 31, bytes: 5 }, "WARNING", "5 bytes wait, for 31s"],
] as const)("%j", (event, level, text) => {
  expect(describeLiveness(LOG, event, NOW)).toMatchObject({ level });
  expect(describeLiveness(LOG, event, NOW).message).toContain(text);
});
