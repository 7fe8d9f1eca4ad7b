import { WarderError } from "../model";
import type { DeskTask } from "./desk";

/** A reader is gone. Codes: `reader-stuck` (it was ended for taking too long), `reader-died`. */
export class ReaderStopped extends WarderError {
  /** The line it was at work at, if any. */
  readonly task: DeskTask | undefined;

  constructor(code: "reader-stuck" | "reader-died", message: string, task: DeskTask | undefined) {
    super(code, message);
    this.name = "ReaderStopped";
    this.task = task;
  }
}

/** What the log says about it: what happened, at which line, what to do. `regex` is the text that was at work. */
export function describeStop(error: ReaderStopped, regex: string | undefined): readonly string[] {
  const { task, message } = error;
  if (!task) {
    return [`Reading stopped (${message}); a new reader takes over where it was`];
  }
  const line = task.line.start.slice(0, 500);
  const culprit = regex === undefined ? "" : `: ${task.regex?.kind ?? "regex"} '${regex.slice(0, 500)}'`;
  return [
    `[${task.jail}] Reading stopped (${message}${culprit}); a new reader takes over and passes over this line: ${line}`,
    `[${task.jail}] Somebody may have written that line to keep the filter busy. Look for nested or neighbouring ` +
      "repeats such as (a+)+ or .*.* in failregex and ignoreregex of this jail, and write them more narrowly",
  ];
}
