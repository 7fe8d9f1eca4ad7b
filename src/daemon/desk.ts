import { placeOf, type RegexPlace } from "./guarded-regexes";

/** A line at which a reader is or was at work. */
export interface DeskTask {
  readonly jail: string;
  /** The line, or as much of its beginning as tells it apart. */
  readonly line: LineMark;
  /** The regex that was tried on it; absent while its date was looked for. */
  readonly regex?: RegexPlace;
}

/** What a line is recognised by. */
export interface LineMark {
  readonly start: string;
  /** Characters of the whole line. */
  readonly length: number;
}

const HEADER = 5;
const TURN = 0;
const NAME_LENGTH = 1;
const KEPT = 2;
const LENGTH = 3;
const REGEX = 4;
const NAME_BYTES = 512;
const LINE_CHARACTERS = 4096;
const BYTES = HEADER * 4 + NAME_BYTES + LINE_CHARACTERS * 2;

/**
 * Memory that a reader and the daemon share: what the reader is doing right now. It can be looked at even when the
 * reader is busy with one line for minutes and answers no message.
 */
export class Desk {
  readonly shared: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #name: Buffer;
  readonly #line: Buffer;
  #lastName: string | undefined;
  #lastLine: string | undefined;

  constructor(shared = new SharedArrayBuffer(BYTES)) {
    this.shared = shared;
    this.#header = new Int32Array(shared, 0, HEADER);
    this.#name = Buffer.from(shared, HEADER * 4, NAME_BYTES);
    this.#line = Buffer.from(shared, HEADER * 4 + NAME_BYTES, LINE_CHARACTERS * 2);
  }

  /** The reader takes a line up. */
  begin(jail: string, line: string): void {
    if (jail !== this.#lastName) {
      this.#lastName = jail;
      this.#header[NAME_LENGTH] = this.#name.write(jail, "utf8");
    }
    // Many jails look at one line after the other.
    if (line !== this.#lastLine) {
      this.#lastLine = line;
      this.#header[KEPT] = this.#line.write(line, "utf16le");
      this.#header[LENGTH] = line.length;
    }
    this.#header[REGEX] = 0;
    Atomics.add(this.#header, TURN, 1);
  }

  /** The reader tries a regex on the line, by its number. */
  set regex(number: number) {
    this.#header[REGEX] = number;
  }

  /** It has laid the line aside. */
  end(): void {
    Atomics.add(this.#header, TURN, 1);
  }

  /** A number that grows with every line taken up or laid aside; odd while one is being worked at. */
  get turn(): number {
    return Atomics.load(this.#header, TURN);
  }

  /** What is on the desk; `undefined` when nothing is. */
  look(): DeskTask | undefined {
    if (this.turn % 2 === 0) {
      return undefined;
    }
    const start = this.#line.toString("utf16le", 0, this.#header[KEPT]);
    const jail = this.#name.toString("utf8", 0, this.#header[NAME_LENGTH]);
    const regex = placeOf(this.#header[REGEX] ?? 0);
    return { jail, line: { start, length: this.#header[LENGTH] ?? 0 }, ...(regex ? { regex } : {}) };
  }
}

/** Whether a line is the one that was marked. */
export function isMarked(line: string, mark: LineMark): boolean {
  return line.length === mark.length && line.startsWith(mark.start);
}
