import { textOf } from "../model";

/** Bytes of one block, in words of four; a text takes one block or several, chained. */
const BLOCK = 64;
const WORD = 4;
const WORDS = BLOCK / WORD;
/** Words that do not belong to the text: the next block, and in its first block its length and the text behind it. */
const LINK = 0;
const LENGTH = 1;
const BEHIND = 2;
const HEAD = 3;
const TAIL_HEAD = 1;
/** Blocks are allotted so many at once. */
const SEGMENT = 1024;
const SEGMENT_BITS = 10;
/** So many times more room than is needed is too much. */
const ROOMY = 4;

/** No text. It is empty and cannot be freed. */
export const NO_TEXT = -1;

interface Segment {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

/**
 * Keeps many short texts as bytes outside the heap: what comes and goes there by the thousand costs the garbage
 * collector nothing. Texts are known by numbers and can be put in rows. Whoever puts a text in frees it.
 */
export class TextPool {
  readonly #segments: Segment[] = [];
  #free = NO_TEXT;
  #used = 0;

  /** Whether it takes so much more room than its texts need that these should go to another one. */
  get isRoomy(): boolean {
    const all = this.#segments.length * SEGMENT;
    return all > ROOMY * SEGMENT && this.#used < all / ROOMY;
  }

  /** Keeps a copy of some bytes; nothing is behind it yet. */
  put(bytes: DataView, start: number, end: number): number {
    const first = this.#take();
    let { words } = this.#segmentOf(first);
    let at = (first % SEGMENT) * WORDS;
    words[at + LENGTH] = end - start;
    words[at + BEHIND] = NO_TEXT;
    let to = at + HEAD;
    for (let from = start; from < end; from += WORD) {
      if (to === at + WORDS) {
        const next = this.#take();
        words[at + LINK] = next;
        ({ words } = this.#segmentOf(next));
        at = (next % SEGMENT) * WORDS;
        to = at + TAIL_HEAD;
      }
      words[to++] = from + WORD <= end ? bytes.getInt32(from, true) : lastWord(bytes, from, end);
    }
    words[at + LINK] = NO_TEXT;
    return first;
  }

  /** How many bytes a text has. */
  length(text: number): number {
    return text === NO_TEXT ? 0 : this.#word(text, LENGTH);
  }

  /** The first byte of a text that has one. */
  first(text: number): number {
    return this.#word(text, HEAD) & 0xff;
  }

  /** Puts a text behind another in its row. */
  append(text: number, behind: number): void {
    this.#segmentOf(text).words[(text % SEGMENT) * WORDS + BEHIND] = behind;
  }

  /** The text behind another. */
  behind(text: number): number {
    return this.#word(text, BEHIND);
  }

  /** A copy of the bytes of a text. */
  bytes(text: number): Uint8Array {
    const bytes = new Uint8Array(this.length(text));
    let at = 0;
    for (let block = text; block !== NO_TEXT; block = this.#word(block, LINK)) {
      const from = (block % SEGMENT) * BLOCK;
      const head = (block === text ? HEAD : TAIL_HEAD) * WORD;
      const size = Math.min(bytes.length - at, BLOCK - head);
      bytes.set(this.#segmentOf(block).bytes.subarray(from + head, from + head + size), at);
      at += size;
    }
    return bytes;
  }

  read(text: number): string {
    return textOf(this.bytes(text));
  }

  /** Forgets a text. */
  free(text: number): void {
    for (let block = text; block !== NO_TEXT; ) {
      const { words } = this.#segmentOf(block);
      const at = (block % SEGMENT) * WORDS;
      const next = words[at + LINK] ?? NO_TEXT;
      words[at + LINK] = this.#free;
      this.#free = block;
      this.#used--;
      block = next;
    }
  }

  #word(block: number, word: number): number {
    return this.#segmentOf(block).words[(block % SEGMENT) * WORDS + word] ?? NO_TEXT;
  }

  #segmentOf(block: number): Segment {
    return this.#segments[block >> SEGMENT_BITS] ?? this.#grow();
  }

  #take(): number {
    if (this.#free === NO_TEXT) {
      this.#grow();
    }
    const block = this.#free;
    this.#free = this.#word(block, LINK);
    this.#used++;
    return block;
  }

  #grow(): Segment {
    const bytes = new Uint8Array(SEGMENT * BLOCK);
    const segment = { bytes, words: new Int32Array(bytes.buffer) };
    const first = this.#segments.length * SEGMENT;
    for (let i = 0; i < SEGMENT; i++) {
      segment.words[i * WORDS + LINK] = i < SEGMENT - 1 ? first + i + 1 : this.#free;
    }
    this.#free = first;
    this.#segments.push(segment);
    return segment;
  }
}

/** The bytes that do not fill a word; machines that run Node are little-endian, as the words read above. */
function lastWord(bytes: DataView, from: number, end: number): number {
  let word = 0;
  for (let at = end - 1; at >= from; at--) {
    word = (word << 8) | bytes.getUint8(at);
  }
  return word;
}
