import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync, renameSync, writeSync } from "node:fs";
import { atExit } from "./at-exit";
import { followChild, type CommandRequest, type CommandResult, type CommandRunner } from "./command-runner";
import { createProgramRunner } from "./program-runner";
import { openNamedPipes, type NamedPipe, type NamedPipes } from "./named-pipes";

/** A program that reads its script from a file. */
export interface FileProgram {
  /** The program and its arguments for a script in that file. */
  readonly argv: (file: string) => readonly [string, ...string[]];
  /** Told the number of every process that is started. */
  readonly started?: (pid: number) => void;
}

interface Waiting {
  readonly child: ChildProcess;
  readonly pipe: NamedPipe;
}

/** What fits into an empty pipe at once (64 KiB on Linux), with room to spare. */
const LONGEST_FED = 60_000;
/** How long a process that has only just been started may take until it waits for its script (milliseconds). */
const PATIENCE_MS = 20;

/**
 * A runner whose next process has been started already and waits, asleep, for its script: only what the script does
 * takes time, not the start of a program. Long scripts, and those that find nobody waiting, get a process of their own.
 */
export class PreparedRunner implements CommandRunner {
  readonly #program: FileProgram;
  readonly #usual: CommandRunner;
  #waiting: Waiting | undefined;
  #pipes: NamedPipes | undefined;
  #callOff: (() => void) | undefined;
  #count = 0;
  #isClosed = false;

  constructor(program: FileProgram) {
    this.#program = program;
    const { started } = program;
    this.#usual = createProgramRunner({ argv: program.argv("-"), ...(started ? { started } : {}) });
  }

  async run(request: CommandRequest): Promise<CommandResult> {
    const start = performance.now();
    const bytes = Buffer.from(request.script);
    const waiting = bytes.length <= LONGEST_FED ? this.#waiting : undefined;
    if (!waiting || !(await this.#feed(waiting, bytes))) {
      const result = await this.#usual.run(request);
      setImmediate(() => this.#prepare());
      return result;
    }
    this.#waiting = undefined;
    waiting.child.ref();
    const result = await followChild(waiting.child, { timeout: request.timeout, start });
    if (!result.timedOut) {
      this.#pipes?.pipes.push(waiting.pipe);
    }
    // After the answer has been passed on: starting a process takes longer than what else is to do.
    setImmediate(() => this.#prepare());
    return result;
  }

  /** Ends the process that waits. */
  close(): void {
    this.#isClosed = true;
    this.#waiting?.child.kill("SIGKILL");
    this.#waiting = undefined;
    this.#callOff?.();
    this.#pipes?.remove();
  }

  /** Starts the next process. Without named pipes every script gets a process of its own. */
  #prepare(): void {
    if (this.#isClosed) {
      return;
    }
    if (!this.#pipes) {
      this.#pipes = openNamedPipes(2);
      this.#callOff = atExit(() => this.close());
    }
    const pipe = this.#waiting ? undefined : this.#pipes.pipes.shift();
    if (!pipe) {
      return;
    }
    const child = this.#start(pipe);
    if (!child) {
      this.#pipes.pipes.push(pipe);
      return;
    }
    const waiting = { child, pipe };
    this.#waiting = waiting;
    const forget = (): void => {
      if (this.#waiting === waiting) {
        this.#waiting = undefined;
        this.#pipes?.pipes.push(pipe);
      }
    };
    child.once("error", forget);
    child.once("exit", forget);
    if (child.pid !== undefined) {
      this.#program.started?.(child.pid);
    }
    // Whoever has nothing else to do may end.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) {
      (stream as { unref?: () => void }).unref?.();
    }
  }

  #start({ path }: NamedPipe): ChildProcess | undefined {
    const [file, ...args] = this.#program.argv(path);
    try {
      return spawn(file, args, { cwd: "/", stdio: ["ignore", "pipe", "pipe"], detached: true });
    } catch {
      return undefined;
    }
  }

  /** Gives a script to the process that waits; false when it does not. */
  async #feed(waiting: Waiting, bytes: Buffer): Promise<boolean> {
    const deadline = performance.now() + PATIENCE_MS;
    let descriptor = openReader(waiting.pipe.path);
    while (descriptor === undefined && performance.now() < deadline && this.#waiting === waiting) {
      await new Promise((resolve) => {
        setTimeout(resolve, 1);
      });
      descriptor = openReader(waiting.pipe.path);
    }
    if (descriptor === undefined) {
      return false;
    }
    try {
      return this.#write(waiting, descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
  }

  #write({ child, pipe }: Waiting, descriptor: number, bytes: Buffer): boolean {
    // A program that complains about its script looks into the file again, and would wait there for ever.
    const next = `${pipe.path.replace(/\.\d+$/, "")}.${++this.#count}`;
    try {
      renameSync(pipe.path, next);
      pipe.path = next;
      if (writeSync(descriptor, bytes) === bytes.length) {
        return true;
      }
    } catch {
      // Falls through: half a script must not be carried out.
    }
    child.kill("SIGKILL");
    return false;
  }
}

/** The writing end of a pipe somebody waits at; `undefined` when nobody does. */
function openReader(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
