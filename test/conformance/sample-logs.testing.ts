import { existsSync, readFileSync } from "node:fs";

/** What a sample says about its line. */
export interface Expectation {
  readonly match: boolean;
  readonly time?: string | null;
  readonly [key: string]: unknown;
}

/** One line to be run through one filter with one set of options. */
export interface Sample {
  readonly place: string;
  readonly line: string;
  /** Absent for a line that nothing is said about, which must not match. */
  readonly expected?: Expectation;
}

/** Lines that share a filter and its options, in their order. */
export interface Run {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
  /** `name == 'sshd'` and the like: the run is skipped when it is false. */
  readonly condition?: string;
  readonly filter: string;
  readonly prefix: string;
  readonly samples: Sample[];
}

type Options = Readonly<Record<string, string>>;

const DIRECTIVE = /^#+ ?(failJSON|fileOptions|filterOptions|addFILE):(.+)$/;

/** Reads the samples of a filter: a file of `folder` and those that it names. */
export function readSamples(folder: string, name: string): readonly Run[] {
  const runs = new Map<string, Run>();
  const files = [name];
  for (const file of files) {
    readFile(`${folder}/${file}`, name, { runs, files });
  }
  return [...runs.values()];
}

function readFile(path: string, name: string, found: { runs: Map<string, Run>; files: string[] }): void {
  let common: Options = {};
  let sets: readonly Options[] = [{}];
  let expected: Expectation | undefined;
  const lines = readFileSync(path, "utf8").split("\n");
  lines.forEach((raw, index) => {
    const line = raw.replace(/[\r\n]+$/, "");
    const directive = expected ? null : DIRECTIVE.exec(line);
    if (directive) {
      const value = JSON.parse(directive[2]!) as unknown;
      if (directive[1] === "failJSON") {
        expected = value as Expectation;
      } else if (directive[1] === "fileOptions") {
        common = { ...common, ...(value as Options) };
      } else if (directive[1] === "addFILE") {
        found.files.push(value as string);
      } else {
        sets = (Array.isArray(value) ? value : [value]).map((set: Options) => ({ ...common, ...set }));
      }
      return;
    }
    if (expected || !(line === "" || line.startsWith("#"))) {
      const sample = { place: `${path}:${index + 1}`, line, ...(expected ? { expected } : {}) };
      sets.forEach((set) => runOf(set, name, found.runs).samples.push(sample));
    }
    expected = undefined;
  });
}

function runOf(set: Options, name: string, runs: Map<string, Run>): Run {
  const key = JSON.stringify(set);
  const known = runs.get(key);
  if (known) {
    return known;
  }
  const options = Object.fromEntries(Object.entries(set).filter(([option]) => !option.startsWith("test.")));
  const condition = set["test.condition"];
  const run: Run = {
    name,
    options,
    ...(condition === undefined ? {} : { condition }),
    filter: set["test.filter-name"] ?? name,
    prefix: set["test.prefix-line"] ?? "",
    samples: [],
  };
  runs.set(key, run);
  return run;
}

/** The folder that has a filter of that name. */
export function folderOf(filter: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => existsSync(`${folder}/filter.d/${filter}.conf`));
}
