import { closeSync, constants, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../model";

const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Never through a link, which could lead to any file of root's, and never waiting for the other end of a pipe. */
const FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK;

/**
 * Writes the process id for service managers. Gives what went wrong, if anything: a pid file is a help to others,
 * not a reason to leave a machine unprotected.
 */
export function writePidFile(path: string): string | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(path, FLAGS, 0o640);
    writeSync(descriptor, `${process.pid}\n`);
    closeSync(descriptor);
    return undefined;
  } catch (error) {
    const isLink = (error as NodeJS.ErrnoException).code === "ELOOP";
    const why = isLink ? "a link is there. Remove it, or name the file itself" : messageOf(error);
    return `Cannot write pid file "${path}": ${why}`;
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
