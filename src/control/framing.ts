import { WarderError } from "../model";

/** Ends every message. */
export const END = Buffer.from("<F2B_END_COMMAND>", "latin1");
/** A message of just this asks the server to close the connection. */
export const CLOSE = Buffer.from("<F2B_CLOSE_COMMAND>", "latin1");
/** Bytes of one message. A configuration stream of all stock jails is below one megabyte. */
export const MAX_MESSAGE = 64 * 1024 * 1024;

/** Cuts a byte stream into messages at the terminator; looks at every byte once, however the stream is chopped. */
export class MessageSplitter {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;
  /** The last bytes seen, where a terminator may have begun. */
  #tail: Buffer = Buffer.alloc(0);

  constructor(limit = MAX_MESSAGE) {
    this.#limit = limit;
  }

  /** Bytes of the message that is not complete yet. */
  get pending(): number {
    return this.#length;
  }

  /**
   * The messages a chunk completes.
   * @throws WarderError `message-too-long`; the splitter must not be used after that.
   */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let rest = chunk;
    for (let end = this.#findEnd(rest); end !== -1; end = this.#findEnd(rest)) {
      this.#add(rest.subarray(0, end));
      messages.push(this.#take());
      rest = rest.subarray(end);
    }
    this.#add(rest);
    return messages;
  }

  /** Where the first message ends in the chunk (behind its terminator), or -1. */
  #findEnd(chunk: Buffer): number {
    if (this.#tail.length > 0) {
      const seam = Buffer.concat([this.#tail, chunk.subarray(0, END.length - 1)]).indexOf(END);
      if (seam !== -1) {
        return seam + END.length - this.#tail.length;
      }
    }
    const start = chunk.indexOf(END);
    return start === -1 ? -1 : start + END.length;
  }

  #add(bytes: Buffer): void {
    if (bytes.length === 0) {
      return;
    }
    this.#length += bytes.length;
    if (this.#length > this.#limit + END.length) {
      throw new WarderError("message-too-long", `A message is longer than ${this.#limit} bytes.`);
    }
    this.#chunks.push(bytes);
    const tail = bytes.length < END.length ? Buffer.concat([this.#tail, bytes]) : bytes;
    this.#tail = tail.subarray(Math.max(0, tail.length - END.length + 1));
  }

  #take(): Buffer {
    const message = Buffer.concat(this.#chunks, this.#length).subarray(0, this.#length - END.length);
    this.#chunks = [];
    this.#length = 0;
    this.#tail = Buffer.alloc(0);
    return message;
  }
}

/** The message with its terminator. */
export function frameMessage(message: Buffer): Buffer {
  return Buffer.concat([message, END]);
}
