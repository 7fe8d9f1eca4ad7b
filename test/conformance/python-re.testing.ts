import { execFileSync } from "node:child_process";

/** A pattern and the texts to search it in. */
export interface Case {
  readonly pattern: string;
  readonly texts: readonly string[];
  readonly multiline?: boolean;
}

/** Start and end per group, -1 for one that took no part; null for a text without a match. */
export type Spans = readonly (readonly [number, number])[] | null;

/**
 * What Python makes of a case: an error of the pattern, or spans per text. "no-answer" is a text it needs more than a tenth of a
 * second for, or at which it reports a bug of its own.
 */
export type Answer =
  | { readonly error: string; readonly position: number | null }
  | { readonly spans: readonly (Spans | "no-answer")[]; readonly names: Readonly<Record<string, number>> };

const PROGRAM = `
import json, re, signal, sys, warnings
warnings.simplefilter("ignore")
class Slow(Exception):
    pass
def stop(*_):
    raise Slow()
signal.signal(signal.SIGALRM, stop)
def search(compiled, text):
    # The signal may come at any moment up to the second setitimer, also behind the search.
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        found = compiled.search(text)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except (Slow, SystemError):
        return "no-answer"
    # JavaScript counts UTF-16 units.
    def units(at):
        return at if at < 0 else len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
    return found and [[units(at) for at in found.span(i)] for i in range(compiled.groups + 1)]
answers = []
for case in json.load(sys.stdin):
    try:
        compiled = re.compile(case["pattern"], re.M if case.get("multiline") else 0)
    except (re.error, OverflowError, ValueError, RecursionError) as problem:
        answers.append({"error": getattr(problem, "msg", str(problem)), "position": getattr(problem, "pos", None)})
        continue
    answers.append({"spans": [search(compiled, text) for text in case["texts"]], "names": compiled.groupindex.copy()})
json.dump(answers, sys.stdout)
`;

/** An interpreter to compare with. Possessive repeats of groups go wrong before Python 3.11.5. */
export interface Python {
  readonly path: string;
  readonly faultyPossessive: boolean;
}

const VERSION = "import sys, json; print(json.dumps(sys.version_info[:3]))";

/** The newest of the interpreters here, if it is at least Python 3.11 (older ones lack atomic groups). */
export function findPython(): Python | undefined {
  const found = ["python3", "/usr/bin/python3"].flatMap((path) => {
    const version = readVersion(path);
    return version >= 3_11_00 ? [{ path, version }] : [];
  });
  const newest = found.sort((left, right) => right.version - left.version)[0];
  return newest && { path: newest.path, faultyPossessive: newest.version < 3_11_05 };
}

/** Asks Python's own re about all cases in one go. */
export function askPython(cases: readonly Case[]): readonly Answer[] {
  const output = execFileSync(findPython()?.path ?? "python3", ["-c", PROGRAM], {
    input: JSON.stringify(cases),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return JSON.parse(output) as readonly Answer[];
}

function readVersion(path: string): number {
  try {
    const output = execFileSync(path, ["-c", VERSION], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [major = 0, minor = 0, patch = 0] = JSON.parse(output) as readonly number[];
    return major * 1_00_00 + minor * 1_00 + patch;
  } catch {
    return 0;
  }
}
