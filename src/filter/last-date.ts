import type { DateFormat } from "../date";
import type { Block } from "../model";
import { reckonDated, type ClockContext } from "./clock-rules";

/** How the dates of lines are to be read, and when that was. */
export interface Dating {
  readonly format: DateFormat;
  readonly clock: ClockContext;
}

/** So many lines are looked at for a date that names a moment; an undated line may borrow the date of a minute at most. */
const MOST_LINES = 64;

/**
 * The time of the last dated line, which a line without a date may borrow. Few do, so that of most lines only the place
 * is noted, and their date is read when it is asked for.
 */
export class LastDate {
  #time: number | undefined;
  #block: Block | undefined;
  #from = 0;
  #to = 0;
  #dating: Dating | undefined;

  /** Takes the time of a line. */
  set(time: number): void {
    this.#time = time;
    this.#block = undefined;
  }

  /** Notes that the lines between two places, begins of lines, have dates of that format. */
  defer(block: Block, { from, to }: { readonly from: number; readonly to: number }, dating: Dating): void {
    if (block !== this.#block || dating.format !== this.#dating?.format) {
      this.#settle();
      this.#block = block;
      this.#from = from;
      this.#dating = dating;
    }
    this.#to = to;
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

  /**
   * A date may name no moment, or one that does not count; then the one before it does. Who takes dates as they are
   * never reads lines that begin with `#`.
   */
  #settle(): void {
    const block = this.#block;
    const dating = this.#dating;
    this.#block = undefined;
    if (!block || !dating) {
      return;
    }
    const { text } = block;
    const { format, clock } = dating;
    let start = lineBefore(text, this.#to);
    for (let lines = 0; start >= this.#from && lines < MOST_LINES; lines++) {
      const line = text.slice(start, text.indexOf("\n", start));
      const isRemark = !clock.checkTimes && line.startsWith("#");
      const date = isRemark ? undefined : format.timeOf(line, clock.now);
      const time = date === undefined ? undefined : reckonDated(date, clock).time;
      if (time !== undefined) {
        this.#time = time;
        return;
      }
      start = lineBefore(text, start);
    }
  }
}

/** Where the line before the one that starts there starts; -1 when there is none. */
function lineBefore(text: string, start: number): number {
  return start > 1 ? text.lastIndexOf("\n", start - 2) + 1 : start - 1;
}
