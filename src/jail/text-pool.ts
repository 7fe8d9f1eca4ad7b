import { textOf, type Packed } from "../model";

const WORD = 4;
/** Words in front of a text: its length and how many keep it. In a free place: where the next free one is. */
const LENGTH = 0;
const KEEPERS = 1;
const HEAD = 2;
/** Words of one segment; where a text stands is told by a number whose lower bits are the word in its segment. */
const SEGMENT = 1 << 14;
const SEGMENT_BITS = 14;
/** Words of the largest text that shares a segment with others, head and all. */
const MOST_SHARING = 512;
/** So many times more room than is needed is too much. */
const ROOMY = 3;

/** No text. It is empty and cannot be freed. */
export const NO_TEXT = -1;

interface Segment {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

/**
 * Keeps many short texts as bytes outside the heap: what comes and goes there by the thousand costs the garbage
 * collector nothing. Texts are known by numbers. Whoever puts a text in frees it.
 */
export class TextPool {
  readonly #segments: (Segment | undefined)[] = [];
  /** The first free place for each number of words. */
  readonly #free = new Int32Array(MOST_SHARING + 1).fill(NO_TEXT);
  /** What has never been used of the last segment that texts share. */
  #fresh = 0;
  #end = 0;
  /** Words in use, and all there are. */
  #used = 0;
  #all = 0;

  /** Whether it takes so much more room than its texts need that these should go to another one. */
  get isRoomy(): boolean {
    return this.#all > ROOMY * SEGMENT && this.#used < this.#all / ROOMY;
  }

  /** While that work is done, what is put in again and again of these failures is kept once for all. */
  share(failures: readonly { readonly packed?: Packed | undefined }[], work: () => void): void {
    for (const { packed } of failures) {
      if (packed) {
        packed.kept = { pool: this, groups: NO_TEXT, lines: NO_TEXT };
      }
    }
    work();
    for (const { packed } of failures) {
      this.free(packed?.kept?.groups ?? NO_TEXT);
      this.free(packed?.kept?.lines ?? NO_TEXT);
      if (packed) {
        packed.kept = undefined;
      }
    }
  }

  /** Keeps the groups of a failure. */
  putGroups({ bytes, start, middle, kept }: Packed): number {
    if (kept?.pool !== this) {
      return this.put(bytes, start, middle);
    }
    kept.groups = kept.groups === NO_TEXT ? this.put(bytes, start, middle) : kept.groups;
    return this.#keep(kept.groups);
  }

  /** Keeps the lines of a failure. */
  putLines({ bytes, middle, end, kept }: Packed): number {
    if (kept?.pool !== this) {
      return this.put(bytes, middle, end);
    }
    kept.lines = kept.lines === NO_TEXT ? this.put(bytes, middle, end) : kept.lines;
    return this.#keep(kept.lines);
  }

  /** Keeps a copy of some bytes. */
  put(bytes: DataView, start: number, end: number): number {
    const size = sizeOf(end - start);
    const text = this.#take(size);
    const { words } = this.#segmentOf(text);
    let to = text % SEGMENT;
    words[to++] = end - start;
    words[to++] = 1;
    let from = start;
    for (; from + WORD <= end; from += WORD) {
      words[to++] = bytes.getInt32(from, true);
    }
    if (from < end) {
      words[to] = lastWord(bytes, from, end);
    }
    this.#used += size;
    return text;
  }

  /** How many bytes a text has. */
  length(text: number): number {
    return text === NO_TEXT ? 0 : this.#word(text, LENGTH);
  }

  /** The first byte of a text that has one. */
  first(text: number): number {
    return this.#word(text, HEAD) & 0xff;
  }

  /** Gives a text to another pool; who keeps it too gives it to the same place, which `moved` tells. */
  move(text: number, pool: TextPool, moved: Map<number, number>): number {
    const there = moved.get(text);
    if (text === NO_TEXT || there !== undefined) {
      return there === undefined ? NO_TEXT : pool.#keep(there);
    }
    const bytes = this.bytes(text);
    const place = pool.put(new DataView(bytes.buffer), 0, bytes.length);
    moved.set(text, place);
    return place;
  }

  /** A copy of the bytes of a text. */
  bytes(text: number): Uint8Array<ArrayBuffer> {
    const length = this.length(text);
    const from = ((text % SEGMENT) + HEAD) * WORD;
    return length === 0 ? new Uint8Array() : this.#segmentOf(text).bytes.slice(from, from + length);
  }

  read(text: number): string {
    return textOf(this.bytes(text));
  }

  /** Forgets a text, unless somebody else keeps it. */
  free(text: number): void {
    if (text === NO_TEXT || this.#addKeepers(text, -1) > 0) {
      return;
    }
    const size = sizeOf(this.length(text));
    this.#used -= size;
    if (size > MOST_SHARING) {
      this.#segments[text >> SEGMENT_BITS] = undefined;
      this.#all -= size;
    } else {
      this.#segmentOf(text).words[text % SEGMENT] = this.#free[size] ?? NO_TEXT;
      this.#free[size] = text;
    }
  }

  #keep(text: number): number {
    this.#addKeepers(text, 1);
    return text;
  }

  #addKeepers(text: number, count: number): number {
    const at = (text % SEGMENT) + KEEPERS;
    const { words } = this.#segmentOf(text);
    return (words[at] = (words[at] ?? 0) + count);
  }

  #word(text: number, word: number): number {
    return this.#segmentOf(text).words[(text % SEGMENT) + word] ?? 0;
  }

  #segmentOf(text: number): Segment {
    const segment = this.#segments[text >> SEGMENT_BITS];
    if (!segment) {
      throw new RangeError(`there is no text ${text}`);
    }
    return segment;
  }

  /** A place of so many words. */
  #take(size: number): number {
    if (size > MOST_SHARING) {
      return this.#grow(size);
    }
    const free = this.#free[size] ?? NO_TEXT;
    if (free !== NO_TEXT) {
      this.#free[size] = this.#word(free, LENGTH);
      return free;
    }
    if (this.#fresh + size > this.#end) {
      this.#fresh = this.#grow(SEGMENT);
      this.#end = this.#fresh + SEGMENT;
    }
    const text = this.#fresh;
    this.#fresh += size;
    return text;
  }

  /** Another segment; gives its first word. */
  #grow(size: number): number {
    const bytes = new Uint8Array(size * WORD);
    const gap = this.#segments.indexOf(undefined);
    const place = gap < 0 ? this.#segments.length : gap;
    this.#segments[place] = { bytes, words: new Int32Array(bytes.buffer) };
    this.#all += size;
    return place * SEGMENT;
  }
}

/** How many words a text of so many bytes takes; always an even number, so that fewer kinds of places are told apart. */
function sizeOf(length: number): number {
  return (HEAD + Math.ceil(length / WORD) + 1) & ~1;
}

/** The bytes that do not fill a word; machines that run Node are little-endian, as the words read above. */
function lastWord(bytes: DataView, from: number, end: number): number {
  let word = 0;
  for (let at = end - 1; at >= from; at--) {
    word = (word << 8) | bytes.getUint8(at);
  }
  return word;
}
