import { createDateDetector } from "../../src/date";
import { WarderError } from "../../src/model";
import { demand, demandSame, tolerate, type FuzzTarget } from "../target";
import { readSampleLines } from "./samples";

/** A line of a megabyte takes more than a second, since all templates are looked for everywhere in it. */
const LONGEST = 300_000;
/** Longer lines are looked at once only, to see how long that takes. */
const LONG = 100_000;
const NOW = 1_795_305_600;
const DATES = [
  "Nov 21 00:46:30",
  "2026-11-21T00:46:30.123456789+01:00",
  "21/Nov/2026:00:46:30 +0100",
  "Sat Nov 21 00:46:30.1 2026",
  "1795216931.123",
  "@400000005f5e1000",
  "[2026-11-21 00:46:30 UTC]",
];
const warm = createDateDetector();

/** A line, and perhaps a date pattern before a NUL: dates stand where they are said to, and depend on nothing before. */
export const date: FuzzTarget = {
  name: "date",
  seeds: () => [
    ...DATES.map((text) => Buffer.from(`${text} host app: x`)),
    ...DATES.map((text) => Buffer.from(`%Y-%m-%d[T ]%H:%M:%S(?:\\.%f)?(?:%z)?\0${text} x`)),
    Buffer.from("{^LN-BEG}%%b %%d %%k:%%M:%%S\n{EPOCH}\n^TAI64N\0x 1795216931 y"),
    ...[...readSampleLines().values()].flatMap((lines) => lines.slice(0, 2)).map((line) => Buffer.from(line)),
  ],
  words: [
    "%Y",
    "%m",
    "%d",
    "%H",
    "%M",
    "%S",
    "%f",
    "%z",
    "%Z",
    "%b",
    "%B",
    "%a",
    "%y",
    "%j",
    "%p",
    "%I",
    "%G",
    "%V",
    "%u",
    "%s",
    "%Ex",
    "%ExY",
    "{EPOCH}",
    "{LEPOCH}",
    "{DATE}",
    "{UNB}",
    "{^LN-BEG}",
    "{*WD-BEG}",
    "{NONE}",
    "TAI64N",
    "\0",
    "Feb 29",
    "Dec 31",
    "24:00:00",
    "23:59:60",
    "+14:00",
    "-12",
    "Z",
    "UTC",
    "CET",
    "1969",
    "٣",
  ],
  check: (input) => {
    const text = input.toString("utf8").slice(0, LONGEST);
    const at = text.indexOf("\0");
    checkLine(warm, text.slice(at + 1));
    if (at >= 0) {
      const options = { datepattern: text.slice(0, at) };
      const fresh = () =>
        tolerate(
          () => createDateDetector(options),
          (error) => error instanceof WarderError,
        );
      const detector = fresh();
      const line = text.slice(at + 1);
      if (detector) {
        checkLine(detector, line);
        if (line.length < LONG) {
          checkLine(detector, `${line} `);
        }
        if (line.length < LONG && !options.datepattern.includes("\n")) {
          demandSame(
            detector.detect(line, NOW),
            fresh()?.detect(line, NOW),
            "a date depends on lines before",
          );
        }
      }
    }
  },
};

function checkLine(detector: ReturnType<typeof createDateDetector>, line: string): void {
  const found = detector.detect(line, NOW);
  if (found) {
    demand(
      found.start >= 0 && found.start <= found.end && found.end <= line.length,
      "a date outside of its line",
    );
    demandSame(line.slice(found.start, found.end), found.text, "the text of a date");
    demand(found.time === undefined || Number.isFinite(found.time), `the time ${found.time}`);
    if (line.length < LONG) {
      demandSame(detector.detect(line, NOW)?.time, found.time, "the same line at the same time");
    }
  }
}
