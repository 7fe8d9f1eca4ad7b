import { messageOf, WarderError } from "../model";

/**
 * What kept the database from doing its work. `busy`: another program holds it; `full`: the disk is; `unwritable`:
 * no right to write, or the file cannot be opened; `damaged`: it is no database any more; `version`: written by a
 * newer program; `closed`: it was closed before; `failed`: anything else.
 */
export type StoreProblem = "busy" | "full" | "unwritable" | "damaged" | "version" | "closed" | "failed";

/** A failure of the database; `code` is `store-` and the problem. */
export class StoreError extends WarderError {
  readonly problem: StoreProblem;
  readonly path: string;

  constructor(
    problem: StoreProblem,
    path: string,
    options: { readonly about: string; readonly cause?: unknown },
  ) {
    super(`store-${problem}`, `Database "${path}": ${options.about}`, { cause: options.cause });
    this.name = "StoreError";
    this.problem = problem;
    this.path = path;
  }
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const PROBLEMS: Readonly<Record<number, StoreProblem>> = {
  5: "busy",
  6: "busy",
  8: "unwritable",
  10: "failed",
  11: "damaged",
  13: "full",
  14: "unwritable",
  23: "unwritable",
  26: "damaged",
};
const ADVICE: Readonly<Record<StoreProblem, string>> = {
  busy: "Another program holds it; stop that program or wait.",
  full: "Make room on its disk.",
  unwritable: "Check that file and folder exist and may be written.",
  damaged: "It will be set aside at the next start.",
  version: "Use the program that wrote it, or another dbfile.",
  closed: "It is closed.",
  failed: "",
};

/** What went wrong, as a StoreError; those pass unchanged. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) {
    return error;
  }
  const problem = problemOf(error);
  const about = `${messageOf(error)}. ${ADVICE[problem]}`.trimEnd();
  return new StoreError(problem, path, { about, cause: error });
}

function problemOf(error: unknown): StoreProblem {
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown };
  if (typeof errcode === "number") {
    // Extended codes keep the primary one in their low byte.
    return PROBLEMS[errcode & 0xff] ?? "failed";
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return "full";
  }
  return typeof code === "string" && /^E(?:ACCES|PERM|ROFS|NOENT|NOTDIR|ISDIR)$/.test(code)
    ? "unwritable"
    : "failed";
}
