/**
 * The shipped filters in other people's hands: read by the original engine they find what their samples say, and in the
 * sample logs of the original they find what is annotated there. `FILTERS=sshd,postfix` takes only these.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf, feedRuns, LOGS, PYTHON, readStockRuns } from "./sample-check.testing";
import type { Run } from "./sample-logs.testing";
import type { RunnerAnswer } from "./sample-runner.testing";

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

interface OriginalRun {
  readonly line: number;
  readonly options: Readonly<Record<string, string>>;
  readonly expected: Expected;
  readonly found: readonly Found[];
  readonly text: string;
}

const TREE = join(import.meta.dirname, "../../config");
/** Addresses that hostile lines want to see banned. */
const VICTIMS = ["192.0.2.77", "2001:db8:dead::77"];

const missing = [LOGS, PYTHON].filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.warn(`SKIPPED tree-filters: no ${missing.join(", ")}; install the package fail2ban`);
}

const CHOSEN = process.env["FILTERS"]?.split(",");
const FILTERS = readdirSync(join(TREE, "filter.d"))
  .filter((file) => file.endsWith(".conf") && !/(?:^|-)common\.conf$/.test(file))
  .map((file) => file.slice(0, -".conf".length))
  .filter((name) => CHOSEN?.includes(name) ?? true);

/** Only warder reads them; the original has no way to take the fields of a JSON line. */
const PLAIN = FILTERS.filter(
  (name) => !readFileSync(join(TREE, "filter.d", `${name}.conf`), "utf8").includes("(?json)"),
);

const sampleFile = (name: string): string => join(TREE, "samples", `${name}.log`);

function describeProblem({ expected, found }: OriginalRun): string | undefined {
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

function listProblems(runs: readonly OriginalRun[]): readonly string[] {
  return runs.flatMap((run) => {
    const problem = describeProblem(run);
    return problem ? [`line ${run.line} ${JSON.stringify(run.options)}: ${problem}\n    ${run.text}`] : [];
  });
}

describe.skipIf(missing.length > 0)("the shipped filters, read by the original engine", () => {
  let reports: Readonly<Record<string, readonly OriginalRun[]>> = {};

  beforeAll(() => {
    const script = join(import.meta.dirname, "tree-samples.py");
    const pairs = PLAIN.map((name) => `${name}=${sampleFile(name)}`);
    const output = execFileSync(PYTHON, [script, TREE, ...pairs], { encoding: "utf8", maxBuffer: 1 << 28 });
    reports = JSON.parse(output) as typeof reports;
  });

  it.each(PLAIN)("%s finds what its samples say and nothing else", (name) => {
    const runs = reports[name] ?? [];
    expect(listProblems(runs)).toEqual([]);
    expect(runs.length).toBeGreaterThan(8);
    const accused = runs.flatMap((run) => run.found).map(({ host }) => host);
    expect(accused.filter((host) => VICTIMS.includes(host))).toEqual([]);
  });
});

/** Lines of the stock samples that a filter refuses, as its own samples say, with the reason. */
function readRefusals(name: string): ReadonlyMap<string, string> {
  const lines = readFileSync(sampleFile(name), "utf8").matchAll(/^# stock-refused: ([0-9a-f]{8}) (.+)$/gm);
  return new Map([...lines].map(([, hash = "", reason = ""]) => [hash, reason]));
}

function hashOf(line: string): string {
  return createHash("sha1").update(line).digest("hex").slice(0, 8);
}

describe.skipIf(missing.length > 0)("the shipped filters, on the sample logs of the original", () => {
  let work = "";
  let runs: readonly Run[] = [];
  let answers: readonly RunnerAnswer[] = [];
  const stock = missing.length > 0 ? [] : readdirSync(LOGS);
  const shared = FILTERS.filter((name) => stock.includes(name));

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "tree-filters-"));
    runs = readStockRuns([TREE], shared);
    answers = feedRuns(runs, [TREE], work);
  });
  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
  });

  it.each(shared)("%s finds what is annotated, save what it refuses on purpose", (name) => {
    const refusals = readRefusals(name);
    const refused = new Set<string>();
    const faults: string[] = [];
    runs.forEach((run, i) => {
      if (run.name !== name) {
        return;
      }
      run.samples.forEach((sample, k) => {
        const hash = hashOf(sample.line);
        const wrong = faultsOf(sample, answers[i]!.lines[k]!, ["host", "time", "attempts"]);
        if (wrong.length > 0 && refusals.has(hash)) {
          refused.add(hash);
          return;
        }
        const options = JSON.stringify(run.options);
        faults.push(
          ...wrong.map((fault) => `${hash} ${sample.place} ${options}: ${fault}\n    ${sample.line}`),
        );
      });
    });
    expect(faults).toEqual([]);
    expect([...refusals.keys()].filter((hash) => !refused.has(hash))).toEqual([]);
  });
});
