import { createProgramRunner, type CommandResult } from "../platform";
import { parseFilterCheckReply, type FilterCheckReply, type FilterCheckRequest } from "./filter-check-wire";

/** Tries filters with hostile lines, away from the daemon. */
export interface FilterChecker {
  /** Gives a text that says why when it could not be done. */
  check(request: FilterCheckRequest): Promise<FilterCheckReply | string>;
  /** Gives up what is being done. */
  end(): void;
}

/** Seconds; the program ends by itself long before, unless it is never let to work. */
const LONGEST = 600;
const MOST_OUTPUT = 1024 * 1024;
/** What the program may take, in megabytes. */
const MOST_MEMORY = 192;

/** Runs the check program for each request: a process that comes and goes, so that the daemon keeps none of its memory. */
export function filterCheckerFrom(script: string): FilterChecker {
  let running: number | undefined;
  const runner = createProgramRunner({
    argv: [process.execPath, `--max-old-space-size=${MOST_MEMORY}`, script],
    outputLimit: MOST_OUTPUT,
    started: (pid) => {
      running = pid;
    },
  });
  return {
    check: async (request) => {
      const result = await runner.run({ script: JSON.stringify(request), timeout: LONGEST });
      running = undefined;
      return (result.code === 0 && parseFilterCheckReply(result.stdout)) || describe(result);
    },
    end: () => {
      if (running !== undefined) {
        kill(running);
      }
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

function describe({ code, signal, startError, timedOut, stderr }: CommandResult): string {
  if (timedOut) {
    return `not done within ${LONGEST} seconds`;
  }
  const complaint = stderr.split("\n").find((line) => /^\w*Error\b|heap out of memory/.test(line));
  const how = startError ?? signal ?? `exit status ${code}`;
  return complaint === undefined ? how : `${how}: ${complaint.slice(0, 300)}`;
}
