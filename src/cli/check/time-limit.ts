import { isNativeError } from "node:util/types";
import { createContext, Script } from "node:vm";

/** What came of work under a time limit; `undefined` when the time was over. */
export interface Finished<Value> {
  readonly value: Value;
}

const place: { work: () => unknown } = { work: () => undefined };
let script: { run(timeout: number): unknown } | undefined;

/**
 * Does work that may take for ever, such as a search with an unknown regex: only the limit on a script can stop that.
 * `limitMs` is in milliseconds.
 */
export function doWithin<Value>(limitMs: number, work: () => Value): Finished<Value> | undefined {
  place.work = work;
  script ??= makeScript();
  try {
    return { value: script.run(Math.max(1, Math.ceil(limitMs))) as Value };
  } catch (error) {
    // It is an Error of the script's own context, so instanceof does not know it.
    if (isNativeError(error) && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      return undefined;
    }
    throw error;
  }
}

/** Tries with ever more time before a machine counts as too busy, and the part of the limit that has to be work. */
const TRIES = 5;
const WORKED = 0.75;

/**
 * The same on a machine that may be busy with others: only time that this process had the processor for counts. Gives
 * "over" when the work took longer, "starved" when it was never let to work for so long.
 */
export function doWithinWork<Value>(
  limitMs: number,
  work: () => Value,
): Finished<Value> | "over" | "starved" {
  for (let i = 0; i < TRIES; i++) {
    const before = workedMs();
    const done = doWithin(limitMs * 2 ** i, work);
    if (done) {
      return done;
    }
    if (workedMs() - before >= limitMs * WORKED) {
      return "over";
    }
  }
  return "starved";
}

/** Time that the processor has worked for this process, in milliseconds. */
export function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A context is made once: it costs a millisecond. */
function makeScript(): { run(timeout: number): unknown } {
  const context = createContext({ place });
  const compiled = new Script("place.work()");
  return { run: (timeout) => compiled.runInContext(context, { timeout }) as unknown };
}
