import { spawn, type ChildProcess } from "node:child_process";
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
  } catch (error) {
    return Promise.resolve(startFailure(error, start));
  }
  const { outputLimit } = program;
  const watch = { timeout: request.timeout, start };
  return followChild(child, outputLimit === undefined ? watch : { ...watch, outputLimit });
}

function startProgram({ argv: [file, ...args] }: Program, request: CommandRequest): ChildProcess {
  const child = spawn(file, args, {
    env: { ...process.env, ...Object.fromEntries(request.variables ?? []) },
    cwd: "/",
    stdio: "pipe",
    detached: true,
  });
  // A program that ends before it has read everything tells why by its exit code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(request.script);
  return child;
}
