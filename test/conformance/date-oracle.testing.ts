import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** Lines that one fresh detector reads in order. */
export interface DateCase {
  readonly datepattern?: string;
  readonly logtimezone?: string;
  readonly now: number;
  readonly lines: readonly string[];
}

/** Date text, its position and its time; `null` where nothing was found, `error` where the line fails. */
export type DateAnswer = readonly [text: string, start: number, time: number | null] | null | "error";

/** Answers of all lines, and names and weights of the templates before and after; or why the pattern was refused. */
export interface CaseAnswer {
  readonly lines: readonly DateAnswer[];
  readonly before: readonly (readonly [name: string, weight: number])[];
  readonly after: readonly string[];
  readonly info: readonly [string | null, string];
  readonly refused?: string;
}

export const HAS_ORACLE = existsSync("/usr/lib/python3/dist-packages/fail2ban/server/datedetector.py");

const PYTHON = `
import sys, json
sys.path.insert(0, "/usr/lib/python3/dist-packages")
from fail2ban.server import datedetector
from fail2ban.server.filter import Filter
from fail2ban.server.mytime import MyTime

def number(value):
    return None if value is None else float(value)

def read(detector, line):
    try:
        found = detector.matchTime(line)
        if not found[0]:
            return None
        match = found[0]
        text = match.group(1)
        start = len(line[:match.start(1)].encode("utf-16-le")) // 2
        time = None
        if text != "":
            try:
                got = detector.getTime(line, found)
                time = number(got[0]) if got else None
            except Exception:
                time = None
        return [text, start, time]
    except Exception:
        return "error"

def run(case):
    datedetector.DateDetector._defCache = datedetector.DateDetectorCache()
    MyTime.setTime(case["now"])
    reader = Filter(None)
    try:
        reader.setDatePattern(case.get("datepattern") or "")
        if case.get("logtimezone"):
            reader.setLogTimeZone(case["logtimezone"])
        detector = reader.dateDetector
        if case.get("logtimezone"):
            detector.default_tz = case["logtimezone"]
        if not len(detector.templates):
            detector.addDefaultTemplate()
        before = [[t.template.name, t.template.weight] for t in detector.templates]
        info = reader.getDatePattern()
        lines = [read(detector, line) for line in case["lines"]]
        return {"lines": lines, "before": before, "after": [t.template.name for t in detector.templates], "info": info}
    except Exception as error:
        return {"lines": [], "before": [], "after": [], "info": [None, ""], "refused": str(error)}

json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
`;

const OURS = `
import { createDateDetector } from "./src/date";
import { readFileSync } from "node:fs";

function run({ datepattern, logtimezone, now, lines }) {
  try {
    const detector = createDateDetector({ datepattern, logtimezone });
    const before = detector.templates.map(({ name, weight }) => [name, weight]);
    const info = detector.patternInfo();
    const answers = lines.map((line) => {
      const match = detector.detect(line, now);
      return match ? [match.text, match.start, match.time ?? null] : null;
    });
    return { lines: answers, before, after: detector.templates.map(({ name }) => name), info: [info[0] ?? null, info[1]] };
  } catch (error) {
    return { lines: [], before: [], after: [], info: [null, ""], refused: error.message };
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(run)));
`;

/** What real fail2ban says, its process in the given time zone. */
export function askOracle(cases: readonly DateCase[], zone: string): readonly CaseAnswer[] {
  return ask("python3", ["-c", PYTHON], cases, zone);
}

/** What this project says, in a process of its own, since a time zone holds for a whole process. */
export function askOurs(cases: readonly DateCase[], zone: string): readonly CaseAnswer[] {
  const folder = mkdtempSync(join(tmpdir(), "date-oracle-"));
  try {
    const outfile = join(folder, "ours.mjs");
    buildSync({
      stdin: { contents: OURS, resolveDir: join(import.meta.dirname, "../.."), loader: "js" },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile,
    });
    return ask(process.execPath, [outfile], cases, zone);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ask(command: string, args: readonly string[], cases: readonly DateCase[], zone: string) {
  const child = spawnSync(command, args, {
    input: JSON.stringify(cases),
    env: { ...process.env, TZ: zone, PYTHONIOENCODING: "utf-8" },
    maxBuffer: 1 << 28,
    encoding: "utf8",
  });
  if (child.status !== 0) {
    throw new Error(`${command} failed: ${child.stderr}`);
  }
  return JSON.parse(child.stdout) as readonly CaseAnswer[];
}
