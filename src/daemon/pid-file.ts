import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../model";

/**
 * Writes the process id for service managers. Gives what went wrong, if anything: a pid file is a help to others,
 * not a reason to leave a machine unprotected.
 */
export function writePidFile(path: string): string | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${process.pid}\n`);
    return undefined;
  } catch (error) {
    return `Cannot write pid file "${path}": ${messageOf(error)}`;
  }
}

/** Removes the pid file if it is still ours. */
export function removePidFile(path: string): void {
  try {
    if (readFileSync(path, "utf8").trim() === String(process.pid)) {
      unlinkSync(path);
    }
  } catch {
    // Gone already, or never written.
  }
}
