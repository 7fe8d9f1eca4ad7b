/** The regex tool on a real journal file, compared with the original's report. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildTool, normalizeReport, runTool } from "./regex-tool.testing";

const TOOL = "/usr/bin/fail2ban-regex";
const REMOTE = "/lib/systemd/systemd-journal-remote";
const missing = [TOOL, REMOTE, "/usr/lib/python3/dist-packages/systemd/journal.py"].filter(
  (path) => !existsSync(path),
);
if (missing.length > 0) {
  console.warn(`SKIPPED regex-journal: no ${missing.join(", ")}`);
}

const MESSAGES: readonly (readonly [pid: number, message: string])[] = [
  [71, "Failed password for root from 192.0.2.7 port 22 ssh2"],
  [71, "Connection closed by 192.0.2.7 port 22 [preauth]"],
  [72, "Server listening on 0.0.0.0 port 22."],
  [73, "Invalid user x y from 198.51.100.9 port 1"],
  [73, "Failed password for invalid user x from 192.0.2.77 port 2 ssh2 from 198.51.100.9 port 1 ssh2"],
  [74, "Failed password for bob from 2001:db8::7 port 22 ssh2"],
];

let folder: string;
let tool: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-regex-journal-"));
  tool = buildTool(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a journal file with the messages, a tenth of a second apart, up to now. */
function writeJournal(): string {
  const path = join(folder, "test.journal");
  const entries = MESSAGES.map(([pid, message], i) => {
    const time = (Date.now() - 5000 + i * 100) * 1000;
    const fields = [
      `__REALTIME_TIMESTAMP=${time}`,
      `__MONOTONIC_TIMESTAMP=${i + 1}`,
      "_BOOT_ID=00000000000000000000000000000001",
      "_MACHINE_ID=00000000000000000000000000000002",
      `_SOURCE_REALTIME_TIMESTAMP=${time}`,
      "_HOSTNAME=h1",
      "SYSLOG_IDENTIFIER=sshd",
      `_PID=${pid}`,
      "_COMM=sshd",
      "_SYSTEMD_UNIT=sshd.service",
      `MESSAGE=${message}`,
    ];
    return `${fields.join("\n")}\n\n`;
  });
  writeFileSync(join(folder, "export"), entries.join(""));
  const written = spawnSync(REMOTE, ["-o", path, join(folder, "export")]);
  expect(written.status).toBe(0);
  return path;
}

/** 1.1 shows no date templates for a journal. */
function withoutDates(report: string): string {
  return report
    .replace("Date template hits:\n\n", "")
    .replace(/^Use {13}jail : sshd$/m, "Use      filter file : sshd, basedir: /etc/fail2ban");
}

describe.skipIf(missing.length > 0)("fail2ban-regex on a journal", () => {
  it.each([
    ["the report", []],
    ["all lines", ["--print-all-matched", "--print-all-missed", "--print-all-ignored"]],
    ["-o row", ["-o", "row"]],
    ["-o ip", ["-o", "ip"]],
    ["journal matches", ["-m", "_SYSTEMD_UNIT=sshd.service + _COMM=sshd"]],
  ])("prints the same: %s", (_, options) => {
    const args = [...options, `systemd-journal[journalfiles="${writeJournal()}"]`, "sshd"];
    const theirs = runTool(TOOL, args, folder);
    const ours = runTool(process.execPath, [tool, ...args], folder);
    expect(theirs.out).not.toBe("");
    expect(withoutDates(normalizeReport(ours.out))).toBe(withoutDates(normalizeReport(theirs.out)));
    expect(ours.status).toBe(theirs.status);
    rmSync(join(folder, "test.journal"));
  });
});
