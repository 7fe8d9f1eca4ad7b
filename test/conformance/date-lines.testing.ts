import type { DateCase } from "./date-oracle.testing";

/** Noon of New Year's Day 2026 in UTC. */
export const NOON = 1767268800;

const HEADS = ["", "[", "<", "host ", "192.0.2.1 - - [", "type=X msg=", "ä "];
const TAILS = ["", " x", "] x", ": x", "x", "_", ".", "ä", '"'];

/** Formats beside the default list, each with lines it should and should not find. */
const FORMATS: readonly (readonly [datepattern: string, ...lines: string[]])[] = [
  ["%Y", "x2024y", "_2024", "20245", "2024.5", "ä2024", "2027", "2026", "a 2024"],
  ["{UNB}%Y", "x20245", "_2024_"],
  ["**%Y**", "x20245"],
  ["{^LN-BEG}%Y", "[[2024", "[[[2024", "2024x", " 2024"],
  ["^%Y", "[2024", "2024"],
  ["%Y$", "x 2024", "2024 x", "x 2024\n"],
  ["(^%Y|x)", "2024", "x"],
  ["%Y-%m-%d (%H)", "2024-01-02 03"],
  ["(%Y)-%m-(%d)", "2024-01-02"],
  ["^[^\\[]*\\[({DATE})", "x [2026-01-01 01:02:03] y", "h [Jan  1 01:02:03] [2026-01-01 01:02:03]", "[Epoch"],
  ["x{DATE}", "x2026-01-01 01:02:03", "xEpoch", "xTAI64N"],
  ["(?P<Y>\\d{4})_(?P<j>\\d+)", "2024_33", "2024_366", "2023_366", "2024_367"],
  ["{NONE}", "x", "2026-01-01 01:02:03"],
  ["EPOCH", "1700000000 x", "[1700000000 x", "[1700000000] x", "audit(1700000000.123:1)", " 1700000000"],
  [
    "EPOCH",
    "x [1700000000]",
    "<1700000000>",
    "1700000000.5",
    "1700000000.1234567",
    "1700000000123",
    "170000000",
  ],
  ["{^LN-BEG}EPOCH", "<1700000000", "[1700000000 x", "-- 1700000000", "audit(1700000000", "(1700000000.123)"],
  ["^epoch", "<1700000000", "1700000000"],
  ["LEPOCH", "1700000000", "1700000000.123", "1700000000123", "17000000001234", "1700000000123.456"],
  [
    "LEPOCH",
    "170000000012",
    "170000000012345",
    "1700000000123456",
    "17000000001234567",
    "170000000012345678",
  ],
  ["{^LN-BEG}LEPOCH", "[1700000000123] x"],
  ["ts={EPOCH},", "a ts=1700000000.500, b", "ts=1700000000,", "ts=1700000000.5,"],
  [
    "TAI64N",
    "@4000000050d506482dbdf024",
    "x@4000000050d506482dbdf024 y",
    "@4000000050D506482DBDF024",
    "@40000000",
  ],
  ["^TAI64N", "x@4000000050d506482dbdf024", "[@4000000050d506482dbdf024"],
  ["%Y %U %w", "2024 10 3", "2024 0 0", "2024 53 6", "2026 1 0"],
  ["%Y %W %a", "2024 10 Wed", "2024 00 mon", "2025 52 SUN"],
  ["%Y %W", "2024 10"],
  ["%U %w", "10 3"],
  ["%j", "33", "366", "001"],
  ["%G %V %u", "2024 10 3"],
  ["%y-%m-%d", "99-01-02", "26-1-2", "00-12-31", "26-02-29"],
  [
    "%Y-%m-%d",
    "1999-01-02",
    "0001-01-02",
    "0000-01-02",
    "2024-02-29",
    "2023-02-29",
    "2100-02-29",
    "2024-04-31",
  ],
  ["%I:%M", "12:30", "1:05", "13:00"],
  ["%I:%M %p", "12:30 am", "12:30 PM", "11:59 pm", "1:00 xm"],
  ["%H:%M %p", "10:30 PM"],
  ["%H:%M:%S", "24:00:00", "12:00:00", "12:00:01", "23:59:60", "1:2:3"],
  ["%Y %m", "2024 3"],
  ["%b %Exd", "Mar 3", "Mar 03", "MAR 31"],
  ["%d %b", "Feb 29", "29 Feb", " 9 Feb", "2 jan", "3 Jan", "31 dec"],
  ["%B %d, %Y", "September 30, 2024", "may 1, 2024", "Sept 1, 2024"],
  ["%A %H", "Wednesday 10", "wed 10"],
  ["%c", "Thu Jan  1 10:00:00 2026"],
  ["%x %X", "01/02/26 10:00:00"],
  [
    "%Y-%m-%d %z",
    "2024-01-02 Z",
    "2024-01-02 +0530",
    "2024-01-02 -09:30",
    "2024-01-02 +2000",
    "2024-01-02 GMT",
  ],
  ["%Y-%m-%d %Z", "2024-01-02 CEST", "2024-01-02 Z", "2024-01-02 cest", "2024-01-02 AB", "2024-01-02 ANAST"],
  [
    "%Y-%m-%d %Exz",
    "2024-01-02 CET+0100",
    "2024-01-02 A",
    "2024-01-02 M-12",
    "2024-01-02 +01",
    "2024-01-02 NPT",
  ],
  ["%b %d %H:%M %z", "Jan 01 00:30 +0200", "Dec 31 23:30 -0200", "Jan 02 14:00 +0200", "Jan 1 10:00 utc"],
  ["%H:%M %z", "13:30 +0200", "14:30 +0200", "00:30 +0200"],
  ["%ExY%Exm%Exd%ExH%ExM%ExS", "20260101101112", "2026010110111", "20300101101112"],
  ["%Y %k:%M", "2024  9:05", "2024 29:05", "2024 09:05"],
  ["%Y %Exk:%M %Exl", "2024 23:05 11"],
  ["ISO8601", "an ISO8601 word"],
  ["%%%Y", "%2024", "2024"],
  ["(?i)date %H:%M", "DATE 10:11"],
  ["\\bon (?P<b>\\w+) (?P<d>\\d+)", "x on Mar 3", "x on foo 3"],
];

/** Each default format in several surroundings, and the own formats. */
export const TABLE: readonly DateCase[] = [
  ...defaultLines().map((line) => ({ now: NOON, lines: [line] })),
  ...FORMATS.flatMap(([datepattern, ...lines]) =>
    lines.map((line) => ({ now: NOON, datepattern, lines: [line] })),
  ),
  ...["CET", "UTC+0200", "-0430"].flatMap((logtimezone) =>
    ["2026-01-01 10:00:00 x", "2026-01-01 10:00:00 Z", "Jan  2 13:00:01 x", "12:30:00 x", "1700000000 x"].map(
      (line) => ({ now: NOON, logtimezone, lines: [line] }),
    ),
  ),
];

function defaultLines(): string[] {
  const dates = [
    "2026-01-01T10:11:12.123 +01:00",
    "2026/1/2 3:4:5,1",
    "2026.01.02  10:11:12Z",
    "2026-01-02 10:11:60",
    "Jan  2 12:00:00",
    "Jan  2 12:00:01",
    "Thu Jan 01 10:11:12.5 2026",
    "feb 29 01:00:00",
    "Jan 01 2026 10:11:12",
    "02/01/2026 10:11:12",
    "2-1-26 3:04:05",
    "01/Jan/2026:10:11:12 +0100",
    "1-jan-2026 10:11:12.1",
    "01/02/2026:10:11:12",
    "02-13-2026 03:04:05.1",
    "1767200000.123",
    "audit(1767200000.123:4)",
    "10:11:12",
    "12:00:01",
    "<01/02/26@10:11:12>",
    "260102 10:11:12",
    "Jan 2, 2026 10:11:12 pm",
    "Jan-02-26 10:11:12",
    "20260102T101112,5 -0100",
    "PDT Jan  1 12:00:00",
    "+0200 Jan  2 14:00:01",
    "FOO Jan  1 06:00:00",
    "@4000000050d506482dbdf024",
    "no date",
    "2030-01-01 00:00:00",
  ];
  return dates.flatMap((date, i) =>
    [0, 1, 2].map((k) => HEADS[(i + k * 3) % HEADS.length] + date + TAILS[(i * 2 + k) % TAILS.length]),
  );
}

/** Logs of mixed formats: what order the list is in decides what is found. The same seed gives the same logs. */
export function mixedLogs(seed: number, count: number): DateCase[] {
  const random = randomOf(seed);
  const patterns = [
    "",
    "",
    "{^LN-BEG}",
    "{DATE}",
    "{UNB}{DATE}",
    "%Y-%m-%d\n%d/%m/%Y:%H:%M:%S\n%b %d %H:%M:%S",
  ];
  return Array.from({ length: count }, () => ({
    datepattern: pick(patterns, random),
    now: pick([NOON, 1782000000, 1709168400], random),
    lines: Array.from({ length: 3 + random(20) }, () => mixedLine(random)),
  }));
}

/** Logs whose lines begin alike, and go on in ways that may or may not belong to the date. */
export function alikeLogs(seed: number, count: number): DateCase[] {
  const random = randomOf(seed);
  const tails = [
    "",
    " x y z and more",
    ".5 x",
    ".123456 x",
    ",123 +0100 x",
    " +0100",
    " +01:00 x",
    "  Z x",
    "   UTC",
    "Z",
    " 2026",
  ];
  const more = [
    " 2026 x",
    " 2026x",
    " 20",
    "] x",
    "1",
    " ",
    "   2026-01-01 01:01:01",
    " host 10:11:12",
    " AM",
    " PM x",
    ":",
    "\t\t+02",
  ];
  const dates = [
    "2026-01-01 10:11:12",
    "Jan  1 10:11:12",
    "Jan 01, 2026 10:11:12",
    "260101 10:11:12",
    "01/Jan/2026:10:11:12",
  ];
  const others = [
    "20260101T101112",
    "10:11:12",
    "1767200000",
    "@4000000050d506482dbdf024",
    "01-01-2026 10:11:12",
    "CET Jan  1 10:11:12",
  ];
  return Array.from({ length: count }, () => {
    const heads = [pick([...dates, ...others], random), pick(dates, random)].map(
      (date) => pick(["", "[", "<("], random) + date,
    );
    return {
      datepattern: pick(["", "{^LN-BEG}"], random),
      now: NOON,
      lines: Array.from({ length: 25 }, () => pick(heads, random) + pick([...tails, ...more], random)),
    };
  });
}

type Random = (below: number) => number;

function mixedLine(random: Random): string {
  const dates = Array.from(
    { length: 1 + random(3) },
    () => anyDate(random) + pick([" ", "] ", ": ", "x"], random),
  );
  return pick(HEADS, random) + dates.join(pick(["", " ", "h - ", "["], random)) + pick(TAILS, random);
}

function anyDate(random: Random): string {
  const [month, day, minute] = [1 + random(12), 1 + random(28), random(60)].map((n) =>
    String(n).padStart(2, "0"),
  );
  const year = 2023 + random(6);
  const time = `${random(24)}:${minute}:${minute}`;
  const name = pick(["Jan", "Feb", "Mar", "Jul", "Oct", "Dec"], random);
  return pick(
    [
      `${year}-${month}-${day} ${time}`,
      `${name} ${day} ${time}`,
      `${name} ${day} ${year} ${time}`,
      `${day}/${month}/${year} ${time}`,
      `${month}-${day}-${year} ${time}`,
      `${day}/${month}/${year}:${time}`,
      `${day}/${name}/${year}:${time} +0100`,
      `${1700000000 + random(60_000_000)}`,
      time,
      `@4000000050d506${month}2dbdf024`,
      `PST ${name} ${day} ${time}`,
    ],
    random,
  );
}

function pick<T>(list: readonly [T, ...T[]] | readonly T[], random: Random): T {
  return list[random(list.length)] as T;
}

/** A small generator of equal numbers for equal seeds (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
