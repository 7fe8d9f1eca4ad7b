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
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      this.#add(rest.subarray(0, end));
      lines.push(Buffer.concat(this.#chunks, this.#length).toString("utf8"));
      this.#chunks = [];
      this.#length = 0;
      rest = rest.subarray(end + 1);
    }
    this.#add(rest);
    return lines;
  }

  #add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) {
      throw new WarderError("message-too-long", `A message is longer than ${this.#limit} bytes.`);
    }
    this.#chunks.push(bytes);
  }
}
