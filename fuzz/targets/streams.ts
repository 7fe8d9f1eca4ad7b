import { parseJournalEntry } from "../../src/source/journal-entry";
import { parseSyslogAddress } from "../../src/source";
import { formatSyslog } from "../../src/source/syslog-message";
import { SyslogFrames } from "../../src/source/syslog-frames";
import { Unwrapper } from "../../src/source/unwrapper";
import { demand, demandSame, type FuzzTarget } from "../target";

const ARRIVAL = { date: "2026-11-21T00:46:30.014+00:00", sender: "198.51.100.7" };
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\x08\n-\x1f\x7f]/;
const LIMIT = 2000;

/** What comes in on a TCP connection for syslog: the same messages however it is cut, and each of them one line. */
export const syslog: FuzzTarget = {
  name: "syslog",
  seeds: () =>
    [
      "<38>Oct 11 22:14:15 mail sshd[12]: Failed password\n<13>x\n",
      '99 <34>1 2026-11-21T01:02:03.123456789+01:00 mail app 1 - [a@1 b="\\"]" c="x"][d] text',
      "22 <13>only text of a line9 <13>y\nz\n",
      "<189>Nov 21 2026 01:02:03: %ASA-4: denied\0\r\n",
      "<34>1 - - - - - - \u00ef\u00bb\u00bftext\n",
    ].map((text) => Buffer.from(text, "latin1")),
  words: [
    "<13>",
    "<34>1 ",
    "1 ",
    "12 <",
    "\n",
    "\0",
    "Nov 21 01:02:03 ",
    "2026-11-21T01:02:03Z ",
    "- ",
    '[a b="',
    '"]',
    "]",
  ],
  check: (input) => {
    const whole = readFrames([input]);
    const size = 1 + (input.length % 11) + Math.floor(input.length / 500);
    const pieces = Array.from({ length: Math.ceil(input.length / size) }, (_, i) =>
      input.subarray(i * size, (i + 1) * size),
    );
    demandSame(readFrames(pieces), whole, "messages of a stream that comes in pieces");
    for (const message of [...whole.messages, input.toString("latin1")]) {
      const line = formatSyslog(message, ARRIVAL);
      demand(!CONTROL.test(line), "a line with control characters");
      demand(/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) /.test(line), `a line without date: ${line}`);
    }
    parseSyslogAddress(input.toString("utf8"));
  },
};

/** One line of `journalctl -o json`. */
export const journal: FuzzTarget = {
  name: "journal",
  seeds: () =>
    [
      { __CURSOR: "s=1;i=2", _HOSTNAME: "h", SYSLOG_IDENTIFIER: "sshd", SYSLOG_PID: "7", MESSAGE: "x\ny" },
      { __CURSOR: "c", MESSAGE: [104, 105, 255], _COMM: ["a", [98]], _PID: "0x1f", SYSLOG_IDENTIFIER: null },
      { __CURSOR: "c", SYSLOG_IDENTIFIER: "kernel", _SOURCE_MONOTONIC_TIMESTAMP: "1234567", MESSAGE: "a" },
    ].map((fields) =>
      Buffer.from(JSON.stringify({ __REALTIME_TIMESTAMP: "1795216931000000", ...fields }), "utf8"),
    ),
  words: [
    '"MESSAGE":',
    '"__CURSOR":',
    '"__REALTIME_TIMESTAMP":',
    '"_SOURCE_REALTIME_TIMESTAMP":',
    "9999999999999999",
    "[",
    "]",
    "[[1],2]",
    "null",
    "{}",
    '"x"',
    ",",
    "\\n",
    "\\u0000",
    "256",
    "-1",
    "1.5",
    '"__proto__":',
  ],
  check: (input) => {
    const found = parseJournalEntry(input.toString("utf8"));
    if (found) {
      const { entry, point } = found;
      demand(Number.isFinite(entry.time) && !entry.text.includes("\n"), "an entry that is no line");
      demand(point.cursor !== "" && Number.isFinite(point.micros), "an entry without a place");
      demand(/^\d{4,6}-\d\d-\d\dT/.test(entry.date) || entry.date.startsWith("+"), `the date ${entry.date}`);
    }
  },
};

/** The lines of a container's log: the same however they come, and never more lines than were written. */
export const container: FuzzTarget = {
  name: "container",
  seeds: () =>
    [
      '{"log":"one\\n","stream":"stdout","time":"2026-11-21T00:46:30.1Z"}\n{"log":"two\\u0000\\n","stream":"stderr","time":"x"}\n',
      "2026-11-21T00:46:30.123456789Z stdout P one \n2026-11-21T00:46:31Z stdout F half\n2026-11-21T00:46:31Z stderr F\n",
      "plain\nlines\n",
      `{"log":"${"a".repeat(16_384)}","stream":"stdout","time":"2026-11-21T00:46:30Z"}\n{"log":"b\\n","stream":"stdout","time":"2026-11-21T00:46:31Z"}\n`,
    ].map((text) => Buffer.from(text)),
  words: [
    '{"log":"',
    '","stream":"stdout","time":"',
    '"}\n',
    "\n",
    "\\n",
    " stdout P ",
    " stderr F ",
    "\\u0100",
    "é",
    "2026-11-21T00:46:30Z",
  ],
  check: (input) => {
    const lines = `${input.toString("latin1")}\n`.match(/.*\n/gs) ?? [];
    const separate = lines
      .join("")
      .split("\n")
      .slice(0, -1)
      .map((line) => `${line}\n`);
    const one = new Unwrapper();
    const whole = one.unwrap(separate.join(""));
    const other = new Unwrapper();
    const parts = separate.map((line) => other.unwrap(line));
    demandSame(
      parts.map((part) => part?.view ?? "").join(""),
      whole?.view ?? "",
      "lines that come one by one",
    );
    if (whole) {
      demand(whole.lines <= separate.length, "more lines than were written");
      demandSame(whole.view.split("\n").length - 1, whole.lines, "the count of lines");
      whole.timeAt(0);
    }
  },
};

function readFrames(pieces: readonly Buffer[]): {
  readonly messages: readonly string[];
  readonly skipped: number;
} {
  const frames = new SyslogFrames(LIMIT);
  const found = pieces.map((piece) => frames.push(piece));
  return {
    messages: found.flatMap(({ messages }) => messages),
    skipped: found.reduce((sum, { skippedBytes }) => sum + skippedBytes, 0),
  };
}
