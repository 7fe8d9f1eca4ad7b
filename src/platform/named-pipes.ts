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

/** Named pipes in a folder of their own. */
export interface NamedPipes {
  readonly pipes: NamedPipe[];
  /** Removes the folder, which also goes when this process ends by itself. */
  remove(): void;
}

/** Makes named pipes; none where that is not possible. */
export function openNamedPipes(count: number): NamedPipes {
  const folder = makeFolder();
  if (folder === undefined) {
    return { pipes: [], remove: () => undefined };
  }
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const callOff = atExit(removeFolder);
  const paths = Array.from({ length: count }, (_, i) => join(folder, `p${i}`));
  const { status } = spawnSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" });
  const remove = (): void => {
    callOff();
    removeFolder();
  };
  return { pipes: status === 0 ? paths.map((path) => ({ path })) : [], remove };
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
