/** Where a configured value was written: a file as the user named it, and a line counted from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** `file:line`, the way compilers print a place. */
export function formatOrigin(origin: Origin): string {
  return `${origin.file}:${origin.line}`;
}

/**
 * A failure that a person should read. `code` is stable and meant for programs, the message for people:
 * it says what was tried, what is wrong and what to do. The cause, if any, is in `cause`.
 */
export class WarderError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WarderError";
    this.code = code;
  }
}

/** How much a configuration problem matters: an `error` keeps its jail (or the daemon) from starting. */
export type Severity = "error" | "warning";

/** One thing wrong in a configuration tree. `jail` is set when only that jail is affected. */
export interface Problem {
  readonly severity: Severity;
  readonly message: string;
  readonly origin?: Origin;
  readonly jail?: string;
}

/** `file:line: message`, or the bare message when the problem has no place. */
export function formatProblem(problem: Problem): string {
  return problem.origin ? `${formatOrigin(problem.origin)}: ${problem.message}` : problem.message;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
