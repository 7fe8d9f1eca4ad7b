import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

/** A shell command whose output is read. */
export interface CommandProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles, and never rejects, when it has ended: with its exit status, or why it has none. */
  readonly ended: Promise<number | string>;
  /** Ends the command with all it has started: asked first, killed five seconds later. */
  stop(): void;
}

const KILL_AFTER_MS = 5000;
/**
 * The command runs in a process group of its own, with a companion that ends the whole group when this process is no
 * more: killed, it could not do that itself, and a quiet command would stay for ever.
 */
const WRAPPER = [
  "exec 3<&0 </dev/null",
  "{ trap '' TERM; cat <&3; kill -TERM 0; sleep 5; kill -KILL 0; } >/dev/null 2>&1 &",
  "companion=$!",
  "exec 3<&-",
  'sh -c "$1"',
  "status=$?",
  'kill -KILL "$companion" 2>/dev/null',
  "exit $status",
].join("\n");

/** Starts a command through sh, with additional environment variables. */
export function startCommand(command: string, variables: Readonly<Record<string, string>>): CommandProcess {
  const child = spawn("/bin/sh", ["-c", WRAPPER, "sh", command], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...variables },
  });
  child.stdin.on("error", () => {});
  let killer: NodeJS.Timeout | undefined;
  const ended = new Promise<number | string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => {
      clearTimeout(killer);
      child.stdin.destroy();
      // Whatever it has left behind holds the pipes open.
      signalGroup(child, "SIGKILL");
      resolve(code ?? signal ?? "no status");
    });
  });
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    stop: () => {
      signalGroup(child, "SIGTERM");
      killer ??= setTimeout(() => signalGroup(child, "SIGKILL"), KILL_AFTER_MS);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}
