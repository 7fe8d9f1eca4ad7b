import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatArrival, formatSyslog } from "./syslog-message";
import { SyslogFrames } from "./syslog-frames";

const arrival = { date: "2026-11-21T00:46:30.014+00:00", sender: "198.51.100.7" };
const format = (text: string): string => formatSyslog(text, arrival);

describe("messages of RFC 3164", () => {
  it.each([
    ["<38>Oct 11 22:14:15 mail sshd[12]: Failed password", "mail sshd[12]: Failed password"],
    ["<38>Oct  1 22:14:15 sshd[12]: Failed password\n", "198.51.100.7 sshd[12]: Failed password"],
    ["<38>2026-11-21T01:02:03.123456+01:00 mail su: no", "mail su: no"],
    ["<189>Nov 21 2026 01:02:03: %ASA-4: denied", "198.51.100.7 %ASA-4: denied"],
    ["<13>only text", "198.51.100.7 only text"],
    ["only text", "198.51.100.7 only text"],
  ])("%j", (message, line) => {
    expect(format(message)).toBe(`${arrival.date} ${line}`);
  });
});

it("is quick with line breaks without end", () => {
  const begin = process.cpuUsage();
  expect(format(`<13>a${"\n".repeat(62_000)}b\r\n\0`)).toMatch(/ a#012[#012]*b$/);
  expect(process.cpuUsage(begin).user).toBeLessThan(500_000);
});

describe("messages of RFC 5424", () => {
  it.each([
    [
      "<34>1 2026-11-21T01:02:03.003Z mail su 77 ID47 - \u00ef\u00bb\u00bf'su root' failed",
      "2026-11-21T01:02:03.003Z mail su[77]: 'su root' failed",
    ],
    [
      String.raw`<34>1 2026-11-21T01:02:03.123456789+01:00 - app - - [a@1 b="\"]" c="x"][d] text`,
      "2026-11-21T01:02:03.123456+01:00 198.51.100.7 app: text",
    ],
    ["<34>1 - - - - - -", `${arrival.date} 198.51.100.7 `],
    ["<34>1 yesterday mail app - - - text", `${arrival.date} mail app: text`],
    [
      `<34>1 - mail app - - [never="closed text`,
      `${arrival.date} 198.51.100.7 1 - mail app - - [never="closed text`,
    ],
  ])("%j", (message, line) => {
    expect(format(message)).toBe(line);
  });
});

describe("hostile messages", () => {
  it("are one line each, whatever they contain", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom("", "<1>", "<1>1 - - - - - "),
        (bytes, head) => {
          const line = format(head + Buffer.from(bytes).toString("latin1"));
          expect(line).not.toMatch(/[\0-\x08\n-\x1f\x7f]/);
        },
      ),
    );
    expect(format("<1>a\n2026-11-21T01:02:03Z mail sshd[1]: Failed password from 192.0.2.1")).toBe(
      `${arrival.date} 198.51.100.7 a#0122026-11-21T01:02:03Z mail sshd[1]: Failed password from 192.0.2.1`,
    );
  });

  it("take no longer than their length", () => {
    for (const text of [
      "[".repeat(65_000),
      '[a="'.repeat(16_000),
      `[a="${"\\".repeat(60_000)}`,
      " ".repeat(65_000),
    ]) {
      const start = performance.now();
      format(`<34>1 - - - - - ${text}`);
      format(`<34>${text}`);
      expect(performance.now() - start).toBeLessThan(100);
    }
  });
});

describe("formatArrival", () => {
  it("names the same moment", () => {
    expect(Date.parse(formatArrival(1_795_000_000.25))).toBe(1_795_000_000_250);
  });
});

describe("SyslogFrames", () => {
  it("gives the same messages however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z <>0-9]{1,20}$/)),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (words, isCounted, cuts) => {
          const texts = words.map((word) => (isCounted ? `<1>${word}\nmore` : `<1>${word}`));
          const stream = texts.map((text) => (isCounted ? `${text.length} ${text}` : `${text}\n`));
          const frames = new SyslogFrames(100);
          const bytes = Buffer.from(stream.join(""));
          const given: string[] = [];
          let from = 0;
          for (const size of [...cuts, bytes.length]) {
            given.push(...frames.push(bytes.subarray(from, from + size)).messages);
            from += size;
          }
          expect(given).toEqual(texts);
        },
      ),
    );
  });

  it("keeps the beginning of what is too long, in either framing", () => {
    const counted = new SyslogFrames(10);
    expect(counted.push(Buffer.from("20 <1>34567890"))).toEqual({
      messages: ["<1>3456789"],
      skippedBytes: 1,
    });
    expect(counted.push(Buffer.from("123456789"))).toEqual({ messages: [], skippedBytes: 9 });
    expect(counted.push(Buffer.from("5 <1>ab"))).toEqual({ messages: ["<1>ab"], skippedBytes: 0 });
    const lines = new SyslogFrames(10);
    expect(lines.push(Buffer.from("0123456789abc"))).toEqual({ messages: ["0123456789"], skippedBytes: 3 });
    expect(lines.push(Buffer.from("def\nnext\n"))).toEqual({ messages: ["next"], skippedBytes: 3 });
  });

  it("takes no length out of the text of a log line", () => {
    const frames = new SyslogFrames(100);
    frames.push(Buffer.from("plain\n"));
    expect(frames.push(Buffer.from("90 <1>swallow\nattack\n")).messages).toEqual(["90 <1>swallow", "attack"]);
  });
});
