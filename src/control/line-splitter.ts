import { WarderError } from "../model";
import { MAX_MESSAGE } from "./framing";

const NEWLINE = 0x0a;

/** Cuts a byte stream into lines, for messages that are one line each. */
export class LineSplitter {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(limit = MAX_MESSAGE) {
    this.#limit = limit;
  }

  /**
   * The lines a chunk completes, without their ends.
   * @throws WarderError `message-too-long`; the splitter must not be used after that.
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(this.#complete(chunk, start, end));
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    return lines;
  }

  /** The line that ends there, with what earlier chunks had of it. Most lines are whole: they are not copied. */
  #complete(chunk: Buffer, start: number, end: number): string {
    if (this.#length === 0 && end - start <= this.#limit) {
      return chunk.toString("utf8", start, end);
    }
    this.#add(chunk.subarray(start, end));
    const line = Buffer.concat(this.#chunks, this.#length).toString("utf8");
    this.#chunks = [];
    this.#length = 0;
    return line;
  }

  #add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) {
      throw new WarderError("message-too-long", `A message is longer than ${this.#limit} bytes.`);
    }
    if (bytes.length > 0) {
      this.#chunks.push(bytes);
    }
  }
}
