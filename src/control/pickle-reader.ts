import { PickleError } from "./pickle-error";

const TRUNCATED = "pickle data was truncated";

/** Takes numbers, blocks and lines off the front of a pickle, never beyond its end. */
export class PickleReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next operation. */
  readOperation(): number {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) {
      throw new PickleError("Ran out of input");
    }
    this.#position += 1;
    return byte;
  }

  readByte(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  readUint16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2));
  }

  readUint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  readInt32(): number {
    return this.#bytes.readInt32LE(this.#advance(4));
  }

  readUint64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#advance(8));
  }

  readDouble(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  /** A view, not a copy. */
  readBlock(length: number | bigint): Buffer {
    if (length > this.#bytes.length - this.#position) {
      throw new PickleError(TRUNCATED);
    }
    const start = this.#advance(Number(length));
    return this.#bytes.subarray(start, this.#position);
  }

  /** The text up to the next newline, which is taken but not returned. */
  readLine(): Buffer {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end === -1) {
      throw new PickleError(TRUNCATED);
    }
    const line = this.#bytes.subarray(this.#position, end);
    this.#position = end + 1;
    return line;
  }

  /** Fails unless that many bytes are left; takes none. */
  checkLeft(length: bigint): void {
    if (length > this.#bytes.length - this.#position) {
      throw new PickleError(TRUNCATED);
    }
  }

  #advance(length: number): number {
    const start = this.#position;
    if (start + length > this.#bytes.length) {
      throw new PickleError(TRUNCATED);
    }
    this.#position += length;
    return start;
  }
}
