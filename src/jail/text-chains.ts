import { NO_TEXT, type TextPool } from "./text-pool";

/** No link. */
export const NO_LINK = -1;
const FIRST_ROOM = 64;

/**
 * Texts of a pool in rows, each a chain of links that are known by numbers: as many as there are tickets, none of them
 * an object.
 */
export class TextChains {
  #texts = new Int32Array(FIRST_ROOM);
  #nexts = new Int32Array(FIRST_ROOM);
  #used = 0;
  #free = NO_LINK;

  /** A link of its own for a text. */
  make(text: number): number {
    const link = this.#free === NO_LINK ? this.#grow() : this.#free;
    this.#free = this.#free === NO_LINK ? NO_LINK : (this.#nexts[link] ?? NO_LINK);
    this.#texts[link] = text;
    this.#nexts[link] = NO_LINK;
    return link;
  }

  /** Puts a link behind another one, the last of its chain. */
  join(last: number, link: number): void {
    this.#nexts[last] = link;
  }

  text(link: number): number {
    return this.#texts[link] ?? NO_TEXT;
  }

  next(link: number): number {
    return this.#nexts[link] ?? NO_LINK;
  }

  /** Gives a link another text. */
  set(link: number, text: number): void {
    this.#texts[link] = text;
  }

  /** Takes a link back. */
  drop(link: number): void {
    this.#nexts[link] = this.#free;
    this.#free = link;
  }

  /** The texts of a chain from its first link on. */
  list(first: number): number[] {
    const texts: number[] = [];
    for (let link = first; link !== NO_LINK; link = this.next(link)) {
      texts.push(this.text(link));
    }
    return texts;
  }

  /** Frees the texts of a chain and takes its links back. */
  release(first: number, pool: TextPool): void {
    for (let link = first; link !== NO_LINK; ) {
      const next = this.next(link);
      pool.free(this.text(link));
      this.drop(link);
      link = next;
    }
  }

  #grow(): number {
    if (this.#used === this.#texts.length) {
      this.#texts = enlarge(this.#texts);
      this.#nexts = enlarge(this.#nexts);
    }
    return this.#used++;
  }
}

function enlarge(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
