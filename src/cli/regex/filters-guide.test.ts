/** Runs every example of docs/filters.md: a filter, lines, and what is said to be found in them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDateDetector } from "../../date";
import { compileFilter, failureOf, JailFilter, type Hit } from "../../filter";
import { chooseFilter } from "./filter-choice";

const ROOT = join(import.meta.dirname, "../../..");
const CLOCK = { now: 1_795_223_000, findtime: 600, phase: "operation", checkTimes: false } as const;
const FENCE = /^```ini\n([\s\S]*?)^```\n\n```log\n([\s\S]*?)^```/gm;

interface Example {
  readonly title: string;
  readonly filter: string;
  readonly lines: readonly string[];
}

function readExamples(): readonly Example[] {
  const text = readFileSync(join(ROOT, "docs/filters.md"), "utf8");
  return [...text.matchAll(FENCE)].map(({ 1: filter = "", 2: log = "", index }) => ({
    title: `${/.*$/.exec(text.slice(0, index).split("\n## ").pop()?.split("\n")[0] ?? "")?.[0]}, line ${text.slice(0, index).split("\n").length}`,
    filter,
    lines: log.trimEnd().split("\n"),
  }));
}

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "filters-guide-"));
  mkdirSync(join(folder, "filter.d"));
  cpSync(join(ROOT, "config/filter.d/common.conf"), join(folder, "filter.d/common.conf"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function makeFilter(options: string): JailFilter {
  const { maxlines = 1, ...settings } = chooseFilter(`guide[${options}]`, folder, "file").read();
  const { datepattern } = settings;
  const detector = createDateDetector({
    logtimezone: "UTC",
    ...(datepattern && { datepattern: datepattern.text }),
  });
  return new JailFilter(compileFilter({ ...settings, maxlines, usedns: "no" }), detector);
}

/** The words behind `# found` that a hit deserves, of those kinds that the example asks for. */
function describeHit(hit: Hit, asked: readonly string[]): string {
  const failure = failureOf(hit);
  const values: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(hit.groups),
    ...hit.worth,
    count: failure?.count,
    time: new Date((failure?.time ?? 0) * 1000).toISOString().replace(/\.000Z$|\.\d+Z$/, "Z"),
  };
  return [failure?.id, ...asked.map((name) => `${name}=${String(values[name])}`)].join(" ");
}

/** A line with a MESSAGE is an entry of the journal, as `journalctl -o json` shows it. */
function feed(jail: JailFilter, line: string): readonly Hit[] {
  const text = /^\{.*"MESSAGE":"([^"]*)"/.exec(line)?.[1];
  return text === undefined
    ? jail.feedLine(line, { clock: CLOCK })
    : jail.feedEntry({ time: CLOCK.now, date: "", text, fields: () => line }, { clock: CLOCK });
}

function runExample({ filter, lines }: Example): { said: string[]; found: string[] } {
  writeFileSync(join(folder, "filter.d/guide.conf"), filter);
  let options = "";
  let jail = makeFilter(options);
  const [said, found]: [string[], string[]] = [[], []];
  let expected: string | undefined;
  for (const line of lines) {
    if (line.startsWith("# options ")) {
      options = line.slice("# options ".length);
      jail = makeFilter(options);
    } else if (line.startsWith("# ")) {
      expected = line.slice(2).replace(/^found /, "");
    } else {
      const asked = [...(expected ?? "").matchAll(/ (\w+)=/g)].map(([, name = ""]) => name);
      const failures = feed(jail, line).filter((hit) => failureOf(hit));
      said.push(`${line}\n  ${expected}`);
      found.push(`${line}\n  ${failures.map((hit) => describeHit(hit, asked)).join("; ") || "nothing"}`);
      expected = undefined;
    }
  }
  return { said, found };
}

describe("the examples of docs/filters.md", () => {
  const examples = readExamples();

  it("are all seen", () => {
    const text = readFileSync(join(ROOT, "docs/filters.md"), "utf8");
    expect(examples.length).toBeGreaterThanOrEqual(12);
    expect(examples.length).toBe(text.match(/^```ini$/gm)?.length);
    expect(examples.length).toBe(text.match(/^```log$/gm)?.length);
  });

  it.each(examples)("$title", (example) => {
    const { said, found } = runExample(example);
    expect(said.length).toBeGreaterThan(0);
    expect(found).toEqual(said);
  });
});
