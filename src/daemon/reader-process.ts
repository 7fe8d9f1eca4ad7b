import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { serialize } from "node:v8";
import { Deadline } from "../platform";
import { EventInbox } from "./event-inbox";
import { ReaderClaims, type ReaderEnd } from "./reader-event-check";
import { FrameSplitter, encodeFrame, type Frame } from "./reader-frames";
import type { ReaderPort } from "./reader-host";
import type { ReaderEvent, ReaderRequest } from "./reader-messages";
import { ReaderStopped } from "./reader-stopped";
import { commandAs, type ReaderUser } from "./reader-user";

/** How long an answer may take while the process says nothing at all, in milliseconds. */
const SILENCE = 30_000;
/** How long the process may take to end by itself, and then to be gone once it was killed, in milliseconds. */
const GRACE = 1000;
/** Events that may wait for us; beyond, the process has to wait. */
const MOST_WAITING = 256;
/** Bytes of requests that the process may leave unread. */
const MOST_UNREAD = 64 * 1024 * 1024;
/** Characters kept of what the process writes to its standard error. */
const MOST_COMPLAINT = 4000;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** What a reader gets to know of our environment: the zone and the language of dates. */
const KNOWN = ["TZ", "LANG", "LC_ALL", "LC_TIME", "LC_CTYPE"];

/** What a reader in a process needs. */
export interface ReaderProcessNeeds {
  /** Bundled script of the process; that of the reader thread lies beside it. */
  readonly script: string;
  /** Who it runs as; absent: as we do. */
  readonly user?: ReaderUser;
}

/** Starts a reader in a process of its own, with the rights of a user. */
export function startReaderProcess(needs: ReaderProcessNeeds): ReaderPort {
  return new ReaderProcess(needs);
}

/**
 * A reader in another process. It handles the bytes of attackers and may have fallen to them: nothing it says is
 * believed unread, and who breaks the rules is ended and replaced.
 */
class ReaderProcess implements ReaderPort {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #claims = new ReaderClaims();
  readonly #splitter = new FrameSplitter();
  readonly #listeners: ((event: ReaderEvent) => void)[] = [];
  readonly #crashListeners: ((error: ReaderStopped) => void)[] = [];
  readonly #inbox = new EventInbox((event: ReaderEvent) => this.#hand(event));
  readonly #gone: Promise<void>;
  #silence: Deadline | undefined;
  #complaint = "";
  #error: string | undefined;
  #end: ReaderEnd | undefined;
  #isEnding = false;
  #isGone = false;

  constructor({ script, user }: ReaderProcessNeeds) {
    this.#child = spawnReader(script, user);
    const { stdin, stdout, stderr } = this.#child;
    stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, MOST_COMPLAINT);
    });
    // A process that is gone cannot be written to; that it is gone is told by its end.
    stdin.on("error", () => {});
    this.#gone = new Promise((resolve) => {
      this.#child.on("error", (error) => {
        this.#error ??= error.message;
        if (this.#child.pid === undefined) {
          this.#leave(null, null);
          resolve();
        }
      });
      this.#child.on("close", (code, signal) => {
        this.#leave(code, signal);
        resolve();
      });
    });
  }

  post(request: ReaderRequest): void {
    this.#claims.allow(request);
    this.#child.stdin.write(encodeFrame("request", serialize(request)));
    if (this.#child.stdin.writableLength > MOST_UNREAD) {
      this.#give("the reader no longer takes requests");
    }
    if ("reply" in request) {
      this.#silence ??= new Deadline(SILENCE, () => this.#give("the reader no longer answers")).unref();
    }
  }

  onEvent(listener: (event: ReaderEvent) => void): void {
    this.#listeners.push(listener);
  }

  onCrash(listener: (error: ReaderStopped) => void): void {
    this.#crashListeners.push(listener);
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    this.#child.stdin.end();
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), GRACE);
    // Without the right to kill (CAP_KILL) nobody waits for a process that will not end.
    const patience = new Promise((resolve) => setTimeout(resolve, 2 * GRACE).unref());
    await Promise.race([this.#gone, patience]);
    clearTimeout(kill);
  }

  #take(chunk: Buffer): void {
    this.#silence?.refresh();
    const frames = this.#error === undefined ? this.#splitter.push(chunk) : [];
    if (!frames?.every((frame) => this.#takeFrame(frame))) {
      this.#give("the reader sent what no reader sends");
    }
    if (this.#inbox.waiting > MOST_WAITING) {
      this.#child.stdout.pause();
    }
  }

  /** Whether it is a message of a reader. */
  #takeFrame(frame: Frame): boolean {
    const event = this.#claims.check(frame);
    if (event?.type === "stopped") {
      this.#end = event;
    } else if (event) {
      this.#inbox.push(event);
    }
    return event !== undefined;
  }

  #hand(event: ReaderEvent): void {
    if (event.type === "closed" || event.type === "inspected") {
      this.#silence?.cancel();
      this.#silence = undefined;
    }
    this.#listeners.forEach((listener) => listener(event));
    if (this.#child.stdout.isPaused() && this.#inbox.waiting < MOST_WAITING / 2) {
      this.#child.stdout.resume();
    }
  }

  /** Gives the process up. */
  #give(why: string): void {
    this.#error ??= why;
    this.#child.kill("SIGKILL");
    // It may be one that we may not kill: without its pipes it can do nothing.
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    setTimeout(() => this.#leave(null, "SIGKILL"), GRACE).unref();
  }

  #leave(code: number | null, signal: string | null): void {
    this.#silence?.cancel();
    if (this.#isEnding || this.#isGone) {
      return;
    }
    this.#isGone = true;
    // What was found before must not be found once more by the next reader.
    this.#inbox.drain();
    const error = this.#describe(code, signal);
    this.#crashListeners.forEach((listener) => listener(error));
  }

  #describe(code: number | null, signal: string | null): ReaderStopped {
    if (this.#error === undefined && this.#end) {
      return new ReaderStopped(this.#end.code, this.#end.message, this.#end.task);
    }
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    const why = this.#error ?? `the reader process ${how}${describeComplaint(this.#complaint)}`;
    return new ReaderStopped("reader-died", why, undefined);
  }
}

function spawnReader(script: string, user: ReaderUser | undefined): ChildProcessWithoutNullStreams {
  const argv = [process.execPath, script];
  const command = user ? commandAs(user, argv) : { argv, isLeftToProgram: false };
  const [program = "", ...args] = command.argv;
  const become = user && command.isLeftToProgram ? [JSON.stringify(user)] : [];
  const environment = KNOWN.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return spawn(program, [...args, ...become], {
    cwd: "/",
    env: { PATH, ...Object.fromEntries(environment) },
    stdio: "pipe",
  });
}

/** The line of a stack trace that says what happened, or else the last line. */
function describeComplaint(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((one) => /^\w*Error\b/.test(one)) ?? lines.at(-1);
  return line === undefined ? "" : `: ${line.slice(0, 300)}`;
}
