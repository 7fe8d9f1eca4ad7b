import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf, feedRuns, LOGS, PACKAGE, PYTHON, readStockRuns } from "./sample-check.testing";
import type { Run } from "./sample-logs.testing";
import type { RunnerAnswer } from "./sample-runner.testing";

const CONFIG = "/etc/fail2ban";

const missing = [LOGS, PYTHON, CONFIG].filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.warn(`SKIPPED sample-logs: no ${missing.join(", ")}`);
}

let folder = "";
let runs: readonly Run[] = [];
let answers: readonly RunnerAnswer[] = [];

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

describe.skipIf(missing.length > 0)("the sample logs of the installed filters", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sample-logs-"));
    const folders = [CONFIG, copyTestFilters()];
    runs = readStockRuns(folders);
    answers = feedRuns(runs, folders, folder);
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
