import { closeSync, openSync, readSync } from "node:fs";
import type { Block } from "../model";
import { makeBlock, makeByteBlock } from "./block";
import { followMark, UTF8, type Encoding } from "./encoding";
import { lastIndexOfAligned } from "./log-file";

/** A text of this size still lies in the young generation of the heap, and so does what is made of it. */
const PIECE = 1 << 17;
/** A piece and a line of usual length before it. */
const ROOM = PIECE + (1 << 14);

/**
 * All lines of a file, or of a descriptor such as 0 for standard input, in big blocks. A last line without a newline
 * gets one, and a line of any length stays whole. A block is good until the next but one. Throws what opening and reading
 * throw.
 */
export function* readBlocks(source: string | number, encoding: Encoding): Generator<Block, void, undefined> {
  const fd = typeof source === "number" ? source : openSync(source, "r");
  try {
    yield* readLines(fd, encoding);
  } finally {
    if (typeof source === "string") {
      closeSync(fd);
    }
  }
}

/** The lines of a text as one block; a newline is added when the last one is missing. */
export function textBlock(text: string): Block {
  const bytes = Buffer.from(text.endsWith("\n") ? text : `${text}\n`, "utf8");
  return makeBlock(bytes.toString("latin1"), UTF8);
}

function* readLines(fd: number, given: Encoding): Generator<Block, void, undefined> {
  let buffer: Buffer = Buffer.allocUnsafeSlow(ROOM);
  let spare: Buffer = Buffer.allocUnsafeSlow(ROOM);
  let encoding: Encoding | undefined;
  /** Bytes of a line whose end is still to come, at the begin of the buffer. */
  let length = 0;
  for (;;) {
    buffer = withRoom(buffer, length);
    const count = readPiece(fd, buffer, length);
    if (count === 0) {
      break;
    }
    encoding ??= followMark(given, buffer.subarray(0, count));
    length += count;
    const end = lastIndexOfAligned(buffer.subarray(0, length), encoding.newline) + encoding.unit;
    if (end >= encoding.unit) {
      yield makeByteBlock(buffer.subarray(0, end), encoding);
      const rest = buffer.subarray(end, length);
      spare = withRoom(spare, rest.length);
      rest.copy(spare);
      length = rest.length;
      [buffer, spare] = [spare, buffer];
    }
  }
  if (encoding && length > 0) {
    yield makeBlock(`${encoding.view(buffer.subarray(0, length))}\n`, encoding);
  }
}

/** The buffer, or a larger one with the same begin, that has room for a piece behind so many bytes. */
function withRoom(buffer: Buffer, length: number): Buffer {
  if (buffer.length - length >= PIECE) {
    return buffer;
  }
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, length + PIECE));
  buffer.copy(larger, 0, 0, length);
  return larger;
}

/** A full piece unless the end comes first: a pipe gives little at a time. Gives how many bytes. */
function readPiece(fd: number, buffer: Buffer, offset: number): number {
  let length = 0;
  while (length < PIECE) {
    const count = readSync(fd, buffer, offset + length, PIECE - length, null);
    if (count === 0) {
      break;
    }
    length += count;
  }
  return length;
}
