import { LONGEST_LINE } from "./log-file";

/** How a container engine wraps the lines it stores: Docker's json-file, or what Kubernetes and Podman write (CRI). */
export type Wrapping = "docker" | "cri";

/** Lines out of their wrapping. */
export interface Unwrapped {
  /** Whole lines, one character per byte. */
  readonly view: string;
  readonly lines: number;
  /** Bytes of lines that were too long. */
  readonly skippedBytes: number;
  /** The time that stood on the wrapping of the line that starts there, in seconds since 1970. */
  readonly timeAt: (start: number) => number | undefined;
}

interface Parcel {
  readonly stream: string;
  readonly time: string;
  readonly text: string;
  readonly isPart: boolean;
}

interface Pending {
  text: string;
  readonly time: string;
  skipped: number;
  /** Number of the line it began at. */
  readonly since: number;
}

/** Docker cuts longer lines into records of so many bytes; a shorter one without newline is just the last output. */
const DOCKER_PART = 16_384;
/** A part whose rest has not come after as many lines of others is given up. */
const LONGEST_WAIT = 1000;
const CRI = /^(\d{4}-\d\d-\d\dT\S{8,30}) (stdout|stderr) ([PF])(?::\S*)? /;

/** What kind of wrapping a line has; `undefined` for a plain one. */
export function detectWrapping(line: string): Wrapping | undefined {
  if (CRI.test(`${line} `)) {
    return "cri";
  }
  return parseDocker(line) ? "docker" : undefined;
}

/** The time on the wrapping of a line, in seconds since 1970; `undefined` for a plain one. */
export function wrappingTime(line: string): number | undefined {
  const parcel = parseCri(line) ?? parseDocker(line);
  return parcel && toSeconds(parcel.time);
}

/**
 * Takes the lines of a container's log out of their wrapping, if the first line has one; the parts of long lines are
 * put together. Lines without wrapping stay as they are.
 */
export class Unwrapper {
  #wrapping: Wrapping | "none" | undefined;
  readonly #pending = new Map<string, Pending>();
  #count = 0;
  #skipped = 0;

  /** Whether parts of lines wait for their rest. */
  get isHolding(): boolean {
    return this.#pending.size > 0;
  }

  /** `undefined` when the log has no wrapping. Never throws for what the lines say. */
  unwrap(view: string): Unwrapped | undefined {
    this.#wrapping ??= detectWrapping(view.slice(0, view.indexOf("\n"))) ?? "none";
    if (this.#wrapping === "none") {
      return undefined;
    }
    const out = new Output();
    for (let start = 0; start < view.length; ) {
      const end = view.indexOf("\n", start);
      this.#take(view.slice(start, end), out);
      this.#giveUp();
      start = end + 1;
    }
    const skippedBytes = this.#skipped;
    this.#skipped = 0;
    return { view: out.text, lines: out.starts.length, skippedBytes, timeAt: (start) => out.timeAt(start) };
  }

  #take(line: string, out: Output): void {
    this.#count++;
    const parcel = this.#wrapping === "cri" ? parseCri(line) : parseDocker(line);
    if (!parcel) {
      out.add(line, "");
      return;
    }
    const pending = this.#pending.get(parcel.stream);
    if (parcel.isPart) {
      this.#hold(parcel, pending);
      return;
    }
    this.#pending.delete(parcel.stream);
    if (pending) {
      this.#append(pending, parcel.text);
      this.#skipped += pending.skipped;
    }
    out.add(pending?.text ?? parcel.text, pending?.time ?? parcel.time);
  }

  #hold({ stream, time, text }: Parcel, pending: Pending | undefined): void {
    const whole = pending ?? { text: "", time, skipped: 0, since: this.#count };
    this.#append(whole, text);
    this.#pending.set(stream, whole);
  }

  #append(pending: Pending, text: string): void {
    const kept = text.slice(0, LONGEST_LINE - pending.text.length);
    pending.text += kept;
    pending.skipped += text.length - kept.length;
  }

  #giveUp(): void {
    for (const [stream, pending] of this.#pending) {
      if (this.#count - pending.since > LONGEST_WAIT && pending.text.length < LONGEST_LINE) {
        this.#pending.delete(stream);
        this.#skipped += pending.text.length + pending.skipped;
      }
    }
  }
}

class Output {
  readonly starts: number[] = [];
  readonly #times: string[] = [];
  readonly #parts: string[] = [];
  #length = 0;

  get text(): string {
    return this.#parts.join("");
  }

  add(line: string, time: string): void {
    this.starts.push(this.#length);
    this.#times.push(time);
    this.#parts.push(`${line}\n`);
    this.#length += line.length + 1;
  }

  timeAt(start: number): number | undefined {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= start) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return toSeconds(this.#times[low] ?? "");
  }
}

/** `{"log":"text\n","stream":"stderr","time":"2026-11-21T00:46:30.123456789Z"}` */
function parseDocker(line: string): Parcel | undefined {
  if (!line.startsWith('{"log":"')) {
    return undefined;
  }
  try {
    const { log, stream, time } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof log !== "string" || typeof stream !== "string" || typeof time !== "string") {
      return undefined;
    }
    const isWhole = log.endsWith("\n");
    const text = isWhole ? log.slice(0, -1) : log;
    return { stream, time, text: toLine(text), isPart: !isWhole && log.length >= DOCKER_PART };
  } catch {
    return undefined;
  }
}

/** `2026-11-21T00:46:30.123456789Z stdout F text`, `P` in place of `F` when the line goes on in the next one. */
function parseCri(line: string): Parcel | undefined {
  // An empty text may lack the blank before it.
  const head = CRI.exec(line) ?? CRI.exec(`${line} `);
  if (!head) {
    return undefined;
  }
  const [all, time = "", stream = "", part] = head;
  return { stream, time, text: line.slice(all.length), isPart: part === "P" };
}

/** Characters that came as escapes become bytes again; a newline inside may not begin another line. */
function toLine(text: string): string {
  const flat = text.includes("\n") ? text.replaceAll("\n", String.raw`\n`) : text;
  return flat.replaceAll(/[\u0100-\uffff]+/g, (chars) => Buffer.from(chars, "utf8").toString("latin1"));
}

function toSeconds(time: string): number | undefined {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
