import { closeSync, openSync, readSync } from "node:fs";
import type { Block } from "../model";
import { makeBlock } from "./block";
import { followMark, UTF8, type Encoding } from "./encoding";
import { lastIndexOfAligned } from "./log-file";

/** A text of this size still lies in the young generation of the heap, and so does what is made of it. */
const PIECE = 1 << 17;

/**
 * All lines of a file, or of a descriptor such as 0 for standard input, in big blocks. A last line without a newline
 * gets one, and a line of any length stays whole. Throws what opening and reading throw.
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
  const first = readPiece(fd);
  const encoding = followMark(given, first);
  let rest: Buffer[] = [];
  for (let piece = first; piece.length > 0; piece = readPiece(fd)) {
    const end = findEnd(piece, encoding, rest);
    if (end > 0) {
      yield makeBlock(encoding.view(Buffer.concat([...rest, piece.subarray(0, end)])), encoding);
      rest = [piece.subarray(end)];
    } else {
      rest.push(piece);
    }
  }
  const last = encoding.view(Buffer.concat(rest));
  if (last !== "") {
    yield makeBlock(`${last}\n`, encoding);
  }
}

/** Just after the last newline of the piece; 0 when it has none. */
function findEnd(piece: Buffer, encoding: Encoding, rest: readonly Buffer[]): number {
  const { unit, newline } = encoding;
  // Wide characters keep in step with the beginning of the rest, whose length may be odd.
  const shift = (unit - (rest.reduce((sum, part) => sum + part.length, 0) % unit)) % unit;
  const aligned = piece.subarray(shift);
  const at = lastIndexOfAligned(aligned, newline);
  return at < 0 ? 0 : shift + at + unit;
}

/** A full piece unless the end comes first: a pipe gives little at a time. */
function readPiece(fd: number): Buffer {
  const bytes = Buffer.allocUnsafe(PIECE);
  let length = 0;
  while (length < PIECE) {
    const count = readSync(fd, bytes, length, PIECE - length, null);
    if (count === 0) {
      break;
    }
    length += count;
  }
  return bytes.subarray(0, length);
}
