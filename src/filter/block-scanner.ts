import type { Block } from "../model";
import { compileNeedles, type Needle } from "./candidates";
import type { Hit, FeedOptions, JailFilter } from "./jail-filter";

/** One filter that watches a log, with how its lines are to be fed and where its hits go. */
export interface Watcher {
  readonly filter: JailFilter;
  options(): Omit<FeedOptions, "earlier">;
  hits(hits: readonly Hit[]): void;
}

/** How many lines back an undated line may find its date. */
const LOOK_BACK = 10;
const JOINT = " ";
const NON_ASCII = /[^\x00-\x7f]/;

/**
 * Finds the lines of a log that matter to any of its watchers in one pass over undecoded blocks, however many jails
 * watch it, and feeds those lines to the filters concerned. All other lines cost a search and nothing more.
 */
export class BlockScanner {
  readonly #watchers: readonly { readonly watcher: Watcher; readonly finder: RegExp | undefined }[];
  readonly #finder: RegExp | undefined;

  constructor(watchers: readonly Watcher[]) {
    this.#watchers = watchers.map((watcher) => ({ watcher, finder: finderOf(watcher) }));
    this.#finder = unitedFinder(watchers);
  }

  /** Scans the whole lines of a block in order. */
  scan(block: Block): void {
    const { text } = block;
    const finder = this.#finder;
    let start = 0;
    while (start < text.length) {
      if (finder) {
        finder.lastIndex = start;
        const hit = finder.exec(text);
        if (!hit) {
          return;
        }
        start = text.lastIndexOf("\n", hit.index) + 1;
      }
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      this.#feed(block, start, end);
      start = end + 1;
    }
  }

  #feed(block: Block, start: number, end: number): void {
    const raw = copyText(block.text.slice(start, block.text[end - 1] === "\r" ? end - 1 : end));
    const line = NON_ASCII.test(raw) ? block.decode(start, start + raw.length) : raw;
    for (const { watcher, finder } of this.#watchers) {
      if (this.#watchers.length > 1 && finder && !finder.test(raw)) {
        continue;
      }
      const time = block.timeAt?.(start);
      const hits = watcher.filter.feedLine(line, {
        ...watcher.options(),
        ...(time === undefined ? {} : { time }),
        earlier: () => linesBefore(block, start),
      });
      if (hits.length > 0) {
        watcher.hits(hits);
      }
    }
  }
}

/** A part of a string keeps all of it in memory; what is remembered of a line must not keep its whole block. */
function copyText(part: string): string {
  return JOINT.concat(part).slice(JOINT.length);
}

function finderOf(watcher: Watcher): RegExp | undefined {
  const { needles } = watcher.filter.compiled;
  return needles ? new RegExp(compileNeedles(needles).source, "") : undefined;
}

function unitedFinder(watchers: readonly Watcher[]): RegExp | undefined {
  const all: Needle[] = [];
  for (const { filter } of watchers) {
    if (!filter.compiled.needles) {
      return undefined;
    }
    all.push(...filter.compiled.needles);
  }
  return all.length > 0 ? compileNeedles(all) : undefined;
}

/** The lines before a position, nearest first. */
function* linesBefore(block: Block, start: number): Generator<string> {
  let end = start - 1;
  for (let count = 0; count < LOOK_BACK && end > 0; count++) {
    const begin = block.text.lastIndexOf("\n", end - 1) + 1;
    yield block.decode(begin, end);
    end = begin - 1;
  }
}
