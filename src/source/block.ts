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
    length: view.length,
    part: (start, end) => view.slice(start, end),
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

/** Parts taken from bytes before a text is made of all of them. */
const FEW = 16;

/** Whole lines as a block that stays bytes until somebody asks for its text. */
export function makeByteBlock(bytes: Buffer, encoding: Encoding): Block {
  return encoding.unit === 1 ? new ByteBlock(bytes, encoding) : makeBlock(encoding.view(bytes), encoding);
}

class ByteBlock implements Block {
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #encoding: Encoding;
  #text: string | undefined;
  #parts = 0;

  constructor(bytes: Buffer, encoding: Encoding) {
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#encoding = encoding;
  }

  get text(): string {
    this.#text ??= this.#encoding.view(this.#bytes);
    return this.#text;
  }

  part(start: number, end: number): string {
    return this.#text === undefined && this.#parts++ < FEW
      ? this.#bytes.toString("latin1", start, end)
      : this.text.slice(start, end);
  }

  copyBytes(target: Uint8Array, start: number, end: number): void {
    target.set(start === 0 && end === this.length ? this.#bytes : this.#bytes.subarray(start, end));
  }

  decode(start: number, end: number): string {
    return this.#encoding.decode(this.part(start, end));
  }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
