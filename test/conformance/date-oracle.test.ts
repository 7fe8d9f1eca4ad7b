import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { alikeLogs, mixedLogs, NOON, TABLE } from "./date-lines.testing";
import {
  askOracle,
  askOurs,
  HAS_ORACLE,
  type CaseAnswer,
  type DateAnswer,
  type DateCase,
} from "./date-oracle.testing";

const SAMPLES = "/usr/lib/python3/dist-packages/fail2ban/tests/files/logs";
const FILTERS = "/etc/fail2ban/filter.d";
/** What the test environment of the samples calls now: 2005-08-14 12:00:00 in Central Europe. */
const SAMPLE_NOW = 1124013600;
const ZONE = "Europe/Berlin";

if (!HAS_ORACLE) {
  console.warn("SKIPPED: dates are not compared, because fail2ban is not installed here");
}

describe.skipIf(!HAS_ORACLE)("dates as fail2ban finds them", () => {
  test("table of lines and patterns", () => {
    expect(TABLE.length).toBeGreaterThan(250);
    compare(TABLE, "UTC");
    compare(TABLE, "America/St_Johns");
  });

  test.skipIf(!existsSync(SAMPLES))("every line of the sample logs", () => {
    const logs = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(logs.length).toBeGreaterThan(90);
    const cases = logs.flatMap(({ name }) =>
      ["", "{^LN-BEG}", "{DATE}", "^[^\\[]*\\[({DATE})"].map((datepattern) => ({
        datepattern,
        now: SAMPLE_NOW,
        lines: readLines(join(SAMPLES, name)),
      })),
    );
    compare(cases, ZONE);
  });

  test.skipIf(!existsSync(FILTERS))("the stock filters' own patterns on their sample logs", () => {
    const cases = readdirSync(FILTERS)
      .filter((name) => name.endsWith(".conf"))
      .flatMap((file) => {
        const sample = join(SAMPLES, basename(file, ".conf"));
        const lines = existsSync(sample) ? readLines(sample) : [];
        return readPatterns(join(FILTERS, file)).map((datepattern) => ({
          datepattern,
          now: SAMPLE_NOW,
          lines,
        }));
      });
    expect(cases.length).toBeGreaterThan(20);
    compare(cases, ZONE);
  });

  test("logs of mixed formats, in order", () => {
    compare(mixedLogs(2026, 250), ZONE);
  });

  test("logs whose lines begin alike", () => {
    compare(alikeLogs(1, 250), ZONE);
  });

  test("refused patterns and zones", () => {
    const cases = ["%Q", "%Y%", "%", "%Y\n%Y", "EPOCH\nepoch", "%Y\n%é"].map((datepattern) => ({
      datepattern,
      now: NOON,
      lines: [],
    }));
    const zones = ["UTC+2", "cet", "Europe/Paris"].map((logtimezone) => ({
      logtimezone,
      now: NOON,
      lines: [],
    }));
    const [theirs, ours] = askBoth([...cases, ...zones], "UTC");
    expect(ours.map(({ refused }) => refused)).toEqual(theirs.map(({ refused }) => refused));
    expect(ours.every(({ refused }) => refused)).toBe(true);
  });

  /** Where we differ, on purpose; `theirs` is what 1.0.2 says. */
  test.each<{ reason: string; datepattern: string; line: string; theirs: DateAnswer; ours: DateAnswer }>([
    {
      reason: "1.1 restricts the cut to an own group",
      datepattern: "ts=({EPOCH}),",
      line: "ts=1700000000,",
      theirs: ["ts=1700000000,", 0, 1700000000],
      ours: ["1700000000", 3, 1700000000],
    },
    {
      reason: "1.1 takes a dash between day and hour, and colons",
      datepattern: "{DATE}",
      line: "x 20260101-10:11:12",
      theirs: ["10:11:12", 11, NOON - 6528],
      ours: ["20260101-10:11:12", 2, NOON - 6528],
    },
    {
      reason: "%k may stand first",
      datepattern: "%k:%M",
      line: "10:11 x",
      theirs: "error",
      ours: ["10:11", 0, NOON - 6540],
    },
    {
      reason: "an escaped dollar at the end is a dollar",
      datepattern: "%Y-%m-%d\\$",
      line: "2026-01-01$ x",
      theirs: "error",
      ours: ["2026-01-01$", 0, NOON - 43200],
    },
    {
      reason: "digits are ASCII digits",
      datepattern: "%Y",
      line: "٢٠٢٦",
      theirs: ["٢٠٢٦", 0, NOON - 43200],
      ours: null,
    },
  ])("differs: $reason", ({ datepattern, line, theirs, ours }) => {
    const [their, our] = askBoth([{ datepattern, now: NOON, lines: [line] }], "UTC");
    expect([their[0]?.lines[0], our[0]?.lines[0]]).toEqual([theirs, ours]);
  });
});

function askBoth(cases: readonly DateCase[], zone: string): [readonly CaseAnswer[], readonly CaseAnswer[]] {
  return [askOracle(cases, zone).map(as11), askOurs(cases, zone).map(as11)];
}

/** Both must find the same text at the same place with the same time, and order their templates in the same way. */
function compare(cases: readonly DateCase[], zone: string): void {
  const [theirs, ours] = askBoth(cases, zone);
  const problems = cases.flatMap((one, i) =>
    JSON.stringify(theirs[i]) === JSON.stringify(ours[i]) ? [] : [difference(one, theirs[i], ours[i])],
  );
  expect(problems).toEqual([]);
}

function difference(one: DateCase, theirs: CaseAnswer | undefined, ours: CaseAnswer | undefined): unknown {
  const at = one.lines.findIndex(
    (_, i) => JSON.stringify(theirs?.lines[i]) !== JSON.stringify(ours?.lines[i]),
  );
  const { datepattern, logtimezone } = one;
  return at < 0
    ? { datepattern, logtimezone, theirs, ours }
    : { datepattern, logtimezone, line: one.lines[at], theirs: theirs?.lines[at], ours: ours?.lines[at] };
}

/**
 * The compact format of 1.1 takes a dash and colons that 1.0.2 does not; its name is the only one that differs.
 * The words for %Exk and %Exl are one or the other in fail2ban, by chance.
 */
function as11(answer: CaseAnswer): CaseAnswer {
  const text = JSON.stringify(answer)
    .replaceAll("(?:T|  ?)Ex24hourExMinuteExSecond", "(?:-|T|  ?)Ex24hour:?ExMinute:?ExSecond")
    .replaceAll(/Ex%([kl])/g, "%Ex$1");
  return JSON.parse(text) as CaseAnswer;
}

function readLines(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** Values of `datepattern` that need no other section. */
function readPatterns(path: string): string[] {
  return [...readFileSync(path, "utf8").matchAll(/^datepattern[ \t]*=[ \t]*(.*(?:\n[ \t]+\S.*)*)/gm)]
    .map(([, value = ""]) => value)
    .filter((value) => !/%\(|<lt_/.test(value))
    .map((value) => value.replaceAll("%%", "%"));
}
