import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Coverage } from "./coverage";
import { fuzz, tryInput } from "./fuzz";
import type { FuzzTarget } from "./target";
import { TARGETS } from "./targets";

const USAGE = `usage: npm run fuzz [-- NAME...] [--minutes N] [--seed S]
       npm run fuzz -- NAME --input FILE
NAME is one of: ${TARGETS.map(({ name }) => name).join(" ")}. Without one all of them have their turn.`;
const FOUND = "node_modules/.cache/fuzz";

interface Options {
  readonly names: readonly string[];
  readonly minutes: number;
  readonly seed: number;
  readonly input?: string;
}

function readOptions(words: readonly string[]): Options {
  const names: string[] = [];
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? "";
    if (/^--(?:minutes|seed|input)$/.test(word)) {
      i += 1;
      values.set(word.slice(2), words[i] ?? "");
    } else {
      names.push(word);
    }
  }
  const minutes = Number(values.get("minutes") ?? "1");
  const seed = Number(values.get("seed") ?? "1");
  const input = values.get("input");
  const isKnown = names.every((name) => TARGETS.some((target) => target.name === name));
  if (!isKnown || !(minutes > 0) || !Number.isInteger(seed)) {
    console.error(USAGE);
    process.exit(2);
  }
  return { names, minutes, seed, ...(input === undefined ? {} : { input }) };
}

async function run(target: FuzzTarget, { minutes, seed }: Options, coverage: Coverage): Promise<boolean> {
  const before = coverage.size;
  const result = await fuzz(target, { seed, duration: minutes * 60_000, coverage });
  target.close?.();
  const parts = `${coverage.size - before} parts of the code`;
  console.log(
    `${target.name}: ${result.runs} inputs, ${parts}, corpus ${result.corpus}, found ${result.findings.length}`,
  );
  for (const { input, error } of result.findings) {
    mkdirSync(FOUND, { recursive: true });
    const path = join(FOUND, `${target.name}-${createHash("sha1").update(input).digest("hex").slice(0, 8)}`);
    writeFileSync(path, input);
    console.log(`  ${path} (${input.length} bytes)\n  ${error.stack ?? error.message}`);
  }
  return result.findings.length === 0;
}

/** Some of what is tried lets the process end while it works. */
const stay = setInterval(() => {}, 60_000);

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const { names, input } = options;
  const chosen = TARGETS.filter(({ name }) => names.length === 0 || names.includes(name));
  const [first] = chosen;
  if (input !== undefined && first) {
    const error = await tryInput(first, readFileSync(input));
    first.settle?.();
    first.close?.();
    console.log(error?.stack ?? error?.message ?? "nothing is wrong");
    process.exitCode = error ? 1 : 0;
    return;
  }
  const coverage = new Coverage("/fuzz.cjs");
  for (const target of chosen) {
    if (!(await run(target, options, coverage))) {
      process.exitCode = 1;
    }
  }
}

void main().finally(() => clearInterval(stay));
