import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WarderError } from "../model";
import { createDateDetector, type DateOptions } from ".";

/** Noon of New Year's Day 2026 on the local clock, so that every test holds in every time zone. */
const NOW = local("2026-01-01T12:00:00");

/** Seconds of what the local clock shows. */
function local(text: string): number {
  return Date.parse(text) / 1000;
}

/** What the local clock shows, as `Date.parse` takes it. */
function isoLocal(date: Date): string {
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join("-");
  return `${day}T${date.toString().slice(16, 24)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function utc(text: string): number {
  return Date.parse(`${text}Z`) / 1000;
}

/** What one fresh detector cuts from a line. */
function cut(datepattern: string, line: string): string | undefined {
  return createDateDetector({ datepattern }).detect(line, NOW)?.text;
}

function time(line: string, options: DateOptions = {}, now = NOW): number | undefined {
  return createDateDetector(options).detect(line, now)?.time;
}

describe("default list", () => {
  test.each([
    ["2026-01-01 11:59:59 host x", "2026-01-01 11:59:59", 0],
    ["[2026-01-01T11:59:59.123] x", "2026-01-01T11:59:59.123", 1],
    ["Jan  1 11:59:59 host x", "Jan  1 11:59:59", 0],
    ["Thu Jan 01 11:59:59 2026 x", "Thu Jan 01 11:59:59 2026", 0],
    ["Jan 01 2026 11:59:59 x", "Jan 01 2026 11:59:59", 0],
    ["01/01/2026 11:59:59 x", "01/01/2026 11:59:59", 0],
    ['192.0.2.1 - - [01/Jan/2026:11:59:59 +0000] "GET /', "01/Jan/2026:11:59:59 +0000", 15],
    ["01/01/2026:11:59:59 x", "01/01/2026:11:59:59", 0],
    ["1767268799 x", "1767268799", 0],
    ["type=X msg=audit(1767268799.123:1): x", "1767268799.123", 17],
    ["11:59:59 x", "11:59:59", 0],
    ["<01/01/26@11:59:59> x", "<01/01/26@11:59:59>", 0],
    ["260101 11:59:59 x", "260101 11:59:59", 0],
    ["Jan 01, 2026 11:59:59 AM x", "Jan 01, 2026 11:59:59 AM", 0],
    ["Jan-01-26 11:59:59 x", "Jan-01-26 11:59:59", 0],
    ["20260101T115959 x", "20260101T115959", 0],
    ["20260101-11:59:59 x", "20260101-11:59:59", 0],
    ["PDT Jan  1 12:00:00 x", "PDT Jan  1 12:00:00", 0],
    ["+0200 Jan  1 12:00:00 x", "+0200 Jan  1 12:00:00", 0],
    ["@4000000050d506482dbdf024 x", "@4000000050d506482dbdf024", 0],
  ])("finds the date of %j", (line, text, start) => {
    const match = createDateDetector().detect(line, NOW);
    expect(match).toMatchObject({ text, start, end: start + text.length });
    expect(match?.time).toBeDefined();
  });

  test("finds nothing in text without a date", () => {
    expect(createDateDetector().detect("sshd: no date here 12:34", NOW)).toBeUndefined();
    expect(createDateDetector().detect("", NOW)).toBeUndefined();
  });

  test("has 31 templates, {^LN-BEG} and {DATE} 17", () => {
    expect(createDateDetector().templates).toHaveLength(31);
    expect(createDateDetector({ datepattern: "{default}" }).templates).toHaveLength(31);
    expect(createDateDetector({ datepattern: "{^LN-BEG}" }).templates).toHaveLength(17);
    expect(createDateDetector({ datepattern: "^\\[{DATE}" }).templates).toHaveLength(17);
  });

  test("knows the years of the decade in three years' time", () => {
    expect(time("2030-01-01 00:00:00 x")).toBeUndefined();
    const detector = createDateDetector();
    expect(detector.detect("2029-01-01 00:00:00 x", NOW)?.time).toBe(local("2029-01-01T00:00:00"));
    const later = local("2027-06-01T00:00:00");
    expect(detector.detect("2039-01-01 00:00:00 x", later)?.time).toBe(local("2039-01-01T00:00:00"));
    expect(time("2100-01-01 00:00:00 x", {}, local("2098-01-01T00:00:00"))).toBe(
      local("2100-01-01T00:00:00"),
    );
  });
});

describe("order of templates", () => {
  test("a date in the message does not win over the head seen before", () => {
    const detector = createDateDetector();
    const body = "h y at 2026-01-01 09:00:00";
    expect(detector.detect("Jan  1 10:00:00 h x", NOW)?.text).toBe("Jan  1 10:00:00");
    expect(detector.detect(`Jan  1 10:00:01 ${body}`, NOW)?.text).toBe("Jan  1 10:00:01");
    expect(detector.detect(body, NOW)?.text).toBe("2026-01-01 09:00:00");
  });

  test("the leftmost of two body dates wins", () => {
    expect(cut("", "foo 2026-01-01 09:00:00 Jan  1 10:00:00 x")).toBe("2026-01-01 09:00:00");
  });

  test("what a log used before decides between day first and month first", () => {
    const detector = createDateDetector();
    const line = "02-11-2026 03:04:05.1 x";
    expect(createDateDetector().detect(line, NOW)).toMatchObject({
      text: "02-11-2026 03:04:05",
      time: local("2026-11-02T03:04:05"),
    });
    detector.detect("02-13-2026 03:04:05.1 x", NOW);
    expect(detector.detect(line, NOW)?.time).toBe(local("2026-02-11T03:04:05"));
  });

  test("the last template of the list wins wherever it matches", () => {
    const detector = createDateDetector({ datepattern: "%Y-%m-%d\n%d/%m/%Y:%H:%M:%S" });
    const first = detector.detect("a 2026-01-01 b 01/02/2026:03:04:05", NOW);
    expect(first?.text).toBe("01/02/2026:03:04:05");
    expect(detector.detect("01/02/2026:03:04:05 a 2026-01-01", NOW)).toMatchObject({
      text: "2026-01-01",
      start: 22,
    });
  });

  test.each([
    [200, ["Year-Month-Day", "24hour:Minute"]],
    [301, ["24hour:Minute", "Year-Month-Day"]],
  ])("a template unused for %i seconds", (seconds, order) => {
    const detector = createDateDetector({ datepattern: "%Y-%m-%d\n%H:%M" });
    detector.detect("2026-01-01 x", NOW);
    detector.detect("2026-01-01 x", NOW);
    detector.detect("10:11 x", NOW + seconds);
    expect(detector.templates.map(({ name }) => name)).toEqual(order);
  });

  test("reports hits under the display name", () => {
    const detector = createDateDetector();
    detector.detect("Jan  1 10:00:00 h x", NOW);
    detector.detect("Jan  1 10:00:01 h x", NOW);
    expect(detector.templates.filter(({ hits }) => hits > 0)).toMatchObject([
      {
        name: "{^LN-BEG}(?:DAY )?MON Day %k:Minute:Second(?:\\.Microseconds)?(?: ExYear)?",
        hits: 2,
        weight: 100,
      },
    ]);
  });
});

describe("datepattern", () => {
  test.each([
    ["%Y", "x2024y", undefined],
    ["%Y", "_2024", undefined],
    ["%Y", "20245", undefined],
    ["%Y", "ä2024", undefined],
    ["%Y", "2024.5", "2024"],
    ["{UNB}%Y", "x20245", "2024"],
    ["**%Y", "x2024 y", "2024"],
    ["**%Y", "x2024y", undefined],
    ["%Y**", "2024y", "2024"],
    ["{^LN-BEG}%Y", "[[2024", "2024"],
    ["{^LN-BEG}%Y", "[[[2024", undefined],
    ["^%Y", "[2024", undefined],
    ["^%Y", "2024", "2024"],
    ["^[^\\[]*\\[({DATE})", "x [2026-01-01 01:02:03] y", "2026-01-01 01:02:03"],
    ["%Y-%m-%d (%H)", "2024-01-02 03", "2024"],
    ["(?P<Y>\\d{4})_(?P<j>\\d+)", "2024_33", "2024_33"],
    ["{NONE}", "anything", ""],
    ["EPOCH", "[1700000000 x", "1700000000"],
    ["EPOCH", "audit(1700000000.123 x", "1700000000.123"],
    ["EPOCH", " 1700000000", undefined],
    ["EPOCH", "x [1700000000]", undefined],
    ["EPOCH", "<1700000000", undefined],
    ["epoch", "1700000000.5 x", "1700000000"],
    ["EPOCH", "1700000000.1234567 x", "1700000000"],
    ["{^LN-BEG}EPOCH", "<1700000000 x", "1700000000"],
    ["^EPOCH", "[1700000000 x", "1700000000"],
    ["^EPOCH", "-- 1700000000 x", undefined],
    ["{^LN-BEG}EPOCH", "audit(1700000000 x", undefined],
    ["LEPOCH", "1700000000.123", "1700000000"],
    ["LEPOCH", "1700000000123.5", "1700000000123.5"],
    ["LEPOCH", "1700000000123456", "1700000000123456"],
    ["LEPOCH", "170000000012", undefined],
    ["LEPOCH", "170000000012345", undefined],
    ["ts=({EPOCH}),", "a ts=1700000000.5, b", undefined],
    ["ts=({EPOCH}),", "a ts=1700000000.500, b", "1700000000.500"],
    ["ts={EPOCH},", "a ts=1700000000.500, b", "ts=1700000000.500,"],
    ["TAI64N", "x@4000000050d506482dbdf024", "@4000000050d506482dbdf024"],
    ["^TAI64N", "x@4000000050d506482dbdf024", undefined],
    ["ISO8601", "an ISO8601 word", "ISO8601"],
    ["^ %k:%M", "  3:04 x", "  3:04"],
  ])("%s on %j cuts %j", (datepattern, line, text) => {
    expect(cut(datepattern, line)).toBe(text);
  });

  test.each([
    ["%Q", "unsupported format character 'Q' (0x51) at index 1"],
    ["%Y%", "incomplete format"],
    ["%ExQ", "unsupported format character"],
  ])("refuses %s", (datepattern, reason) => {
    const refused = () => createDateDetector({ datepattern });
    expect(refused).toThrow(WarderError);
    expect(refused).toThrow(
      `Failed to set datepattern '${datepattern}' (may be an invalid format or unescaped percent char): ${reason}`,
    );
  });

  test.each(["%Y(", "%H … %H", "[%Y", "%Y{DATE}"])(
    "refuses %s when it is set, not at each line",
    (datepattern) => {
      expect(() => createDateDetector({ datepattern })).toThrow(
        expect.objectContaining({ name: "WarderError", code: "date-pattern" }) as Error,
      );
    },
  );

  test("refuses a template that is there already", () => {
    expect(() => createDateDetector({ datepattern: "%Y\n%Y" })).toThrow(
      "There is already a template with name Year",
    );
  });

  test.each([
    ["", undefined, "Default Detectors"],
    ["{^LN-BEG}", undefined, "Default Detectors"],
    ["%Y-%m-%d", "%Y-%m-%d", "Year-Month-Day"],
    ["{^LN-BEG}%Y", "{^LN-BEG}%Y", "{^LN-BEG}Year"],
    ["{UNB}%Y", "{UNB}%Y", "Year"],
    ["EPOCH", undefined, "Epoch"],
    ["lepoch", undefined, "LongEpoch"],
    ["^TAI64N", undefined, "{^LN-BEG}TAI64N"],
    ["{NONE}", "{UNB}^", "^"],
    ["%Y\n%m", "%Y", "Year"],
    ["%Y\n%m\n%d", undefined, "Default Detectors"],
  ])("%j is shown as %j, %j", (datepattern, pattern, name) => {
    expect(createDateDetector({ datepattern }).patternInfo()).toEqual([pattern, name]);
  });
});

describe("time", () => {
  test.each([
    ["Jan  2 11:59:59 x", local("2026-01-02T11:59:59")],
    ["Jan  2 12:00:00 x", local("2026-01-02T12:00:00")],
    ["Jan  2 12:00:01 x", local("2025-01-02T12:00:01")],
    ["Dec 31 23:00:00 x", local("2025-12-31T23:00:00")],
    ["12:00:00 x", local("2026-01-01T12:00:00")],
    ["12:00:01 x", local("2025-12-31T12:00:01")],
    ["PDT Jan  1 12:00:00 x", utc("2026-01-01T19:00:00")],
    ["2026-01-01T10:00:00,123 +01:00 x", utc("2026-01-01T09:00:00")],
    ["@4000000050d506482dbdf024", 1356138056],
    ["1700000000.123 x", 1700000000.123],
    ["Feb 29 01:00:00 x", undefined],
    ["Feb 30 01:00:00 x", undefined],
    ["2026-01-01 10:00:60 x", undefined],
    ["FOO Jan  1 06:00:00 x", undefined],
  ])("of %j", (line, expected) => {
    expect(time(line)).toBe(expected);
  });

  test.each([
    ["%Y %U %w", "2024 10 3", local("2024-03-13T00:00:00")],
    ["%Y %W %a", "2024 10 Wed", local("2024-03-06T00:00:00")],
    ["%Y %W", "2024 10", local("2024-01-01T00:00:00")],
    ["%Y %j", "2024 33", local("2024-02-02T00:00:00")],
    ["%y-%m-%d", "99-01-02", local("2099-01-02T00:00:00")],
    ["%Y-%m-%d", "1999-01-02", local("1999-01-02T00:00:00")],
    ["%Y-%m-%d", "0000-01-02", undefined],
    ["%I:%M", "12:30", local("2026-01-01T00:30:00")],
    ["%I:%M %p", "12:30 PM", local("2025-12-31T12:30:00")],
    ["%Y %m", "2024 3", undefined],
    ["%Y", "2027", local("2026-12-31T00:00:00")],
    ["%Y-%m-%d %Exz", "2026-01-01 CET+0100", utc("2025-12-31T22:00:00")],
    ["%b %d %z", "Jan 1 utc", undefined],
    ["LEPOCH", "1700000000123.5", 1700000000.1235],
    ["LEPOCH", "1700000000123456", 1700000000.123456],
    ["ISO8601", "ISO8601", local("2026-01-01T00:00:00")],
    ["{NONE}", "x", undefined],
  ])("%s reads %j", (datepattern, line, expected) => {
    expect(time(line, { datepattern })).toBe(expected);
  });

  test("a date that names no moment keeps its text", () => {
    expect(createDateDetector().detect("Feb 30 01:00:00 x", NOW)).toMatchObject({
      text: "Feb 30 01:00:00",
      time: undefined,
    });
  });

  test("the same text is read anew when its meaning may have changed", () => {
    const detector = createDateDetector();
    const line = "Jan  2 12:00:01 host x with some more text";
    expect(detector.detect(line, NOW)?.time).toBe(local("2025-01-02T12:00:01"));
    expect(detector.detect(line, NOW + 0.9)?.time).toBe(local("2025-01-02T12:00:01"));
    expect(detector.detect(line, NOW + 1)?.time).toBe(local("2026-01-02T12:00:01"));
    expect(detector.detect(line, local("2027-03-01T00:00:00"))?.time).toBe(local("2027-01-02T12:00:01"));
  });

  test("tokens outside of the cut count as well", () => {
    const detector = createDateDetector({ datepattern: "%Y-%m-%d (%H)" });
    expect(detector.detect("2024-01-02 03", NOW)?.time).toBe(local("2024-01-02T03:00:00"));
    expect(detector.detect("2024-01-03 04", NOW)?.time).toBe(local("2024-01-03T04:00:00"));
    const ahead = createDateDetector({ datepattern: "{UNB}%Y(?=-%j)" });
    expect(ahead.detect("2024-001", NOW)?.time).toBe(local("2024-01-01T00:00:00"));
    expect(ahead.detect("2024-002", NOW)?.time).toBe(local("2024-01-02T00:00:00"));
  });

  test("logtimezone holds for dates that carry no zone", () => {
    expect(time("2026-01-01 10:00:00 x", { logtimezone: "UTC+0200" })).toBe(utc("2026-01-01T08:00:00"));
    expect(time("2026-01-01 10:00:00 Z x", { logtimezone: "CET" })).toBe(utc("2026-01-01T10:00:00"));
    expect(time("1700000000 x", { logtimezone: "CET" })).toBe(1700000000);
    expect(time("2026-01-01 10:00:00 x", { logtimezone: "" })).toBe(local("2026-01-01T10:00:00"));
  });

  test.each(["UTC+2", "cet", "AB", "Europe/Paris", "XYZ"])("refuses logtimezone %s", (logtimezone) => {
    expect(() => createDateDetector({ logtimezone })).toThrow(
      `Unknown or unsupported time zone: '${logtimezone}'`,
    );
  });
});

describe("any moment", () => {
  const seconds = fc.integer({ min: utc("2000-01-02T00:00:00"), max: utc("2029-12-30T00:00:00") });
  const minutes = fc.integer({ min: -11 * 60, max: 14 * 60 });

  test("written with a zone is read back", () => {
    const detector = createDateDetector();
    fc.assert(
      fc.property(seconds, minutes, fc.string(), (moment, offset, rest) => {
        const shown = new Date((moment + offset * 60) * 1000).toISOString().slice(0, 19);
        const zone = `${offset < 0 ? "-" : "+"}${twoDigits(Math.trunc(Math.abs(offset) / 60))}:${twoDigits(Math.abs(offset) % 60)}`;
        expect(detector.detect(`${shown}${zone} ${rest}`, NOW)).toMatchObject({
          text: shown + zone,
          start: 0,
          time: moment,
        });
      }),
      { numRuns: 1000 },
    );
  });

  test("written without a year is read back for a year less two days", () => {
    const detector = createDateDetector();
    const day = 86_400;
    fc.assert(
      fc.property(seconds, fc.integer({ min: -363 * day, max: day - 3600 }), (now, distance) => {
        const moment = new Date((now + distance) * 1000);
        // An hour that the clock shows twice cannot be told, nor can Feb 29 be from the year before.
        fc.pre(Date.parse(isoLocal(moment)) === moment.getTime());
        const text = `${moment.toString().slice(4, 10)} ${moment.toString().slice(16, 24)}`;
        fc.pre(!text.startsWith("Feb 29"));
        // As in fail2ban: on the last day of a year a date of the next one is taken for this year's.
        fc.pre(moment.getFullYear() <= new Date(now * 1000).getFullYear());
        expect(detector.detect(`${text} host x`, now)?.time).toBe(now + distance);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("hostile lines", () => {
  test("nothing thrown, and the cut is part of the line", () => {
    const words = [
      "2026-01-01",
      "10:00:00",
      "Feb 30",
      "ABC",
      "Z",
      "+19:99",
      "@4",
      "audit(",
      "[",
      "\u0000",
      "٣",
      "\ud800",
    ];
    const line = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary" })), {
      maxLength: 12,
    });
    const detectors = ["", "{^LN-BEG}", "{DATE}", "%Y-%m-%d %Exz\nEPOCH", "(?P<Y>\\S+) (?P<Z>\\S*)"].map(
      (datepattern) => createDateDetector({ datepattern }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...detectors), line, (detector, parts) => {
        const text = parts.join(" ");
        const match = detector.detect(text, NOW);
        expect(match?.text).toBe(match && text.slice(match.start, match.end));
        expect(Number.isNaN(match?.time ?? 0)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test("a label of a time no calendar has is no time", () => {
    expect(time("@ffffffffffffffffffffffff x")).toBeUndefined();
    expect(time("@4fffffff50d506482dbdf024 x")).toBeUndefined();
  });

  test("a line too long for a regex of the user's has no date", () => {
    const detector = createDateDetector({ datepattern: "^(?:a|b)*%Y" });
    expect(detector.detect("ab".repeat(20_000_000), NOW)).toBeUndefined();
  });

  test.each([
    ["digits", "1".repeat(1 << 20)],
    ["almost dates", "2026-01-01 10:00: ".repeat(60_000)],
    ["names", "Mon Jan 01 ".repeat(100_000)],
    ["blanks", `2026-01-01 10:00:00${" ".repeat(1 << 20)}x`],
    ["signs", "[".repeat(1 << 20)],
    ["zones", "UTC Mon Jan ".repeat(90_000)],
  ])("a megabyte of %s takes bounded time", (_, line) => {
    const detector = createDateDetector();
    const start = performance.now();
    detector.detect(line, NOW);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
