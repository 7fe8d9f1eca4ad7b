/**
 * A program: takes runs as JSON on standard input, feeds their lines to the filters, and gives what was found as JSON.
 * It is a process of its own because the time zone of the samples has to be set before the first date is read.
 */
import { readFileSync } from "node:fs";
import { readFilterFile } from "../../src/config";
import { createDateDetector } from "../../src/date";
import { BlockScanner, compileFilter, JailFilter, type Hit } from "../../src/filter";
import type { FilterSpec, Sourced } from "../../src/model";
import { textBlock } from "../../src/source";

/** Noon of 14 August 2005 in Central Europe. */
const NOW = 1_124_013_600;
const clock = { now: NOW, findtime: 600, phase: "operation", checkTimes: false } as const;
const JOURNAL_DATE = "2005-08-14T10:00:00";

/** One run as the test sends it. */
export interface RunnerTask {
  readonly directory: string;
  readonly filter: string;
  readonly options: Readonly<Record<string, string>>;
  readonly prefix: string;
  readonly lines: readonly string[];
}

/** What was found in one line: its failures, time as local text. */
export type RunnerLine = readonly {
  readonly failregex: number | undefined;
  readonly id: string | undefined;
  readonly time: string | undefined;
  readonly attempts: number;
  readonly groups: Readonly<Record<string, unknown>>;
}[];

/** The answer to a task. */
export interface RunnerAnswer {
  readonly failregex: readonly string[];
  /** Indices of the regexes that matched, failures or not. */
  readonly used: readonly number[];
  readonly lines: readonly RunnerLine[];
  /** Lines that one way to read a log finds something in and the other does not. */
  readonly disputed: readonly string[];
}

function specOf(task: RunnerTask): FilterSpec {
  const { directory, filter, options } = task;
  const { entries } = readFilterFile({
    directory,
    name: filter,
    args: new Map(Object.entries(options)),
    logtype: "file",
  });
  const texts = (word: string): Sourced[] =>
    entries
      .filter(({ command }) => command[2] === word)
      .flatMap(({ command }) => command[3] as string | readonly string[])
      .map((text) => ({ text }));
  const [prefregex] = texts("prefregex");
  const [datepattern] = texts("datepattern");
  const [maxlines] = texts("maxlines");
  return {
    ...(prefregex ? { prefregex } : {}),
    ...(datepattern ? { datepattern } : {}),
    failregex: texts("addfailregex"),
    ignoreregex: texts("addignoreregex"),
    maxlines: Number(maxlines?.text ?? 1),
    usedns: "raw",
  };
}

function answer(task: RunnerTask): RunnerAnswer {
  const spec = specOf(task);
  const { datepattern } = spec;
  const compiled = compileFilter(spec);
  const makeFilter = (): JailFilter =>
    new JailFilter(compiled, createDateDetector(datepattern ? { datepattern: datepattern.text } : {}));
  const filter = makeFilter();
  const isJournal = task.options["logtype"] === "journal";
  const used = new Set<number>();
  const lines = task.lines.map((line) => {
    const entry = { time: NOW, date: JOURNAL_DATE, text: task.prefix + line };
    const options = { clock, checkAll: true };
    const hits = isJournal ? filter.feedEntry(entry, options) : filter.feedLine(line, options);
    hits.forEach((hit) => used.add(hit.failregex ?? -1));
    return hits.filter((hit) => hit.kind === "failure" && !hit.groups.get("nofail")).map(describe);
  });
  const disputed = isJournal ? [] : compareWays(makeFilter, task.lines);
  return { failregex: spec.failregex.map(({ text }) => text), used: [...used], lines, disputed };
}

/** Searches the lines as one block, and feeds every single one of them. */
function compareWays(makeFilter: () => JailFilter, lines: readonly string[]): readonly string[] {
  const scanned = new Set<string>();
  const note = (found: Set<string>) => (hits: readonly Hit[]) =>
    hits.forEach((hit) => found.add(JSON.stringify([hit.kind, hit.failregex, hit.identity, hit.matches])));
  const watcher = { filter: makeFilter(), options: () => ({ clock }), hits: note(scanned) };
  new BlockScanner([watcher]).scan(textBlock(lines.map((line) => `${line}\n`).join("")));
  const fed = new Set<string>();
  const plain = makeFilter();
  lines.forEach((line) => note(fed)(plain.feedLine(line, { clock })));
  return [...scanned].filter((hit) => !fed.has(hit)).concat([...fed].filter((hit) => !scanned.has(hit)));
}

function describe(hit: Hit): RunnerLine[number] {
  const groups = [...hit.groups].map(([name, value]) => [
    name,
    typeof value === "string" ? value : [...value],
  ]);
  return {
    failregex: hit.failregex,
    id: hit.identity?.id ?? hit.identity?.host,
    time: hit.time === undefined ? undefined : localTime(hit.time),
    attempts: hit.matches.length,
    groups: Object.fromEntries(groups) as Readonly<Record<string, unknown>>,
  };
}

/** `2005-08-14T12:00:00`, with a fraction where there is one. */
function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString();
  return local.replace("Z", "").replace(/\.?0+$/, (zeros) => (zeros.startsWith(".") ? "" : zeros));
}

const tasks = JSON.parse(readFileSync(0, "utf8")) as readonly RunnerTask[];
process.stdout.write(JSON.stringify(tasks.map(answer)));
