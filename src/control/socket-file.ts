import { chmodSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { isMainThread } from "node:worker_threads";
import { WarderError } from "../model";
import { findIntruder } from "../platform";

/** How long a server behind an existing socket file may take to accept, in milliseconds. */
const PROBE_TIMEOUT = 2000;
const OWNER_ONLY = 0o600;
/** Connections that may wait to be accepted; the kernel takes fewer if it is set so (net.core.somaxconn). */
const BACKLOG = 4096;

/**
 * Makes way for a socket at the path: creates the last directory level when it is missing, removes the file that a
 * crash or a power cut left behind. Whether a server is still there is found out by connecting. Whoever may write to
 * the folder could put a socket of his own in the place of ours.
 * @throws WarderError `server-running` when one is (unless `force`), `socket-path` when something else is in the way, or
 * somebody else may write there
 */
export async function clearSocketPath(path: string, force: boolean): Promise<void> {
  mkdirUnlessThere(dirname(path));
  const intruder = findIntruder(dirname(path));
  if (intruder !== undefined) {
    throw new WarderError(
      "socket-path",
      `Cannot listen on "${path}": ${intruder}, and could take the place of the socket. Choose a folder that only its owner may write to, such as /run/warder.`,
    );
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) {
    return;
  }
  if (!found.isSocket()) {
    throw new WarderError(
      "socket-path",
      `Cannot listen on "${path}": a file that is no socket is there. Remove it or choose another path.`,
    );
  }
  if (!force && (await isAnswered(path))) {
    throw new WarderError("server-running", `Server already running: somebody answers on "${path}".`);
  }
  unlinkSync(path);
}

/** Starts listening; the socket file is the owner's alone from its first moment. */
export async function listenOnPath(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
  });
  // Only the main thread may set the mask; elsewhere chmod follows within the same turn.
  const mask = isMainThread ? process.umask(0o177) : undefined;
  try {
    server.listen({ path, backlog: BACKLOG }, () => chmodSync(path, OWNER_ONLY));
  } finally {
    if (mask !== undefined) {
      process.umask(mask);
    }
  }
  await listening;
}

function mkdirUnlessThere(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new WarderError(
        "socket-path",
        `Cannot create the directory "${directory}" of the control socket. Create it or choose another path.`,
        { cause: error },
      );
    }
  }
}

/** Whether a process listens there. One that is too busy to accept counts: only a refusal proves that nobody does. */
async function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(PROBE_TIMEOUT, () => settle(true));
    socket.once("connect", () => settle(true));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}
