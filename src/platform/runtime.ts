import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Sets up the runtime of a daemon, at its start and at that of each of its threads.
 *
 * Garbage is collected by the thread that made it: several threads at it are done a little sooner, but use a quarter
 * more of the CPU's time for that. And until there is work, memory comes before speed: no code is optimised and the
 * part of the heap for what is new stays small. Most daemons are idle nearly all of the time.
 */
export function prepareRuntime(): void {
  setFlagsFromString("--no-parallel-scavenge");
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-opt");
  setFlagsFromString("--no-sparkplug");
}

/**
 * Sets up the runtime of a tool that reads through a log: what it does before the first line is done only once, and not
 * worth being optimised. Its garbage is collected as in a daemon.
 */
export function prepareTool(): void {
  setFlagsFromString("--no-parallel-scavenge");
  setFlagsFromString("--no-opt");
}

/** Lines, failures or bans a thread has to have dealt with before it is worth while to be quick at it. */
const ENOUGH = 2000;

let left = ENOUGH;

/** A thread has dealt with so many lines, failures or bans. With enough of them, speed comes before memory for all. */
export function reportWork(amount: number): void {
  if (left > 0) {
    left -= amount;
    if (left <= 0) {
      setFlagsFromString("--semi-space-growth-factor=2");
      optimise();
    }
  }
}

/** So much is about to be kept at once, and that only once: a large part of the heap for what is new would not help. */
export function expectWork(amount: number): void {
  if (amount >= ENOUGH) {
    optimise();
  }
}

function optimise(): void {
  setFlagsFromString("--sparkplug");
  setFlagsFromString("--opt");
}

/** From so many on what they have left behind is worth a look. */
const MUCH = 5000;
/** Milliseconds without more of it. */
const REST_MS = 250;
/** The same, until V8 believes in the calm (it looks at the last five seconds) and lets go of the heap for what is new. */
const CALM_MS = 6000;

let collect: (() => void) | undefined;
let cleaning: NodeJS.Timeout | undefined;

/**
 * So many bans have been dealt with at once. If they were many the memory that took is given back to the system, as soon
 * as no more of them have come for a moment: by itself V8 would keep it for as long as little happens.
 */
export function cleanUpAfter(amount: number): void {
  if (amount < MUCH) {
    return;
  }
  clearTimeout(cleaning);
  cleaning = setTimeout(() => {
    collectGarbage();
    cleaning = setTimeout(collectGarbage, CALM_MS).unref();
  }, REST_MS).unref();
}

function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as typeof collect;
    setFlagsFromString("--no-expose-gc");
  }
  collect?.();
  // What is left is moved together only when it has been seen to be scattered.
  collect?.();
}
