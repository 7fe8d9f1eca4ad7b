import type { MatchedLine } from "../model";
import { toMatchedLine, visibleText, type LineParts } from "./line-parts";

/** Where a match lies in the joined text of a window, and which parts of it `<SKIPLINES>` stepped over. */
export interface MatchSpan {
  readonly start: number;
  readonly end: number;
  readonly skipped: readonly { readonly start: number; readonly end: number }[];
}

/** The last lines of a filter with `maxlines` above 1, joined so that a regex can match across them. */
export class Window {
  readonly #maxlines: number;
  #lines: LineParts[] = [];

  constructor(maxlines: number) {
    this.#maxlines = maxlines;
  }

  /** Adds a line, dropping the oldest beyond `maxlines`; gives the text to search. */
  push(line: LineParts): string {
    this.#lines.push(line);
    if (this.#lines.length > this.#maxlines) {
      this.#lines.splice(0, this.#lines.length - this.#maxlines);
    }
    return this.#lines.map(visibleText).join("");
  }

  /** Takes the lines a match covers out of the window and gives them; lines it skipped stay. */
  take(span: MatchSpan): { readonly lines: readonly MatchedLine[]; readonly text: string } {
    const taken: LineParts[] = [];
    const kept: LineParts[] = [];
    let offset = 0;
    for (const line of this.#lines) {
      const end = offset + visibleText(line).length;
      const isCovered = end > span.start && offset < span.end && !isSkipped(span, offset, end);
      (isCovered ? taken : kept).push(line);
      offset = end;
    }
    this.#lines = kept;
    return { lines: taken.map(toMatchedLine), text: taken.map(visibleText).join("") };
  }
}

function isSkipped(span: MatchSpan, start: number, end: number): boolean {
  return span.skipped.some((part) => part.start <= start && end <= part.end && part.end > part.start);
}
