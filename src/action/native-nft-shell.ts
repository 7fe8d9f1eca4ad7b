import { spawn, type ChildProcess } from "node:child_process";
import { atExit, type CommandRequest, type CommandResult, type CommandRunner } from "../platform";

/** What an interactive nft is made from. */
export interface ShellNeeds {
  /** The program and its arguments, without a shell; it reads commands line by line. */
  readonly argv: readonly [string, ...string[]];
  /** For scripts that are too long, or that the interactive one has something to say about. */
  readonly usual: CommandRunner;
  /** Told the number of the process before each script. */
  readonly started?: (pid: number) => void;
}

interface Shell {
  readonly child: ChildProcess;
  /** What it has said since the last answer. */
  said: string;
  /** Looks at what it has said, or at its end. */
  heard: (() => void) | undefined;
  hasEnded: boolean;
}

/** More would be a line that editors of lines may cut. */
const LONGEST_LINE = 30_000;
/** What means something else in a line than in a file, or may do so. */
const UNFIT = /["'#\\]|[^\n -~]/;
/** Seconds that it may take to answer for the first time. */
const FIRST_ANSWER = 5;
/** So many that never answered are enough. */
const MOST_FAILED = 3;

/**
 * One nft that stays: it takes a tenth of a millisecond to tell it of a ban, the start of a process ten or more. Each
 * script is one line, and one transaction. It says nothing of what it has done, so that behind each line comes one that
 * it cannot understand. What is said before its complaint about that is a complaint about the script, and then an nft of
 * its own carries the script out and has the say: a transaction of which there is a complaint has changed nothing.
 */
export class NftShell implements CommandRunner {
  readonly #needs: ShellNeeds;
  #shell: Shell | undefined;
  #count = 0;
  #failed = 0;
  #callOff: (() => void) | undefined;

  constructor(needs: ShellNeeds) {
    this.#needs = needs;
  }

  async run(request: CommandRequest): Promise<CommandResult> {
    const line = toLine(request.script);
    const shell = line === undefined ? undefined : await this.#ready();
    if (!shell || line === undefined) {
      return this.#needs.usual.run(request);
    }
    const start = performance.now();
    const answer = await this.#tell(shell, line, request.timeout);
    const result = { stdout: "", stderr: "", duration: (performance.now() - start) / 1000 };
    if (answer === "") {
      return { ...result, code: 0, timedOut: false };
    }
    if (answer !== undefined || shell.hasEnded) {
      return this.#needs.usual.run(request);
    }
    this.#end(shell);
    return { ...result, signal: "SIGKILL", timedOut: true };
  }

  /** Ends the process. */
  close(): void {
    if (this.#shell) {
      this.#end(this.#shell);
    }
  }

  /** One that answers. */
  async #ready(): Promise<Shell | undefined> {
    if (this.#shell && !this.#shell.hasEnded) {
      return this.#shell;
    }
    if (this.#failed >= MOST_FAILED) {
      return undefined;
    }
    const shell = this.#start();
    if (!shell || (await this.#tell(shell, "", FIRST_ANSWER)) !== "") {
      this.#failed++;
      this.#end(shell);
      return undefined;
    }
    this.#failed = 0;
    return shell;
  }

  #start(): Shell | undefined {
    const [file, ...args] = this.#needs.argv;
    let child: ChildProcess;
    try {
      // Without a home it keeps no history there.
      const env = { ...process.env, HOME: "/nonexistent", TERM: "dumb" };
      child = spawn(file, args, { cwd: "/", env, stdio: ["pipe", "pipe", "pipe"], detached: true });
    } catch {
      return undefined;
    }
    const shell: Shell = { child, said: "", heard: undefined, hasEnded: false };
    const end = (): void => {
      shell.hasEnded = true;
      shell.heard?.();
    };
    child.once("error", end);
    child.once("exit", end);
    child.stdin?.on("error", end);
    child.stdout?.resume();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      shell.said += text;
      shell.heard?.();
    });
    // Whoever has nothing else to do may end.
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      (stream as { unref?: () => void } | null)?.unref?.();
    }
    this.#shell = shell;
    this.#callOff ??= atExit(() => this.close());
    return shell;
  }

  /** What it says to a line; undefined when it ends, or does not answer in that many seconds. */
  async #tell(shell: Shell, line: string, timeout: number): Promise<string | undefined> {
    const { child } = shell;
    if (child.pid !== undefined) {
      this.#needs.started?.(child.pid);
    }
    const mark = `done-${++this.#count}`;
    shell.said = "";
    child.stdin?.write(`${line}\n${mark}\n`);
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<string | undefined>((resolve) => {
      const look = (): void => {
        const found = answerBefore(mark, shell.said);
        if (found !== undefined || shell.hasEnded) {
          resolve(found);
        }
      };
      shell.heard = look;
      timer = setTimeout(() => resolve(undefined), timeout * 1000);
      look();
    });
    clearTimeout(timer);
    shell.heard = undefined;
    return answer;
  }

  #end(shell: Shell | undefined): void {
    if (shell && !shell.hasEnded) {
      shell.hasEnded = true;
      shell.child.kill("SIGKILL");
    }
    this.#shell = undefined;
    this.#callOff?.();
    this.#callOff = undefined;
  }
}

/** A script as one line; undefined when it is none that can be one. Each of its lines has to be a whole command. */
function toLine(script: string): string | undefined {
  if (script.length > LONGEST_LINE || UNFIT.test(script)) {
    return undefined;
  }
  const commands = script.split("\n").filter((command) => command !== "");
  return commands.length > 0 && commands.every(isWhole) ? commands.join("; ") : undefined;
}

function isWhole(command: string): boolean {
  return command.split("{").length === command.split("}").length;
}

/**
 * What was said before the complaint about a mark: three lines, the first that tells what is wrong, the mark, and one
 * that points at it. Undefined as long as they have not come.
 */
function answerBefore(mark: string, said: string): string | undefined {
  const [, before] = new RegExp(`^([^]*\\n|)[^\\n]*\\n${mark}\\n[^\\n]*\\n`).exec(said) ?? [];
  return before;
}
