import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { parseIp } from "../../src/model";
import { folderOf, readSamples, type Run, type Sample } from "./sample-logs.testing";
import type { RunnerAnswer, RunnerLine, RunnerTask } from "./sample-runner.testing";

/** The tests of the installed fail2ban. */
export const PACKAGE = "/usr/lib/python3/dist-packages/fail2ban/tests";
/** Its annotated logs. */
export const LOGS = `${PACKAGE}/files/logs`;
export const PYTHON = "/usr/bin/python3";
/** Has the rules that the samples were written for: CET-01CEST-02,M3.5.0,M10.5.0. */
const ZONE = "Europe/Berlin";

/** Conditions are Python expressions over `name` and `opts`; Python is asked for all of them at once. */
const EVALUATE = `
import json, sys
print(json.dumps([bool(eval(e, {}, {"name": n, "opts": o})) for e, n, o in json.load(sys.stdin)]))
`;

/** Runs whose filter is in one of the folders, without the samples whose conditions do not hold. */
export function readStockRuns(folders: readonly string[], names?: readonly string[]): readonly Run[] {
  const all = readdirSync(LOGS)
    .filter((name) => statSync(join(LOGS, name)).isFile() && (names?.includes(name) ?? true))
    .flatMap((name) => readSamples(LOGS, name));
  const verdicts = ask(all.flatMap(questionsOf));
  const holds = (run: Run, expression: unknown): boolean =>
    typeof expression !== "string" ||
    (verdicts.get(JSON.stringify([expression, run.name, run.options])) ?? false);
  return all
    .filter((run) => holds(run, run.condition) && folderOf(run.filter, folders) !== undefined)
    .map((run) => ({
      ...run,
      samples: run.samples.filter(({ expected }) => holds(run, expected?.["constraint"])),
    }));
}

type Question = readonly [expression: string, name: string, options: Readonly<Record<string, string>>];

function ask(questions: readonly Question[]): ReadonlyMap<string, boolean> {
  const input = JSON.stringify(questions);
  const answers = JSON.parse(
    execFileSync(PYTHON, ["-c", EVALUATE], { input, encoding: "utf8" }),
  ) as readonly boolean[];
  return new Map(questions.map((question, i) => [JSON.stringify(question), answers[i] ?? false]));
}

function questionsOf(run: Run): Question[] {
  const expressions = [run.condition, ...run.samples.map(({ expected }) => expected?.["constraint"])];
  return expressions
    .filter((expression) => typeof expression === "string")
    .map((expression) => [expression, run.name, run.options]);
}

/** Feeds the runs to the filters of the folders, in a process with the time zone of the samples; `work` is a folder for its program. */
export function feedRuns(
  runs: readonly Run[],
  folders: readonly string[],
  work: string,
): readonly RunnerAnswer[] {
  const program = join(work, "runner.cjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "sample-runner.testing.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "cjs",
  });
  const tasks = runs.map(
    ({ filter, options, prefix, samples }): RunnerTask => ({
      directory: folderOf(filter, folders)!,
      filter,
      options,
      prefix,
      lines: samples.map(({ line }) => line),
    }),
  );
  const output = execFileSync(process.execPath, [program], {
    input: JSON.stringify(tasks),
    env: { ...process.env, TZ: ZONE },
    maxBuffer: 1 << 28,
    encoding: "utf8",
  });
  return JSON.parse(output) as readonly RunnerAnswer[];
}

/** What is wrong with the result of a line; empty when all is right. Only the given annotations are compared, if given. */
export function faultsOf(sample: Sample, found: RunnerLine, keys?: readonly string[]): string[] {
  const { expected } = sample;
  if (!expected?.match) {
    return found.length === 0 ? [] : [`matches: ${JSON.stringify(found)}`];
  }
  const [failure] = found;
  if (!failure || found.length !== 1) {
    return [`gives ${found.length} failures: ${JSON.stringify(found)}`];
  }
  return Object.entries(expected).flatMap(([key, want]) => {
    if (keys && !keys.includes(key)) {
      return [];
    }
    const got = valueOf(key, failure);
    const isSame = got === NOT_COMPARED || plain(key, got) === plain(key, want);
    return isSame || (key === "time" && want === null)
      ? []
      : [`${key} is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`];
  });
}

/** Values that mean the same come out the same: spellings of addresses and times, the order of a set. */
function plain(key: string, value: unknown): string {
  if (key === "host" && typeof value === "string") {
    return parseIp(value)?.text ?? value;
  }
  if (key === "time" && typeof value === "string") {
    const [year, month, day, time] = value.split(/[-T]/);
    return `${year}-${month}-${day?.padStart(2, "0")}T${time?.replace(/\.0+$/, "")}`;
  }
  return JSON.stringify(Array.isArray(value) ? [...(value as string[])].sort() : (value ?? null));
}

const NOT_COMPARED = Symbol("not compared");

function valueOf(key: string, failure: RunnerLine[number]): unknown {
  switch (key) {
    case "match":
    case "desc":
    case "constraint":
      return NOT_COMPARED;
    case "time":
    case "attempts":
      return failure[key];
    case "host":
      return failure.groups["host"] ?? failure.id;
  }
  return failure.groups[key];
}
