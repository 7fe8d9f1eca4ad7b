import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry, Phase } from "../model";
import { waitUntil } from "./collector.testing";
import { parseJournalEntry } from "./journal-entry";
import { formatFields } from "./journal-fields";
import type { JournalCheckpoint, JournalWish } from "./journal-member";
import { SharedJournal, type JournalOptions, type JournalSubscription } from "./shared-journal";

const REMOTE = "/lib/systemd/systemd-journal-remote";
const isMissing = !existsSync(REMOTE) || spawnSync("journalctl", ["--version"]).error !== undefined;
if (isMissing) {
  console.warn(
    `NOT TESTED: reading a real journal, for lack of journalctl or ${REMOTE} (systemd-journal-remote)`,
  );
}

let folder: string;
let file: string;
let heard: string[];
let checkpoints: JournalCheckpoint[];
const followers: JournalSubscription[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warder-journal-"));
  file = join(folder, "x.journal");
  heard = [];
  checkpoints = [];
});

afterEach(async () => {
  await Promise.all(followers.splice(0).map((follower) => follower.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function follow(wish: Partial<JournalWish>, options: Partial<JournalOptions> = {}): JournalSubscription {
  const journal = new SharedJournal({
    place: { journalfiles: file },
    report: (event) => heard.push(event.type === "error" ? event.error.code : event.type),
    ...options,
  });
  const follower = journal.join(
    { name: "jail", matches: [], from: 0, ...wish },
    {
      entries: (entries: readonly Entry[], phase: Phase) => {
        heard.push(...entries.map((entry) => `${phase} ${entry.time} ${entry.text}`));
      },
      caughtUp: () => heard.push("caught up"),
      checkpoint: (checkpoint) => checkpoints.push(checkpoint),
    },
  );
  followers.push(follower);
  return follower;
}

function readCalls(): string {
  const calls = join(folder, "calls");
  return existsSync(calls) ? readFileSync(calls, "utf8") : "";
}

function writeEntry(seconds: number, ...fields: string[]): void {
  const text = [`__REALTIME_TIMESTAMP=${seconds}000000`, "_HOSTNAME=h1", ...fields].join("\n");
  spawnSync(REMOTE, ["-o", file, "-"], { input: `${text}\n\n` });
}

describe.skipIf(isMissing)("a real journal", () => {
  it("is read, then followed, and gone on with after a restart", async () => {
    writeEntry(1_763_686_000, "SYSLOG_IDENTIFIER=app", "_PID=77", "MESSAGE=one from 192.0.2.1");
    writeEntry(1_763_686_001, "SYSLOG_IDENTIFIER=other", "MESSAGE=not wanted");
    const matches = [["SYSLOG_IDENTIFIER=app"], [], ["_COMM=comm"]];
    const follower = follow({ matches });
    await waitUntil(() => heard.includes("caught up"));
    writeEntry(1_763_686_002, "_COMM=comm", "MESSAGE=two");
    await waitUntil(() => heard.length === 3);
    await follower.stop();
    writeEntry(1_763_686_003, "_COMM=comm", "MESSAGE=three");
    follow({ matches, checkpoint: checkpoints.at(-1) });
    await waitUntil(() => heard.length === 5);
    const { time = 0, date = "" } = checkpoints[1] ?? {};
    await followers.at(-1)?.stop();
    follow({ matches, checkpoint: { time, date } });
    await waitUntil(() => heard.length === 7);
    expect(heard).toEqual([
      "initial 1763686000 h1 app[77]: one from 192.0.2.1",
      "caught up",
      "operation 1763686002 h1 comm: two",
      "initial 1763686003 h1 comm: three",
      "caught up",
      "initial 1763686003 h1 comm: three",
      "caught up",
    ]);
  });

  it("is not read before the given time", async () => {
    writeEntry(1_763_686_000, "MESSAGE=old");
    writeEntry(1_763_686_001, "MESSAGE=new");
    follow({ from: 1_763_686_001 });
    await waitUntil(() => heard.includes("caught up"));
    expect(heard).toEqual(["initial 1763686001 h1 new", "caught up"]);
  });
});

describe("a journalctl in trouble", () => {
  /** A journalctl that knows one entry, c1, and does what the script says where it is to follow. */
  function writeCommand(following: string): string {
    const command = join(folder, "journalctl");
    const json = JSON.stringify({ __CURSOR: "c1", __REALTIME_TIMESTAMP: "1763686000000000", MESSAGE: "one" });
    writeFileSync(
      command,
      `#!/bin/sh
echo "$@" >> ${folder}/calls
case "$*" in
*--follow*) ${following} ;;
*--lines=1*) ;;
*) echo '${json}'; echo 'not json' ;;
esac
`,
    );
    chmodSync(command, 0o755);
    return command;
  }

  it("is reported when it is not installed", async () => {
    const follower = follow({}, { command: join(folder, "journalctl") });
    await waitUntil(() => heard.length > 0);
    expect(heard).toEqual(["journalctl-missing"]);
    expect(follower.isFailing).toBe(true);
  });

  it("is started again after the last entry when it dies", async () => {
    follow({}, { command: writeCommand("exit 3") });
    await waitUntil(() => readCalls().split("--cursor=c1").length > 2);
    expect(heard.toSorted()).toEqual(["caught up", "initial 1763686000 one", "journal-failed", "unreadable"]);
  });

  it("goes on by the time when the journal of its place is gone", async () => {
    follow({}, { command: writeCommand(`echo 'Failed to seek to cursor: Invalid argument' >&2; exit 1`) });
    await waitUntil(() => /--follow .*--since=@1763686000\.000000/.test(readCalls()));
    expect(heard).toContain("journal-failed");
  });
});

describe("parseJournalEntry", () => {
  const base = { __CURSOR: "c", __REALTIME_TIMESTAMP: "1763686000014642", _HOSTNAME: "h1" };
  const line = (fields: object): string | undefined =>
    parseJournalEntry(JSON.stringify({ ...base, ...fields }))?.entry.text;

  it("makes lines as the filters for journals expect them", () => {
    expect(line({ _COMM: "comm", _PID: "78", MESSAGE: "multi\nline" })).toBe(
      String.raw`h1 comm[78]: multi\nline`,
    );
    expect(line({ SYSLOG_IDENTIFIER: "a", SYSLOG_PID: "0x10", _PID: "1", MESSAGE: ["b", "c"] })).toBe(
      "h1 a[16]: b c",
    );
    expect(
      line({ SYSLOG_IDENTIFIER: "kernel", _SOURCE_MONOTONIC_TIMESTAMP: "123456789", MESSAGE: "x" }),
    ).toBe("h1 kernel: [  123.456789] x");
    expect(line({ MESSAGE: [102, 255, 195, 164] })).toBe("h1 f\ufffdä");
  });

  it("prefers the time of the sender", () => {
    const entry = parseJournalEntry(
      JSON.stringify({ ...base, _SOURCE_REALTIME_TIMESTAMP: "1763685990500000" }),
    )?.entry;
    expect(entry?.time).toBe(1763685990.5);
    expect(entry?.date).toMatch(/^2025-11-\d\dT\d\d:\d\d:30\.500000[+-]\d\d:\d\d $/);
  });

  it("shows its fields as JSON, bytes decoded", () => {
    const fields = { _UID: "0", MESSAGE: [97, 1, 195, 164], TAG: ["a", [255, 98]], GONE: null };
    expect(JSON.parse(formatFields(fields))).toEqual({
      _UID: "0",
      MESSAGE: "a\u0001ä",
      TAG: ["a", "\ufffdb"],
      GONE: [],
    });
  });

  it("takes nothing else for an entry", () => {
    for (const json of [
      "",
      "null",
      "[]",
      "{",
      "1",
      '{"__CURSOR":"c"}',
      '{"__CURSOR":"c","__REALTIME_TIMESTAMP":"x"}',
    ]) {
      expect(parseJournalEntry(json)).toBeUndefined();
    }
  });
});
