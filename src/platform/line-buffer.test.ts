import fc from "fast-check";
import { expect, it } from "vitest";
import { LineBuffer } from "./line-buffer";
import { formatLogRecord, type LogLevel } from "./log-line";

const anyPiece = fc.oneof(
  fc.string({ unit: "grapheme" }),
  // What many messages have in common, what is long, and what would forge a line.
  fc.constantFrom("[sshd] Found ", "192.0.2.1", "x".repeat(40_000), "\n", "a\tb", "\x1b[2J", "\x7f"),
);
const anyRecord = fc.record({
  message: fc.array(anyPiece, { maxLength: 4 }),
  level: fc.constantFrom<LogLevel>("INFO", "NOTICE", "TRACEDEBUG"),
  time: fc.nat(3),
  logger: fc.constantFrom("filter", "actions"),
  pid: fc.constant(1),
});
const anyOptions = fc.record(
  { datetime: fc.boolean(), padding: fc.boolean(), format: fc.constantFrom("%(levelname)s %(message)s") },
  { requiredKeys: ["datetime", "padding"] },
);

it("holds the lines as each would be written by itself, and begins anew when they are taken", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyRecord, { maxLength: 8 })), anyOptions, (rounds, options) => {
      const buffer = new LineBuffer(options);
      for (const records of rounds) {
        records.forEach((record) => buffer.add(record));
        expect(buffer.lines).toBe(records.length);
        const lines = records.map((record) => `${formatLogRecord(record, options)}\n`).join("");
        expect(buffer.isFull).toBe(Buffer.byteLength(lines) > 32_768);
        expect(Buffer.from(buffer.take()).toString()).toBe(lines);
      }
    }),
  );
});

it("lets no piece of a message forge a line", () => {
  const buffer = new LineBuffer({ datetime: false, padding: false });
  const record = { time: 0, level: "INFO", logger: "filter", pid: 1 } as const;
  const message = ["[t1] Found ", "\n", "\r2026-11-20", "\n".repeat(20)];
  buffer.add({ ...record, message });
  buffer.add({ ...record, message });
  expect(Buffer.from(buffer.take()).toString()).toMatch(/^[^\n\r]+\n[^\n\r]+\n$/);
});
