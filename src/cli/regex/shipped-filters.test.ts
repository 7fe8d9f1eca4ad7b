/** Runs every filter that is shipped, with every set of options, over its sample lines. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSamples, type Run, type Sample } from "../../../test/conformance/sample-logs.testing";
import { createDateDetector } from "../../date";
import { BlockScanner, compileFilter, JailFilter, type Hit } from "../../filter";
import { textBlock } from "../../source";
import { chooseFilter, type FilterSettings } from "./filter-choice";

const TREE = join(import.meta.dirname, "../../../config");
const SAMPLES = join(TREE, "samples");
/** Midnight of 22 November 2026, UTC. */
const NOW = 1_795_305_600;
const CLOCK = { now: NOW, findtime: 600, phase: "operation", checkTimes: false } as const;
/** Whom hostile lines want to see banned. */
const VICTIMS = ["192.0.2.77", "2001:db8:dead::77"];

interface Outcome {
  readonly sample: Sample;
  readonly hits: readonly Hit[];
  readonly failures: readonly Hit[];
}

function settingsOf({ filter, options }: Run): FilterSettings {
  const call = Object.entries(options).map(([name, value]) => `${name}="${value}"`);
  // By its path: a mere name could be that of a jail, which has a mode of its own.
  const path = join(TREE, "filter.d", `${filter}.conf`);
  return chooseFilter(`${path}[${call.join(",")}]`, TREE, "file").read();
}

function prepare(run: Run): () => JailFilter {
  const { maxlines = 1, ...settings } = settingsOf(run);
  const compiled = compileFilter({ ...settings, maxlines, usedns: "raw" });
  const { datepattern } = settings;
  const dates = { logtimezone: "UTC", ...(datepattern && { datepattern: datepattern.text }) };
  return () => new JailFilter(compiled, createDateDetector(dates));
}

/** Reads the two forms of Python that samples use: `opts.get('mode') in ('a', 'b')` and `… == 'a'`. */
function holds(constraint: unknown, options: Run["options"]): boolean {
  if (typeof constraint !== "string") {
    return constraint === undefined;
  }
  const parts = /^opts\.get\('(\w+)'\) (?:in|==) \(?('[^()]*')\)?$/.exec(constraint);
  expect(parts, `unknown constraint ${constraint}`).not.toBeNull();
  const [, name = "", list = ""] = parts ?? [];
  return list.split(", ").includes(`'${options[name] ?? ""}'`);
}

function isFailure({ kind, groups }: Hit): boolean {
  return kind === "failure" && !groups.get("nofail");
}

function feedAll(run: Run, filter: JailFilter): readonly Outcome[] {
  return run.samples.map((sample) => {
    const options = { clock: CLOCK, checkAll: true };
    const hits =
      run.options["logtype"] === "journal"
        ? filter.feedEntry({ time: NOW, date: "", text: run.prefix + sample.line }, options)
        : filter.feedLine(sample.line, options);
    return { sample, hits, failures: hits.filter(isFailure) };
  });
}

function faultsOf({ sample, failures }: Outcome): string[] {
  const { expected } = sample;
  const [failure] = failures;
  if (!expected?.match || !failure || failures.length > 1) {
    const wanted = expected?.match ? 1 : 0;
    return failures.length === wanted ? [] : [`${failures.length} failures, not ${wanted}`];
  }
  return Object.entries(expected).flatMap(([name, want]) => {
    const got = valueOf(name, failure);
    const isSame = got === undefined || got === want || want === null;
    return isSame ? [] : [`${name} is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`];
  });
}

/** `undefined` for what is a remark. */
function valueOf(name: string, hit: Hit): unknown {
  switch (name) {
    case "match":
    case "desc":
    case "constraint":
      return undefined;
    case "host":
      return hit.identity?.id ?? hit.identity?.host ?? "nobody";
    case "time":
      return new Date((hit.time ?? 0) * 1000).toISOString().slice(0, 19);
    case "attempts":
      return hit.matches.length;
    case "weight":
      return hit.worth?.weight ?? 1;
    default:
      return hit.groups.get(name) ?? "nothing";
  }
}

const FILTERS = readdirSync(join(TREE, "filter.d"))
  .filter((file) => file.endsWith(".conf") && !/(?:^|-)common\.conf$/.test(file))
  .map((file) => file.slice(0, -".conf".length));

describe("the shipped filters", () => {
  it("all have samples", () => {
    const samples = readdirSync(SAMPLES).map((file) => file.slice(0, -".log".length));
    expect(samples.sort()).toEqual([...FILTERS].sort());
    expect(FILTERS).toEqual(expect.arrayContaining(["sshd", "recidive"]));
  });

  it.each(FILTERS)("%s finds what its samples say and nothing else", (name) => {
    const runs = runsOf(name);
    const outcomes = runs.flatMap((run) => feedAll(run, prepare(run)()).map((outcome) => ({ run, outcome })));
    const faults = outcomes.flatMap(({ run, outcome }) =>
      faultsOf(outcome).map((fault) => `${outcome.sample.place} ${JSON.stringify(run.options)}: ${fault}`),
    );
    expect(faults).toEqual([]);
    const accused = outcomes.flatMap(({ outcome }) => outcome.failures.map(({ identity }) => identity?.id));
    expect(accused.length).toBeGreaterThan(5);
    expect(accused.filter((id) => VICTIMS.includes(id ?? ""))).toEqual([]);
    const hostile = outcomes.filter(({ outcome }) =>
      VICTIMS.some((victim) => outcome.sample.line.includes(victim)),
    );
    expect(hostile.length).toBeGreaterThan(3);
  });

  // Other options than the mode change the regexes; what has no address, or is no failure, reports nothing by itself.
  it.each(FILTERS)("%s has no failregex that no sample needs", (name) => {
    const [all, used] = [new Set<string>(), new Set<string>()];
    const plain = runsOf(name).filter(({ options }) => Object.keys(options).every((key) => key === "mode"));
    for (const run of plain) {
      const texts = settingsOf(run).failregex.map(({ text }) => text);
      texts
        .filter((text) => /<(?:ADDR|HOST|IP\d|F-ID)/.test(text) && !text.includes("F-NOFAIL"))
        .forEach((text) => all.add(text));
      feedAll(run, prepare(run)())
        .flatMap(({ hits }) => hits)
        .forEach(({ failregex = -1 }) => used.add(texts[failregex] ?? ""));
    }
    expect([...all].filter((text) => !used.has(text))).toEqual([]);
  });

  it.each(FILTERS)("%s finds the same when it looks only at lines with certain texts", (name) => {
    for (const run of runsOf(name).filter(({ options }) => options["logtype"] !== "journal")) {
      const make = prepare(run);
      const [scanned, fed]: [string[], string[]] = [[], []];
      const note = (list: string[]) => (hits: readonly Hit[]) =>
        list.push(
          ...hits.map(({ failregex, identity, matches }) => JSON.stringify([failregex, identity, matches])),
        );
      const watcher = { filter: make(), options: () => ({ clock: CLOCK }), hits: note(scanned) };
      new BlockScanner([watcher]).scan(textBlock(run.samples.map(({ line }) => `${line}\n`).join("")));
      const plain = make();
      run.samples.forEach(({ line }) => note(fed)(plain.feedLine(line, { clock: CLOCK })));
      expect(scanned).toEqual(fed);
    }
  });
});

/** The names of samples end in `.log`, those of filters do not. */
function runsOf(name: string): readonly Run[] {
  return readSamples(SAMPLES, `${name}.log`).map((run) => ({
    ...run,
    filter: name,
    samples: run.samples.filter(({ expected }) => holds(expected?.["constraint"], run.options)),
  }));
}
