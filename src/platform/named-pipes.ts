import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./at-exit";

/** A named pipe; whoever uses it may give it another name in its folder. */
export interface NamedPipe {
  path: string;
}

/** Only root writes there, so whatever has our name there is ours. */
const SYSTEM_FOLDER = "/run";
const PREFIX = "warder-pipes-";

/** Makes named pipes in a folder of their own, which goes when this process ends; none where that is not possible. */
export function openNamedPipes(count: number): NamedPipe[] {
  const folder = makeFolder();
  const paths = folder === undefined ? [] : Array.from({ length: count }, (_, i) => join(folder, `p${i}`));
  if (folder !== undefined) {
    atExit(() => rmSync(folder, { recursive: true, force: true }));
  }
  const { status } = spawnSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" });
  return status === 0 ? paths.map((path) => ({ path })) : [];
}

function makeFolder(): string | undefined {
  for (const parent of [SYSTEM_FOLDER, tmpdir()]) {
    try {
      const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
      if (parent === SYSTEM_FOLDER) {
        removeOrphans();
      }
      return folder;
    } catch {
      // The next one may be writable.
    }
  }
  return undefined;
}

/** Frees the processes that wait for one of us that was killed, and removes its pipes. */
function removeOrphans(): void {
  for (const name of readdirSync(SYSTEM_FOLDER)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      const folder = join(SYSTEM_FOLDER, name);
      readdirSync(folder).forEach((pipe) => free(join(folder, pipe)));
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Lets whoever waits at a pipe read its end. */
function free(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // Nobody waits there.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
