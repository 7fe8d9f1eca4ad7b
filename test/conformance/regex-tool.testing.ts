import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** What a tool printed. */
export interface ToolRun {
  readonly out: string;
  readonly err: string;
  readonly status: number | null;
}

/** Bundles our tool into a folder; gives the script. */
export function buildTool(folder: string): string {
  const script = join(folder, "regex.cjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "../../src/cli/fail2ban-regex.main.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["@photostructure/sqlite", "node:sqlite"],
    logLevel: "error",
  });
  return script;
}

/** Runs a tool in a folder. */
export function runTool(command: string, args: readonly string[], cwd: string): ToolRun {
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC", PYTHONHASHSEED: "0" },
  });
  return { out: stdout, err: stderr, status };
}

type Rule = readonly [pattern: RegExp, replacement: string];

/** How 1.0.2 words what 1.1 words otherwise, and what no two runs have in common. */
const RULES: readonly Rule[] = [
  [/^Use {3}failregex (?:filter )?file/gm, "Use      filter file"],
  // 1.1 knows more forms of this date.
  [/\(\?:-\|T\| {2}\?\)Ex24hour:\?ExMinute:\?ExSecond/g, "(?:T|  ?)Ex24hourExMinuteExSecond"],
  [/^\[processed in .*$/gm, "[processed]"],
  [/^Real {2}filter options : .*\n/gm, ""],
  // Regexes with tags replaced: the same meaning in other words.
  [/\?re=[^&\s]*&/g, "?re=&"],
  [/^(Prefregex: \d+ total\n)\|.*$/gm, "$1|  (expanded)"],
  [/^\|      # regex: {3}.*\n/gm, ""],
  [/^(ERROR: Unable to compile regular expression) '[^]*':$/gm, "$1"],
  // 1.1 leaves out groups that took no part if there is a prefregex; 1.0.2 never does.
  [/, '\w+': None|'\w+': None, /g, ""],
  // The time of a line without a date is when it was read.
  [/\b(1[789]\d{8})\.\d*[1-9]\d*\b/g, "(now)"],
  [/^Usage: \S+/gm, "Usage: fail2ban-regex"],
];

/** `Fri Jan 02 03:04:05 2026`, in UTC. */
const TIME = /\b[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \d{4}\b/g;

function isRecent(time: string): boolean {
  return Math.abs(Date.parse(`${time} UTC`) - Date.now()) < 600_000;
}

/** A report without what may differ. */
export function normalizeReport(text: string): string {
  const plain = RULES.reduce(
    (result, [pattern, replacement]) => result.replaceAll(pattern, replacement),
    text,
  );
  return plain
    .replaceAll(TIME, (time) => (isRecent(time) ? "(now)" : time))
    .replaceAll(
      /'users': \{([^}]*)\}/g,
      (_, users: string) => `'users': {${users.split(", ").sort().join(", ")}}`,
    );
}
