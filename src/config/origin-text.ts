import type { Origin } from "../model";

/** A text and, for each of its lines, the place in a file that the line comes from. */
export interface OriginText {
  readonly text: string;
  readonly origins: readonly (Origin | undefined)[];
}

/** A text whose lines all come from one place, or from none. */
export function makeText(text: string, origin?: Origin): OriginText {
  return { text, origins: Array.from({ length: text.split("\n").length }, () => origin) };
}

/** Where a text begins: the place of its first line that has one. */
export function startOf(text: OriginText | undefined): Origin | undefined {
  return text?.origins.find((origin) => origin !== undefined);
}

/** The lines of a text with their places. */
export function listLines(
  text: OriginText,
): readonly { readonly text: string; readonly origin: Origin | undefined }[] {
  return text.text.split("\n").map((line, i) => ({ text: line, origin: text.origins[i] }));
}

/**
 * Puts a text together from pieces and keeps the place of every line. A line that mixes a value's own text with
 * text put in for a reference belongs to the value; a line that is nothing but the reference to where it was written.
 */
export class TextBuilder {
  readonly #parts: string[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  /** What the line under construction holds so far. */
  #current: { rank: number; origin: Origin | undefined } = { rank: -1, origin: undefined };
  #length = 0;

  /** Characters so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds text of the value itself; `lines` are the places of its lines. */
  addOwn(text: string, lines: readonly (Origin | undefined)[]): void {
    this.#add(text, lines, 2);
  }

  /** Adds text that stands in for a reference. */
  addInserted(piece: OriginText): void {
    this.#add(piece.text, piece.origins, 1);
  }

  build(): OriginText {
    return { text: this.#parts.join(""), origins: [...this.#origins, this.#current.origin] };
  }

  #add(text: string, lines: readonly (Origin | undefined)[], rank: number): void {
    this.#parts.push(text);
    this.#length += text.length;
    let start = 0;
    for (let i = 0; ; i++) {
      const end = text.indexOf("\n", start);
      this.#touch(text.slice(start, end < 0 ? text.length : end), lines[i], rank);
      if (end < 0) {
        return;
      }
      this.#origins.push(this.#current.origin);
      this.#current = { rank: -1, origin: undefined };
      start = end + 1;
    }
  }

  #touch(piece: string, origin: Origin | undefined, rank: number): void {
    const weight = piece.trim() === "" ? 0 : rank;
    if (weight > this.#current.rank) {
      this.#current = { rank: weight, origin };
    }
  }
}
