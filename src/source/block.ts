import { Buffer, isAscii } from "node:buffer";
import type { Block, ByteView } from "../model";
import type { Encoding } from "./encoding";

const REPLACED = "\ufffd";

/** What goes with a block. */
export interface BlockNotes {
  /** Hears of each piece whose bytes the encoding has no character for. */
  readonly undecodable?: (text: string) => void;
  /** See `Block`. */
  readonly timeAt?: (start: number) => number | undefined;
}

/** Whole lines as a block. */
export function makeBlock(view: string, encoding: Encoding, notes: BlockNotes = {}): Block {
  const { undecodable, timeAt } = notes;
  return {
    text: view,
    view: viewOf(view),
    ...(timeAt ? { timeAt } : {}),
    decode: (start, end) => {
      const text = encoding.decode(view.slice(start, end));
      if (undecodable && text.includes(REPLACED)) {
        undecodable(text);
      }
      return text;
    },
  };
}

/** One for all blocks of a thread, which are read one after the other; and whose bytes are in it. */
let shared = Buffer.alloc(0);
let owner: ByteView | undefined;

/** Copies the bytes of a block when they are asked for, and again when those of another one were asked for meanwhile. */
function viewOf(text: string): () => ByteView {
  let view: ByteView | undefined;
  return () => {
    if (!view || view !== owner) {
      view = owner = copyBytes(text);
    }
    return view;
  };
}

function copyBytes(text: string): ByteView {
  if (shared.length < text.length) {
    shared = Buffer.allocUnsafeSlow(text.length);
  }
  shared.write(text, "latin1");
  const bytes = shared.subarray(0, text.length);
  return { bytes, isAscii: isAscii(bytes) };
}
