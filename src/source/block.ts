import type { Block } from "../model";
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
    copyBytes: (target, start, end) => void asBuffer(target).write(view.slice(start, end), "latin1"),
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

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
