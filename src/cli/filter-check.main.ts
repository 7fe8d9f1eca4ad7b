import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { FilterCheckRequest } from "../daemon";

/** Time of work for all filters, in milliseconds. */
const LIMIT_MS = 60_000;

/** Run by the daemon: reads a request from standard input, tries its filters, and writes the answer. */
async function run(): Promise<void> {
  const pause = standBack() ? () => {} : makePauses();
  const { checkFilters } = await import("./check");
  const request = JSON.parse(readFileSync(0, "utf8")) as FilterCheckRequest;
  process.stdout.write(JSON.stringify(checkFilters(request, { limitMs: LIMIT_MS, pause })));
}

/** Lets all others go first; false where that is not allowed, as it is not in a hardened unit. */
function standBack(): boolean {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
    return true;
  } catch {
    return false;
  }
}

/** Rests as long as the work before has taken. */
function makePauses(): () => void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let since = performance.now();
  return () => {
    Atomics.wait(cell, 0, 0, performance.now() - since);
    since = performance.now();
  };
}

void run();
