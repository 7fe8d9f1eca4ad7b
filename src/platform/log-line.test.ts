import { describe, expect, it } from "vitest";
import { formatLogRecord, parseLogLevel } from "./log-line";

const record = { time: 1_763_681_000.177, level: "NOTICE", logger: "actions", pid: 29_721 } as const;

describe("formatLogRecord", () => {
  it("writes fail2ban's columns", () => {
    const line = formatLogRecord(
      { ...record, message: ["[t1] Ban ", "192.0.2.1"] },
      { datetime: true, padding: true },
    );
    expect(line).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,177 fail2ban\.actions {8}\[29721\]: NOTICE {2}\[t1\] Ban 192\.0\.2\.1$/,
    );
  });

  it("leaves out time and padding when told so", () => {
    const line = formatLogRecord({ ...record, message: ["[t1] Ban x"] }, { datetime: false, padding: false });
    expect(line).toBe("fail2ban.actions[29721]: NOTICE [t1] Ban x");
  });

  it("keeps a hostile message on one line", () => {
    const message =
      "Found x\n2026-11-20 23:22:12,177 fail2ban.actions [1]: NOTICE  [t1] Ban 192.0.2.9\r\u001b[2J";
    const line = formatLogRecord({ ...record, message: [message] }, { datetime: true, padding: true });
    expect(line).not.toMatch(/[\n\r\u001b]/);
    expect(line).toContain(String.raw`\n2026`);
  });
});

describe("parseLogLevel", () => {
  it("takes names in any case and numbers", () => {
    expect([parseLogLevel("notice"), parseLogLevel("18"), parseLogLevel("loud")]).toEqual([
      25,
      18,
      undefined,
    ]);
  });
});
