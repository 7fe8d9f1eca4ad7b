import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  followChild,
  startFailure,
  type CommandRequest,
  type CommandResult,
  type CommandRunner,
} from "./command-runner";

/** A program that reads its script from standard input. */
export interface Program {
  /** The program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** How many bytes of its standard output are kept. */
  readonly outputLimit?: number;
  /** Told the number of every process that is started. */
  readonly started?: (pid: number) => void;
}

/**
 * A runner that starts one program without a shell and writes the script of each request to its standard input.
 * Like the shell runner it never throws.
 */
export function createProgramRunner(program: Program): CommandRunner {
  return { run: (request) => runProgram(program, request) };
}

function runProgram(program: Program, request: CommandRequest): Promise<CommandResult> {
  const start = performance.now();
  let child: ChildProcess;
  try {
    child = startProgram(program, request);
    if (child.pid !== undefined) {
      program.started?.(child.pid);
    }
  } catch (error) {
    return Promise.resolve(startFailure(error, start));
  }
  const { outputLimit } = program;
  const watch = { timeout: request.timeout, start };
  return followChild(child, outputLimit === undefined ? watch : { ...watch, outputLimit });
}

function startProgram({ argv: [file, ...args] }: Program, request: CommandRequest): ChildProcess {
  const input = openInput(request.script);
  try {
    return spawn(file, args, {
      env: { ...process.env, ...Object.fromEntries(request.variables ?? []) },
      cwd: "/",
      stdio: [input, "pipe", "pipe"],
      detached: true,
    });
  } finally {
    closeSync(input);
  }
}

/**
 * A file without a name that holds the text. The pipes of Node are sockets, which nft cannot read: it opens /dev/stdin
 * anew. In memory where that is possible, so that a full disk does not keep bans from being made.
 */
function openInput(text: string): number {
  let descriptor: number;
  try {
    descriptor = openNameless("/dev/shm");
  } catch {
    descriptor = openNameless(tmpdir());
  }
  const bytes = Buffer.from(text);
  // At given places, which leaves the position at the beginning.
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, done);
  }
  return descriptor;
}

function openNameless(folder: string): number {
  const path = join(folder, `warder-${randomUUID()}`);
  const descriptor = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return descriptor;
}
