import { Script } from "node:vm";
import { isNativeError } from "node:util/types";
import type { Coverage } from "./coverage";
import { mutate } from "./mutate";
import { createRandom, pick, type FuzzTarget, type Random } from "./target";

/** How to fuzz. Times in milliseconds. */
export interface FuzzOptions {
  readonly seed: number;
  readonly duration: number;
  /** Told apart by new parts of the code that they reach, inputs join the corpus; without it by chance. */
  readonly coverage?: Coverage;
  /** Stops after so many findings. */
  readonly most?: number;
}

/** An input that is dealt with badly, and how. */
export interface Finding {
  readonly input: Buffer;
  readonly error: Error;
}

/** What came of a run. */
export interface FuzzResult {
  readonly runs: number;
  readonly corpus: number;
  readonly findings: readonly Finding[];
}

/** No input below one megabyte may take longer than that, nor may it make the process larger by so much. */
const MOST_MS = 1000;
/** In step with its length it may, on a machine that is slow or busy, up to this. */
const MOST_LINEAR_MS = 4 * MOST_MS;
const MOST_MEMORY = 512 * 1024 * 1024;
/** Inputs between two looks at the clock. */
const FEW = 16;
/** Milliseconds and inputs between two looks at what has been reached. */
const GROUP_MS = 1000;
const MOST_IN_GROUP = 4096;
const MOST_CORPUS = 3000;
/** Inputs between two settlements. */
const SETTLE_EVERY = 960;

/** Tries inputs on a target until the time is over. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  return await new Fuzzer(target, options).run();
}

/** What is wrong with how one input is dealt with; `undefined` when nothing is. */
export async function tryInput(target: FuzzTarget, input: Buffer): Promise<Error | undefined> {
  const memory = process.memoryUsage.rss();
  const cpu = process.cpuUsage();
  try {
    await runLimited(() => target.check(input));
  } catch (error) {
    // A machine that is busy with something else is no finding.
    return error instanceof LimitError && cpuSince(cpu) < MOST_MS ? undefined : toError(error);
  }
  const first = cpuSince(cpu);
  const spent = first > MOST_MS ? Math.min(first, await timeOf(target, input)) : first;
  if (spent > MOST_MS && (spent > MOST_LINEAR_MS || !(await isLinear(target, input, spent)))) {
    return new Error(`took ${spent} ms of CPU`);
  }
  const grown = process.memoryUsage.rss() - memory;
  return grown > MOST_MEMORY ? new Error(`took ${grown >> 20} MB of memory`) : undefined;
}

/** Whether the first half of the input takes about half as long: then it is only the machine that is slow. */
async function isLinear(target: FuzzTarget, input: Buffer, spent: number): Promise<boolean> {
  return (await timeOf(target, input.subarray(0, input.length >> 1))) * 3 > spent;
}

/** Milliseconds of CPU that an input takes, whatever comes of it. */
async function timeOf(target: FuzzTarget, input: Buffer): Promise<number> {
  const cpu = process.cpuUsage();
  await runLimited(() => target.check(input)).catch(() => undefined);
  return cpuSince(cpu);
}

/** Work that had to be ended. */
class LimitError extends Error {}

function toError(thrown: unknown): Error {
  return isNativeError(thrown) ? thrown : new Error(String(thrown));
}

/** Milliseconds. */
function cpuSince(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return Math.round((user + system) / 1000);
}

class Fuzzer {
  readonly #target: FuzzTarget;
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #corpus: Buffer[];
  readonly #findings = new Map<string, Finding>();
  #runs = 0;
  #unsettled: Buffer[] = [];

  constructor(target: FuzzTarget, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#corpus = [...target.seeds()];
  }

  async run(): Promise<FuzzResult> {
    const end = performance.now() + this.#options.duration;
    const most = this.#options.most ?? 20;
    const { coverage } = this.#options;
    await this.#tryAll(this.#corpus);
    coverage?.remember(coverage.look());
    while (performance.now() < end && this.#findings.size < most) {
      await this.#tryGroup(end);
    }
    this.#settle();
    return { runs: this.#runs, corpus: this.#corpus.length, findings: [...this.#findings.values()] };
  }

  async #tryGroup(end: number): Promise<void> {
    const groupEnd = Math.min(end, performance.now() + GROUP_MS);
    const inputs: Buffer[] = [];
    while (performance.now() < groupEnd && inputs.length < MOST_IN_GROUP) {
      const some = Array.from({ length: FEW }, () => this.#make());
      await this.#tryAll(some);
      inputs.push(...some);
    }
    const { coverage } = this.#options;
    if (!coverage) {
      this.#keep(pick(this.#random, inputs));
      return;
    }
    const fresh = coverage.look();
    if (fresh.length > 0) {
      await this.#keepNew(inputs, coverage);
      coverage.remember(fresh);
    }
  }

  #make(): Buffer {
    const { generate, words } = this.#target;
    if (generate && this.#random.chance(0.3)) {
      return generate(this.#random);
    }
    return mutate(this.#random, { corpus: this.#corpus, words });
  }

  async #tryAll(inputs: readonly Buffer[]): Promise<void> {
    this.#runs += inputs.length;
    this.#unsettled.push(...inputs);
    for (const input of await findSuspects(this.#target, inputs)) {
      // Once more by itself, since a busy machine may have been the slow one.
      const error = await tryInput(this.#target, input);
      if (error) {
        this.#report(input, error);
      }
    }
    if (this.#unsettled.length >= SETTLE_EVERY) {
      this.#settle();
    }
  }

  /** Some of these have reached something new: which? By halves. */
  async #keepNew(inputs: readonly Buffer[], coverage: Coverage): Promise<void> {
    const [only] = inputs;
    if (inputs.length <= 1) {
      this.#keep(only);
      return;
    }
    const middle = inputs.length >> 1;
    for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
      coverage.look();
      await findSuspects(this.#target, half);
      const fresh = coverage.look();
      if (fresh.length > 0) {
        await this.#keepNew(half, coverage);
        coverage.remember(fresh);
      }
    }
  }

  #settle(): void {
    try {
      this.#target.settle?.();
    } catch (error) {
      const [last = Buffer.alloc(0)] = this.#unsettled.slice(-1);
      const input = (error as { readonly input?: Buffer }).input ?? last;
      this.#report(input, toError(error));
    }
    this.#unsettled = [];
  }

  /** One finding of each kind: the shortest input of it. */
  #report(input: Buffer, error: Error): void {
    const place = /\n +at .*/.exec(error.stack ?? "")?.[0] ?? "";
    const kind = `${error.message.replace(/\d+/g, "0").slice(0, 40)}${place}`;
    const known = this.#findings.get(kind);
    if (!known || known.input.length > input.length) {
      this.#findings.set(kind, { input, error });
    }
  }

  #keep(input: Buffer | undefined): void {
    if (!input || input.length > 65_536) {
      return;
    }
    if (this.#corpus.length < MOST_CORPUS) {
      this.#corpus.push(input);
    } else {
      this.#corpus[this.#random.below(MOST_CORPUS)] = input;
    }
  }
}

/** Inputs of a group that failed or took long. Tried together: to watch over each by itself takes far longer. */
async function findSuspects(target: FuzzTarget, inputs: readonly Buffer[]): Promise<readonly Buffer[]> {
  const suspects = new Set<Buffer>();
  const memory = process.memoryUsage.rss();
  let index = 0;
  const work = (): unknown => {
    for (; index < inputs.length; index += 1) {
      const input = inputs[index] ?? Buffer.alloc(0);
      const begin = performance.now();
      try {
        const done = target.check(input);
        if (done) {
          return done.catch(() => void suspects.add(input));
        }
      } catch {
        suspects.add(input);
      }
      if (performance.now() - begin > MOST_MS) {
        suspects.add(input);
      }
    }
    return undefined;
  };
  for (; index < inputs.length; index += 1) {
    try {
      await runLimited(work);
    } catch {
      suspects.add(inputs[index] ?? Buffer.alloc(0));
    }
  }
  const isLarge = process.memoryUsage.rss() - memory > MOST_MEMORY;
  return isLarge ? inputs : [...suspects];
}

const script = new Script("globalThis.warderFuzz()");

/** Only the limit on a script ends work that would go on for ever. */
async function runLimited(work: () => unknown): Promise<void> {
  Object.assign(globalThis, { warderFuzz: work });
  try {
    await (script.runInThisContext({ timeout: MOST_MS * 5 }) as void | Promise<void>);
  } catch (error) {
    if (isNativeError(error) && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      throw new LimitError(`took more than ${MOST_MS * 5} ms`, { cause: error });
    }
    throw error;
  }
}
