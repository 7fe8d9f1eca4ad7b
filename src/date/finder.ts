import type { DateHit } from "./date-regex";
import type { TemplateEntry, TemplateList } from "./template-list";

/** A date found in a line, and by which template. */
export interface Found {
  readonly entry: TemplateEntry;
  readonly hit: DateHit;
}

/** Where the last date stood, and the characters on both sides of its begin and its end. */
interface Place {
  readonly start: number;
  readonly end: number;
  readonly beforeStart: string;
  readonly atStart: string;
  readonly beforeEnd: string;
  readonly atEnd: string;
}

/**
 * Finds the date of a line. The template used last is preferred while dates stay where they are, so that a date in
 * the text of a message, which a stranger may have written, does not win over the one at its head.
 */
export class DateFinder {
  readonly #list: TemplateList;
  #last: TemplateEntry | undefined;
  #place: Place | undefined;
  #lastHit: DateHit | undefined;

  constructor(list: TemplateList) {
    this.#list = list;
  }

  /** The template that is asked first, and whose answer is taken, since its date can only stand at one place. */
  get settled(): TemplateEntry | undefined {
    return this.#last?.anchored && this.#place?.start === 0 ? this.#last : undefined;
  }

  find(line: string, now: number): Found | undefined {
    const found = this.#search(line);
    if (found) {
      this.#remember(found, line, now);
    }
    return found;
  }

  #search(line: string): Found | undefined {
    const last = this.#last;
    const place = this.#place;
    if (!last || !place) {
      return this.#searchAll(line, undefined, undefined);
    }
    const isPart = !last.anchored && looksAlike(line, place);
    const hit = isPart ? last.searchPart(line, place.start, place.end) : last.search(line);
    if (hit && (last.anchored || this.#isOnly || (hit.start === place.start && hit.end === place.end))) {
      return { entry: last, hit };
    }
    return this.#searchAll(line, isPart ? undefined : last, hit && { entry: last, hit });
  }

  #searchAll(
    line: string,
    without: TemplateEntry | undefined,
    candidate: Found | undefined,
  ): Found | undefined {
    const { entries } = this.#list;
    let best = candidate;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      const hit = entry && entry !== without ? entry.search(line) : undefined;
      if (entry && hit) {
        if (this.#isWinner(entry, hit, entries[i + 1])) {
          return { entry, hit };
        }
        best = best && best.hit.start <= hit.start ? best : { entry, hit };
      }
    }
    return best;
  }

  #isWinner(entry: TemplateEntry, hit: DateHit, next: TemplateEntry | undefined): boolean {
    if (!next || entry.anchored) {
      return true;
    }
    // DIFFERS: fail2ban asks whether the next template ever matched in any jail of the process; we ask this jail.
    if (hit.start === 0 && entry.hits > 0 && next.found === 0) {
      return true;
    }
    return hit.start <= entry.distance && hit.start <= (this.#place?.start ?? 1);
  }

  #remember({ entry, hit }: Found, line: string, now: number): void {
    this.#list.count(entry, hit.start, now);
    // The very same hit again: the line begins as the last one did, so the date stands in the same place.
    if (hit !== this.#lastHit) {
      this.#place = placeOf(line, hit.start, hit.end);
      this.#lastHit = hit;
    }
    if (entry !== this.#last) {
      this.#list.promote(entry);
      this.#last = entry;
    }
  }

  get #isOnly(): boolean {
    return this.#list.entries.length === 1;
  }
}

function placeOf(line: string, start: number, end: number): Place {
  return {
    start,
    end,
    beforeStart: line.charAt(start - 1),
    atStart: line.charAt(start),
    beforeEnd: line.charAt(end - 1),
    atEnd: line.charAt(end),
  };
}

/** Whether a date may stand in the line where the last one stood: the same character outside, or the same sign inside. */
function looksAlike(line: string, place: Place): boolean {
  const { start, end } = place;
  return (
    (line.charAt(start - 1) === place.beforeStart || isSameSign(line.charAt(start), place.atStart)) &&
    (line.charAt(end) === place.atEnd || isSameSign(line.charAt(end - 1), place.beforeEnd))
  );
}

function isSameSign(character: string, last: string): boolean {
  return character === last && !/[\p{L}\p{N}]/u.test(last);
}
