import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { messageOf } from "../model";
import { Deadline } from "./deadline";

/** One shell script to run. */
export interface CommandRequest {
  readonly script: string;
  /** Environment variables the script gets besides the runner's own. */
  readonly variables?: ReadonlyMap<string, string>;
  /** Seconds until the command and everything it started in its process group is ended. */
  readonly timeout: number;
}

/** How a command ended. Exactly one of `code`, `signal` and `startError` is present. */
export interface CommandResult {
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
  /** Why the shell could not be started at all, such as `E2BIG`. */
  readonly startError?: string;
  /** The first 64 KiB of each output. */
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Seconds. */
  readonly duration: number;
}

/** Runs shell scripts. A command that fails, hangs or cannot be started is a result, never an exception. */
export interface CommandRunner {
  run(request: CommandRequest): Promise<CommandResult>;
}

/** What the scripts of a runner see; absent members are those of this process. */
export interface CommandSurroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

const OUTPUT_LIMIT = 64 * 1024;
const KILL_DELAY_MS = 200;
/** How long output may still arrive after the shell has ended: a child in the background may hold the pipe for ever. */
const DRAIN_MS = 100;
const ABANDON_MS = 1000;
const LONGEST_TIMER_MS = 0x7fffffff;

/**
 * A runner that starts `/bin/sh -c SCRIPT` in a session of its own with an empty standard input.
 * The umask is that of this process. Source: environ(7), setsid(2), signal(7).
 */
export function createShellRunner(surroundings: CommandSurroundings = {}): CommandRunner {
  return { run: (request) => runShell(request, surroundings) };
}

function runShell(request: CommandRequest, surroundings: CommandSurroundings): Promise<CommandResult> {
  const start = performance.now();
  let child: ChildProcess;
  try {
    child = startShell(request, surroundings);
  } catch (error) {
    return Promise.resolve(startFailure(error, start));
  }
  return followChild(child, { timeout: request.timeout, start });
}

function startShell(request: CommandRequest, surroundings: CommandSurroundings): ChildProcess {
  const environment = surroundings.environment ?? process.env;
  return spawn("/bin/sh", ["-c", request.script], {
    env: { ...environment, ...Object.fromEntries(request.variables ?? []) },
    ...(surroundings.cwd === undefined ? {} : { cwd: surroundings.cwd }),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

/** What is known of a child that is to be followed to its end. */
export interface Watch {
  /** Seconds until it and its process group are ended. */
  readonly timeout: number;
  /** When it was started, as performance.now() tells. */
  readonly start: number;
  /** How many bytes of its standard output are kept; 64 KiB when absent. */
  readonly outputLimit?: number;
}

/** Waits for a child that leads a process group of its own, and gives how it ended. Never rejects. */
export async function followChild(
  child: ChildProcess,
  { timeout, start, outputLimit = OUTPUT_LIMIT }: Watch,
): Promise<CommandResult> {
  const stdout = collect(child.stdout, outputLimit);
  const stderr = collect(child.stderr, OUTPUT_LIMIT);
  const watch = watchTimeout(child, timeout * 1000);
  const end = await Promise.race([waitForEnd(child), watch.abandoned]);
  const timedOut = await watch.finish();
  await drain(child);
  if (end instanceof Error) {
    return startFailure(end, start);
  }
  return { ...end, stdout: stdout(), stderr: stderr(), timedOut, duration: secondsSince(start) };
}

type End = { readonly code: number } | { readonly signal: NodeJS.Signals } | Error;

function waitForEnd(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", (code, signal) => {
      resolve(signal === null ? { code: code ?? 0 } : { signal });
    });
  });
}

interface TimeoutWatch {
  /** Comes a second after SIGKILL: a process stuck in the kernel must not hold up every later command. */
  readonly abandoned: Promise<End>;
  /** Stops watching; whether the time was over. */
  finish(): Promise<boolean>;
}

/** Ends the group when the time is over: SIGTERM, a moment to tidy up, then SIGKILL in any case. */
function watchTimeout(child: ChildProcess, timeoutMs: number): TimeoutWatch {
  let ending: Promise<void> | undefined;
  let deadline: Deadline | undefined;
  const abandoned = new Promise<End>((resolve) => {
    const end = async (): Promise<void> => {
      await endGroup(child.pid);
      setTimeout(() => {
        resolve({ signal: "SIGKILL" });
      }, ABANDON_MS).unref();
    };
    deadline = new Deadline(Math.min(timeoutMs, LONGEST_TIMER_MS), () => {
      ending = end();
    });
  });
  const finish = async (): Promise<boolean> => {
    deadline?.cancel();
    await ending;
    return ending !== undefined;
  };
  return { abandoned, finish };
}

async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined) {
    return;
  }
  signalGroup(pid, "SIGTERM");
  await sleep(KILL_DELAY_MS);
  signalGroup(pid, "SIGKILL");
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has gone already.
  }
}

function collect(stream: NodeJS.ReadableStream | null, limit: number): () => string {
  const chunks: Buffer[] = [];
  let room = limit;
  stream?.on("error", () => undefined);
  stream?.on("data", (chunk: Buffer) => {
    if (room > 0) {
      const kept = chunk.subarray(0, room);
      chunks.push(kept);
      room -= kept.length;
    }
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

async function drain(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream?.closed === false);
  const closed = Promise.all(
    streams.map((stream) => new Promise((resolve) => stream?.once("close", resolve))),
  );
  await Promise.race([closed, sleep(DRAIN_MS)]);
  for (const stream of streams) {
    stream?.destroy();
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** The result of a child that could not be started at all. */
export function startFailure(error: unknown, start: number): CommandResult {
  const code = error instanceof Error && "code" in error ? String(error.code) : messageOf(error);
  return { startError: code, stdout: "", stderr: "", timedOut: false, duration: secondsSince(start) };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

/** The number of a signal, 0 for an unknown name. */
export function signalNumber(signal: NodeJS.Signals): number {
  return constants.signals[signal] ?? 0;
}
