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

/** A context is made once: it costs a millisecond. */
function makeScript(): { run(timeout: number): unknown } {
  const context = createContext({ place });
  const compiled = new Script("place.work()");
  return { run: (timeout) => compiled.runInContext(context, { timeout }) as unknown };
}
