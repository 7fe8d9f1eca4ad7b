import type { DateFormat } from "../date";
import type { Block } from "../model";

/** How the date of a line is to be read, and when it was. */
export interface Dating {
  readonly format: DateFormat | undefined;
  readonly now: number;
}

/**
 * The time of the last dated line, which a line without a date may borrow. Few do, so that of most lines only the place
 * is noted, and their date is read when it is asked for.
 */
export class LastDate {
  #time: number | undefined;
  #block: Block | undefined;
  #from = 0;
  #to = 0;
  #now = 0;
  #format: DateFormat | undefined;

  /** Takes the time of a line. */
  set(time: number): void {
    this.#time = time;
    this.#block = undefined;
  }

  /** Notes that the line that starts there has a date of that format at its begin. */
  defer(block: Block, start: number, { format, now }: Dating): void {
    if (block !== this.#block || format !== this.#format) {
      this.#settle();
      this.#block = block;
      this.#from = start;
      this.#now = now;
      this.#format = format;
    }
    this.#to = start;
  }

  /** Another block comes, and the bytes of the last one may be gone then. */
  leave(block: Block): void {
    if (this.#block !== undefined && block !== this.#block) {
      this.#settle();
    }
  }

  /** Seconds since 1970. */
  get time(): number | undefined {
    this.#settle();
    return this.#time;
  }

  /** A date may name no moment; then the one before it counts. Lines that begin with `#` are never fed to be deferred. */
  #settle(): void {
    const text = this.#block?.text ?? "";
    const earliest = this.#block ? this.#from : Number.POSITIVE_INFINITY;
    this.#block = undefined;
    for (let start = this.#to; start >= earliest; start = lineBefore(text, start)) {
      const line = text.slice(start, text.indexOf("\n", start));
      const time = line.startsWith("#") ? undefined : this.#format?.timeOf(line, this.#now);
      if (time !== undefined) {
        this.#time = time;
        return;
      }
    }
  }
}

/** Where the line before the one that starts there starts; -1 when there is none. */
function lineBefore(text: string, start: number): number {
  return start > 1 ? text.lastIndexOf("\n", start - 2) + 1 : start - 1;
}
