/**
 * Messages over a pipe: four bytes for the length of what follows (little-endian), one for its kind, then the bytes.
 * Events come from a process that may be in the hands of somebody else: they are JSON and numbers, never objects of
 * another form that a decoder would have to build.
 */

/** Bytes of the longest message. */
export const MAX_FRAME = 64 * 1024 * 1024;

const LENGTH_BYTES = 4;
const HEAD_BYTES = LENGTH_BYTES + 1;

/** `json`: a value as UTF-8. `failures`: see `encodeFailures`. `request`: a value of ours, as the v8 module writes it. */
export type FrameKind = "json" | "failures" | "request";

const KINDS: readonly FrameKind[] = ["json", "failures", "request"];

/** One message. */
export interface Frame {
  readonly kind: FrameKind;
  readonly bytes: Buffer;
}

/** A message as it goes over the pipe. */
export function encodeFrame(kind: FrameKind, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(1 + parts.reduce((sum, part) => sum + part.length, 0));
  head.writeUInt8(KINDS.indexOf(kind), LENGTH_BYTES);
  return Buffer.concat([head, ...parts]);
}

/** Puts messages together again from what comes out of a pipe. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #size = 0;

  /** The messages that are whole by now; `undefined` when this is no stream of messages. */
  push(chunk: Buffer): readonly Frame[] | undefined {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Frame[] = [];
    for (let length = this.#wanted(); length !== undefined; length = this.#wanted()) {
      if (length < 1 || length > MAX_FRAME) {
        return undefined;
      }
      if (this.#size < LENGTH_BYTES + length) {
        break;
      }
      const kind = this.#take(LENGTH_BYTES + length, frames);
      if (kind === undefined) {
        return undefined;
      }
    }
    return frames;
  }

  /** Length of the message at hand, once its first bytes are there. */
  #wanted(): number | undefined {
    if (this.#size < HEAD_BYTES) {
      return undefined;
    }
    if ((this.#chunks[0]?.length ?? 0) < HEAD_BYTES) {
      this.#chunks = [Buffer.concat(this.#chunks)];
    }
    return this.#chunks[0]?.readUInt32LE();
  }

  #take(size: number, frames: Frame[]): FrameKind | undefined {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const kind = KINDS[all?.[LENGTH_BYTES] ?? KINDS.length];
    if (!all || kind === undefined) {
      return undefined;
    }
    frames.push({ kind, bytes: all.subarray(HEAD_BYTES, size) });
    const rest = all.subarray(size);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
    return kind;
  }
}
