import type { Block } from "../model";
import { compileNeedles, type Needle } from "./candidates";
import { isAscii } from "../regex";
import { Dispatch } from "./dispatch";
import type { FeedOptions } from "./feed-options";
import type { Hit } from "./hit-maker";
import type { JailFilter } from "./jail-filter";
import { linesBefore } from "./lines-before";

/** One filter that watches a log, with how its lines are to be fed and where its hits go. */
export interface Watcher {
  readonly filter: JailFilter;
  /** Asked for once per block. */
  options(): Omit<FeedOptions, "earlier">;
  hits(hits: readonly Hit[]): void;
}

const JOINT = " ";
/** One line of so many is measured; a prime number, so that no pattern in a log hides a filter. */
const SAMPLED = 31;
const CARRIAGE_RETURN = 13;

/**
 * Finds the lines of a log that matter to any of its watchers in one pass over undecoded blocks, however many jails
 * watch it, and feeds those lines to the filters concerned. All other lines cost a search and nothing more. A filter that
 * is alone runs over all lines by itself, and only where it cannot read one the next that matters is searched for.
 */
export class BlockScanner {
  readonly #watchers: readonly Watcher[];
  readonly #finder: RegExp | undefined;
  readonly #dispatch: Dispatch;
  readonly #clock: (() => number) | undefined;
  readonly #costs: Float64Array;
  #fed = 0;

  /** With a `clock`, which tells milliseconds from any start, the time that each filter takes is measured. */
  constructor(watchers: readonly Watcher[], clock?: () => number) {
    this.#clock = clock;
    this.#costs = new Float64Array(watchers.length);
    const needles = watchers.map(({ filter }) => filter.compiled.needles);
    this.#watchers = watchers;
    this.#finder = unitedFinder(needles);
    this.#dispatch = new Dispatch(needles);
  }

  /**
   * About how many milliseconds each watcher's filter has taken so far, in the order of the watchers. Of several few
   * lines are measured and stand for all, and what finding the lines takes is nobody's.
   */
  get costs(): readonly number[] {
    return [...this.#costs];
  }

  /** Scans the whole lines of a block in order. */
  scan(block: Block): void {
    const place = new Place(block);
    const options = this.#watchers.map((watcher) => place.optionsFor(watcher));
    const [alone, how] = this.#watchers.length === 1 ? [this.#watchers[0], options[0]] : [];
    const began = this.#clock?.() ?? 0;
    for (let start = 0; start < block.length; ) {
      const stop = alone && how ? this.#feedAlone(alone, how, { block, start }) : start;
      start = this.#find(block.text, stop);
      if (start < block.length) {
        place.start = start;
        const newline = block.text.indexOf("\n", start);
        const end = newline < 0 ? block.length : newline;
        this.#feed(place, end, options);
        start = end + 1;
      }
    }
    if (alone) {
      this.#costs[0] = (this.#costs[0] ?? 0) + (this.#clock?.() ?? 0) - began;
    }
  }

  /** Where the next line begins that may matter to any watcher; the end of the text when none does. */
  #find(text: string, start: number): number {
    const finder = this.#finder;
    if (!finder || start >= text.length) {
      return start;
    }
    finder.lastIndex = start;
    const hit = finder.exec(text);
    return hit ? text.lastIndexOf("\n", hit.index) + 1 : text.length;
  }

  /** Feeds lines up to one that has to be fed as text; where that begins. */
  #feedAlone(
    watcher: Watcher,
    options: FeedOptions,
    { block, start }: Pick<Place, "block" | "start">,
  ): number {
    const take = (hits: readonly Hit[]): void => watcher.hits(hits);
    let at = start;
    while (at < block.length) {
      const stop = watcher.filter.feedBlock(block, at, options, take) ?? at;
      if (stop === at) {
        break;
      }
      at = stop;
    }
    return at;
  }

  /** The time, for one line of so many. */
  #now(): number | undefined {
    return this.#fed++ % SAMPLED === 0 ? this.#clock?.() : undefined;
  }

  #feed({ block, start }: Place, lineEnd: number, options: readonly FeedOptions[]): void {
    const end = block.text.charCodeAt(lineEnd - 1) === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
    const time = block.timeAt?.(start);
    const marks = this.#watchers.length > 1 ? this.#dispatch.select(block.part(start, end)) : undefined;
    let line: string | undefined;
    for (let i = 0; i < this.#watchers.length; i++) {
      const watcher = this.#watchers[i];
      const shared = options[i];
      if (!watcher || !shared || marks?.[i] === 0) {
        continue;
      }
      const how = time === undefined ? shared : { ...shared, time };
      const begin = marks && this.#now();
      const hits =
        watcher.filter.tryBytes(block, start, end, how) ??
        watcher.filter.feedLine((line ??= decodeLine(block, start, end)), how);
      if (begin !== undefined) {
        this.#costs[i] = (this.#costs[i] ?? 0) + ((this.#clock?.() ?? begin) - begin) * SAMPLED;
      }
      if (hits.length > 0) {
        watcher.hits(hits);
      }
    }
  }
}

/** The line at hand. One for a whole block: what is made for each line costs more than looking for it. */
class Place {
  readonly block: Block;
  start = 0;
  readonly #earlier = (): Iterable<string> => linesBefore(this.block, this.start);

  constructor(block: Block) {
    this.block = block;
  }

  optionsFor(watcher: Watcher): FeedOptions {
    return { ...watcher.options(), earlier: this.#earlier };
  }
}

function decodeLine(block: Block, start: number, end: number): string {
  const raw = copyText(block.part(start, end));
  return isAscii(raw) ? raw : block.decode(start, end);
}

/** A part of a string keeps all of it in memory; what is remembered of a line must not keep its whole block. */
function copyText(part: string): string {
  return JOINT.concat(part).slice(JOINT.length);
}

function unitedFinder(needles: readonly (readonly Needle[] | undefined)[]): RegExp | undefined {
  const all = needles.flatMap((some) => some ?? []);
  return all.length > 0 && needles.every((some) => some) ? compileNeedles(all) : undefined;
}
