import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePickle, encodePickle } from "../../src/control";
import { commandValues } from "../../src/control/values.testing";
import { formatPython, type CommandValue } from "../../src/model";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) {
  console.warn("SKIPPED: pickle conformance needs python3");
}

/** Reads pickles (hex, one a line); writes for each its ASCII repr and its dumps at all protocols, as one JSON line. */
const SCRIPT = `
import sys, json, pickle
for line in sys.stdin:
    value = pickle.loads(bytes.fromhex(line))
    print(json.dumps([ascii(value), [pickle.dumps(value, p).hex() for p in range(6)]]))
`;

/** Python's `ascii`: what counts as printable beyond ASCII depends on each side's Unicode version. */
function formatAscii(value: CommandValue): string {
  return formatPython(value).replace(/[^\0-\x7f]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4
      ? `\\U${hex.padStart(8, "0")}`
      : hex.length > 2
        ? `\\u${hex.padStart(4, "0")}`
        : `\\x${hex}`;
  });
}

describe.skipIf(!hasPython)("pickle and Python", () => {
  const values = fc.sample(commandValues, { numRuns: 600, seed: 20_261_121 });
  const run = spawnSync("python3", ["-c", SCRIPT], {
    input: values.map((value) => encodePickle(value).toString("hex")).join("\n"),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const answers = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as [string, string[]]);

  test("Python reads what we write", () => {
    expect(run.stderr).toBe("");
    expect(answers.map(([repr]) => repr)).toEqual(values.map(formatAscii));
  });

  test.each([0, 1, 2, 3, 4, 5])("we read what Python writes with protocol %i", (protocol) => {
    for (const [repr, dumps] of answers) {
      expect(formatAscii(decodePickle(Buffer.from(dumps[protocol] ?? "", "hex")))).toBe(repr);
    }
  });
});
