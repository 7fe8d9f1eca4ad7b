/** A run of bytes; made once and set again and again. */
export interface ByteSpan {
  bytes: Uint8Array;
  from: number;
  to: number;
}

/** The bytes of a text; of ASCII the same that stand in a line. */
export function spanOf(text: string): ByteSpan {
  const bytes = new TextEncoder().encode(text);
  return { bytes, from: 0, to: bytes.length };
}

/** Bytes kept of something seen before. */
export class KeptBytes {
  #bytes = new Uint8Array(32);
  #length = 0;

  equal({ bytes, from, to }: ByteSpan): boolean {
    if (to - from !== this.#length) {
      return false;
    }
    for (let i = from, j = 0; i < to; i++, j++) {
      if (bytes[i] !== this.#bytes[j]) {
        return false;
      }
    }
    return true;
  }

  keep({ bytes, from, to }: ByteSpan): void {
    const length = to - from;
    if (length > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * length);
    }
    for (let i = from, j = 0; i < to; i++, j++) {
      this.#bytes[j] = bytes[i] ?? 0;
    }
    this.#length = length;
  }
}

/** What a table needs of the things it keeps. */
export interface Keyed<T> {
  readonly key: KeptBytes;
  hash: number;
  /** The next one of the same hash, and the neighbours in age. */
  next: T | undefined;
  older: T | undefined;
  newer: T | undefined;
}

/** A power of two. */
const ROWS = 256;

/**
 * A table of a fixed number of things by bytes. Where there is no room left the oldest makes it; the things are used
 * again, so that nothing is made for a line.
 */
export class SessionTable<T extends Keyed<T>> {
  readonly #rows: (T | undefined)[] = Array.from({ length: ROWS });
  readonly #spare: T[];
  #oldest: T | undefined;
  #newest: T | undefined;

  /** Takes all things that there will be. */
  constructor(things: readonly T[]) {
    this.#spare = [...things];
  }

  find(key: ByteSpan): T | undefined {
    const hash = hashOf(key);
    let thing = this.#rows[hash % ROWS];
    while (thing && !(thing.hash === hash && thing.key.equal(key))) {
      thing = thing.next;
    }
    return thing;
  }

  /** A thing under a key that is not in the table; whatever it was before. */
  add(key: ByteSpan): T | undefined {
    if (this.#spare.length === 0 && this.#oldest) {
      this.remove(this.#oldest);
    }
    const thing = this.#spare.pop();
    if (thing) {
      thing.key.keep(key);
      thing.hash = hashOf(key);
      const row = thing.hash % ROWS;
      thing.next = this.#rows[row];
      this.#rows[row] = thing;
      thing.older = this.#newest;
      thing.newer = undefined;
      if (this.#newest) {
        this.#newest.newer = thing;
      }
      this.#newest = thing;
      this.#oldest ??= thing;
    }
    return thing;
  }

  /** Takes a thing out of the table. */
  remove(thing: T): void {
    this.#unchain(thing);
    if (thing.older) {
      thing.older.newer = thing.newer;
    } else {
      this.#oldest = thing.newer;
    }
    if (thing.newer) {
      thing.newer.older = thing.older;
    } else {
      this.#newest = thing.older;
    }
    thing.older = thing.newer = undefined;
    this.#spare.push(thing);
  }

  #unchain(thing: T): void {
    const row = thing.hash % ROWS;
    let before = this.#rows[row];
    if (before === thing) {
      this.#rows[row] = thing.next;
    } else {
      while (before && before.next !== thing) {
        before = before.next;
      }
      if (before) {
        before.next = thing.next;
      }
    }
    thing.next = undefined;
  }
}

/** FNV-1a of 32 bits. */
function hashOf({ bytes, from, to }: ByteSpan): number {
  let hash = 0x811c_9dc5;
  for (let i = from; i < to; i++) {
    hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x0100_0193);
  }
  return hash >>> 0;
}
