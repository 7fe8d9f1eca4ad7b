import type { Block } from "../model";
import type { Encoding } from "./encoding";

const REPLACED = "\ufffd";

/** Whole lines as a block; `undecodable` hears of each piece whose bytes the encoding has no character for. */
export function makeBlock(view: string, encoding: Encoding, undecodable?: (text: string) => void): Block {
  return {
    text: view,
    decode: (start, end) => {
      const text = encoding.decode(view.slice(start, end));
      if (undecodable && text.includes(REPLACED)) {
        undecodable(text);
      }
      return text;
    },
  };
}
