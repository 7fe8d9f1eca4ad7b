import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ClientError, type ClientDefaults } from "./client-io";
import type { ClientOptions } from "./client-options";
import { readStream } from "./client-configuration";
import { isServerAlive, runCommand, type ClientSession } from "./client-session";
import type { ClientSettings } from "./client-settings";

/** What starting and stopping needs to know. */
export interface Lifecycle {
  readonly session: ClientSession;
  readonly settings: ClientSettings;
  readonly options: ClientOptions;
  readonly defaults: ClientDefaults;
  /** How long to wait for a server, in milliseconds. */
  readonly timeoutMs: number;
}

const FIRST_PAUSE = 6;
const LONGEST_PAUSE = 500;

/**
 * Starts a server in the background and gives it its configuration. DIFFERS: a socket file at which nobody answers is
 * no reason to refuse, the server replaces it; so a restart after a power cut needs no `-x`. And a server that can use
 * nothing of its configuration is ended, not left behind without jails.
 * @throws ClientError
 */
export async function startServer(lifecycle: Lifecycle): Promise<boolean> {
  const { session, settings, options } = lifecycle;
  if (await isServerAlive(settings.socket, 100)) {
    throw new ClientError("Server already running");
  }
  const reading = await readStream({ directory: settings.conf, options }, session.log);
  if (!reading.usable) {
    return false;
  }
  await spawnServer(lifecycle);
  if (!(await runCommand(session, ["server-stream", reading.stream, reading.patterns], { show: false }))) {
    // A server that watches nothing would only look like one that does.
    await runCommand(session, ["stop"], { show: false });
    return false;
  }
  return runCommand(session, ["server-status"], { show: false });
}

/** Runs the server in the foreground, in its own process, with our own arguments; its exit status. */
export async function runForeground(lifecycle: Lifecycle): Promise<number> {
  const child = spawn(lifecycle.defaults.server, [...serverArguments(lifecycle, "-f"), "start"], {
    stdio: "inherit",
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGTERM", forward);
  process.on("SIGINT", forward);
  const status = await waitForExit(child);
  process.off("SIGTERM", forward);
  process.off("SIGINT", forward);
  return status;
}

/** Stops the server and waits until it is gone. @throws ClientError when it stays */
export async function stopServer(lifecycle: Lifecycle): Promise<void> {
  await runCommand(lifecycle.session, ["stop"]);
  if (!(await waitForServer(lifecycle, false, () => false))) {
    throw new ClientError("Could not stop server");
  }
}

async function spawnServer(lifecycle: Lifecycle): Promise<void> {
  const child = spawn(lifecycle.defaults.server, ["--async", ...serverArguments(lifecycle, "-b")], {
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  let failure: string | undefined;
  // The process that is started ends with status 0 as soon as the daemon it leaves behind is on its way.
  void waitForExit(child).then((status) => {
    failure = status === 0 ? undefined : `The server ended at once with status ${status}`;
  });
  child.unref();
  if (!(await waitForServer(lifecycle, true, () => failure !== undefined))) {
    throw new ClientError(
      failure ?? `The server "${lifecycle.defaults.server}" did not answer within the time given`,
    );
  }
}

function serverArguments({ settings, options }: Lifecycle, mode: "-b" | "-f"): string[] {
  const given = [
    ...(options.force ? ["-x"] : []),
    ...(options.verbosity > 1 ? [`-${"v".repeat(options.verbosity - 1)}`] : []),
    ...(options.processName === undefined ? [] : ["--pname", options.processName]),
    ...(mode === "-f" ? ["-c", settings.conf] : []),
  ];
  const { socket, pidfile, loglevel, logtarget, syslogsocket } = settings;
  const place = [mode, "-s", socket, "-p", pidfile];
  const logging = ["--loglevel", loglevel, "--logtarget", logtarget, "--syslogsocket", syslogsocket];
  return [...place, ...given, ...logging];
}

/** Waits until a server answers (or no longer does); false when the time is over or it cannot come any more. */
async function waitForServer(
  { settings, timeoutMs }: Lifecycle,
  alive: boolean,
  isHopeless: () => boolean,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  let pause = FIRST_PAUSE;
  while (performance.now() < deadline && !isHopeless()) {
    const isThere = existsSync(settings.socket) && (await isServerAlive(settings.socket, LONGEST_PAUSE));
    if (isThere === alive) {
      return true;
    }
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
  return false;
}

async function waitForExit(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code, signal) => resolve(code ?? (signal ? 128 : 0)));
  });
}
