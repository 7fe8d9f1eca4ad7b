/** Runs the original fail2ban's filter engine over the shipped filters and their sample logs: exactly what is annotated must be found. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

interface Expected {
  readonly match: boolean;
  readonly host?: string;
  readonly time?: string | null;
  readonly user?: string;
  readonly attempts?: number;
}

interface Found {
  readonly host: string;
  readonly time: number;
  readonly data: Readonly<Record<string, string | number>>;
}

interface Run {
  readonly line: number;
  readonly options: Readonly<Record<string, string>>;
  readonly expected: Expected;
  readonly found: readonly Found[];
  readonly text: string;
}

const here = dirname(fileURLToPath(import.meta.url));
const tree = join(here, "..", "..", "config");
const runner = join(here, "tree-samples.py");
const stockLogs = "/usr/lib/python3/dist-packages/fail2ban/tests/files/logs";

/** Addresses that hostile lines want to see banned. */
const VICTIM = "192.0.2.77";

function findPython(): string | undefined {
  return ["/usr/bin/python3", "python3"].find((python) => {
    try {
      execFileSync(python, ["-c", "import fail2ban.server.filter"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

const python = findPython();
if (!python) {
  console.warn(
    "SKIPPED tree-samples: no python3 that has the original fail2ban; install the package fail2ban",
  );
}

function runSamples(filter: string, file: string): readonly Run[] {
  const text = execFileSync(python ?? "python3", [runner, tree, filter, file], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(text) as readonly Run[];
}

/** The stock samples are dated for another clock and time zone. */
function withoutTime(runs: readonly Run[]): readonly Run[] {
  return runs.map((run) => ({ ...run, expected: { ...run.expected, time: null } }));
}

function describeProblem({ expected, found }: Run): string | undefined {
  const [first, ...others] = found;
  if (!expected.match) {
    return first ? `found ${first.host}, expected nothing` : undefined;
  }
  if (!first) {
    return `found nothing, expected ${expected.host ?? "a failure"}`;
  }
  if (others.length > 0) {
    return `found ${found.length} failures, expected one`;
  }
  const wrong = compareFailure(expected, first);
  return wrong && `${wrong}: found ${JSON.stringify(first)}, expected ${JSON.stringify(expected)}`;
}

function compareFailure(expected: Expected, found: Found): string | undefined {
  if (expected.host !== undefined && expected.host !== found.host) {
    return "host";
  }
  if (typeof expected.time === "string" && Date.parse(`${expected.time}Z`) !== found.time * 1000) {
    return "time";
  }
  return (["user", "attempts"] as const).find(
    (name) => expected[name] !== undefined && String(expected[name]) !== String(found.data[name]),
  );
}

function listProblems(runs: readonly Run[]): readonly string[] {
  return runs.flatMap((run) => {
    const problem = describeProblem(run);
    return problem ? [`line ${run.line} ${JSON.stringify(run.options)}: ${problem}\n    ${run.text}`] : [];
  });
}

describe.skipIf(!python)("the shipped filters, read by the original engine", () => {
  it.each([
    { filter: "sshd", positive: 200, negative: 150, hostile: 25 },
    { filter: "recidive", positive: 8, negative: 15, hostile: 10 },
  ])("$filter finds what its samples say and nothing else", ({ filter, positive, negative, hostile }) => {
    const runs = runSamples(filter, join(tree, "samples", `${filter}.log`));
    expect(listProblems(runs)).toEqual([]);
    expect(runs.filter((run) => run.expected.match).length).toBeGreaterThanOrEqual(positive);
    expect(runs.filter((run) => !run.expected.match).length).toBeGreaterThanOrEqual(negative);
    expect(
      new Set(runs.filter((run) => run.text.includes(VICTIM)).map((run) => run.text)).size,
    ).toBeGreaterThan(hostile);
    expect(runs.flatMap((run) => run.found).filter((found) => found.host === VICTIM)).toEqual([]);
  });

  it.skipIf(!existsSync(join(stockLogs, "sshd")))(
    "sshd finds what the stock samples annotate, save what is refused on purpose",
    () => {
      const problems = ["sshd", "sshd-journal"].flatMap((name) =>
        listProblems(withoutTime(runSamples("sshd", join(stockLogs, name)))),
      );
      const unexplained = problems.filter((problem) => !REFUSED.some(({ shape }) => shape.test(problem)));
      expect(unexplained).toEqual([]);
      for (const { shape, reason } of REFUSED) {
        expect(
          problems.some((problem) => shape.test(problem)),
          reason,
        ).toBe(true);
      }
    },
  );
});

/** Lines of the stock samples that are annotated as failures and refused here. */
const REFUSED: readonly { readonly shape: RegExp; readonly reason: string }[] = [
  { shape: /Failed \S+ for .* from [\da-f:]+$/, reason: "no port: every sshd since 2001 writes it" },
  { shape: / \[sshd\]:? /, reason: "no process id: the sessions cannot be told apart" },
  { shape: / ssh1: ruser /, reason: "protocol 1: the client writes the end of the line" },
  { shape: / ssh2: from /, reason: "can be read in two ways; the address may be part of the user name" },
  { shape: / kernel: ?\[/, reason: "a tag of another program stands between sshd's and the message" },
];
