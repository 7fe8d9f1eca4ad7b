import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseIp } from "../../src/model";
import { folderOf, readSamples, type Run, type Sample } from "./sample-logs.testing";
import type { RunnerAnswer, RunnerLine, RunnerTask } from "./sample-runner.testing";

const PACKAGE = "/usr/lib/python3/dist-packages/fail2ban/tests";
const LOGS = `${PACKAGE}/files/logs`;
const CONFIG = "/etc/fail2ban";
const PYTHON = "/usr/bin/python3";
/** Has the rules that the samples were written for: CET-01CEST-02,M3.5.0,M10.5.0. */
const ZONE = "Europe/Berlin";

/** Conditions are Python expressions over `name` and `opts`; Python is asked for all of them at once. */
const EVALUATE = `
import json, sys
print(json.dumps([bool(eval(e, {}, {"name": n, "opts": o})) for e, n, o in json.load(sys.stdin)]))
`;

const missing = [LOGS, PYTHON, CONFIG].filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.warn(`SKIPPED sample-logs: no ${missing.join(", ")}`);
}

let folder = "";
let runs: readonly Run[] = [];
let answers: readonly RunnerAnswer[] = [];
let verdicts: ReadonlyMap<string, boolean> = new Map();

/** A copy of the filters that were made for testing only, which name a stock file by its place in the source tree. */
function copyTestFilters(): string {
  const from = `${PACKAGE}/config/filter.d`;
  mkdirSync(join(folder, "filter.d"));
  for (const name of readdirSync(from).filter((file) => file.startsWith("zzz-"))) {
    const text = readFileSync(join(from, name), "utf8");
    writeFileSync(join(folder, "filter.d", name), text.replace(/(?:\.\.\/)+config\//, `${CONFIG}/`));
  }
  return folder;
}

function readAll(): readonly Run[] {
  return readdirSync(LOGS)
    .filter((name) => statSync(join(LOGS, name)).isFile())
    .flatMap((name) => readSamples(LOGS, name));
}

type Question = readonly [expression: string, name: string, options: Readonly<Record<string, string>>];

function ask(questions: readonly Question[]): ReadonlyMap<string, boolean> {
  const input = JSON.stringify(questions);
  const answers = JSON.parse(
    execFileSync(PYTHON, ["-c", EVALUATE], { input, encoding: "utf8" }),
  ) as readonly boolean[];
  return new Map(questions.map((question, i) => [JSON.stringify(question), answers[i] ?? false]));
}

function holds(run: Run, expression: unknown): boolean {
  if (typeof expression !== "string") {
    return true;
  }
  return verdicts.get(JSON.stringify([expression, run.name, run.options])) ?? false;
}

function questionsOf(run: Run): Question[] {
  const expressions = [run.condition, ...run.samples.map(({ expected }) => expected?.["constraint"])];
  return expressions
    .filter((expression) => typeof expression === "string")
    .map((expression) => [expression, run.name, run.options]);
}

/** What is wrong with the result of a line; empty when all is right. */
function faultsOf(sample: Sample, found: RunnerLine): string[] {
  const { expected } = sample;
  if (!expected?.match) {
    return found.length === 0 ? [] : [`matches: ${JSON.stringify(found)}`];
  }
  const [failure] = found;
  if (!failure || found.length !== 1) {
    return [`gives ${found.length} failures: ${JSON.stringify(found)}`];
  }
  return Object.entries(expected).flatMap(([key, want]) => {
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

describe.skipIf(missing.length > 0)("the sample logs of the installed filters", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sample-logs-"));
    const folders = [CONFIG, copyTestFilters()];
    const all = readAll();
    verdicts = ask(all.flatMap(questionsOf));
    runs = all
      .filter((run) => holds(run, run.condition) && folderOf(run.filter, folders) !== undefined)
      .map((run) => ({
        ...run,
        samples: run.samples.filter(({ expected }) => holds(run, expected?.["constraint"])),
      }));
    const program = join(folder, "runner.cjs");
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
    answers = JSON.parse(output) as readonly RunnerAnswer[];
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("give the annotated failures", () => {
    let compared = 0;
    const faults = runs.flatMap((run, i) =>
      run.samples.flatMap((sample, k) => {
        compared += 1;
        return faultsOf(sample, answers[i]!.lines[k]!).map(
          (fault) => `${sample.place} ${JSON.stringify(run.options)}: ${fault}`,
        );
      }),
    );
    expect(faults).toEqual([]);
    expect(compared).toBeGreaterThan(1200);
  });

  it("give them as well when only lines with certain texts are looked at", () => {
    const disputed = runs.flatMap((run, i) => answers[i]!.disputed.map((hit) => `${run.filter}: ${hit}`));
    expect(disputed).toEqual([]);
  });

  it("leave no regex of their filters without a match", () => {
    const unused = runs.flatMap((run, i) => {
      const { failregex, used } = answers[i]!;
      return failregex
        .filter((_, index) => !used.includes(index))
        .filter(
          (text) => !runs.some((other, k) => other.filter === run.filter && usesText(answers[k]!, text)),
        )
        .map((text) => `${run.filter}: ${text}`);
    });
    expect(unused).toEqual([]);
  });
});

function usesText({ failregex, used }: RunnerAnswer, text: string): boolean {
  return used.some((index) => failregex[index] === text);
}
