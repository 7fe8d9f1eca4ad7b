import { Backtracker } from "./backtracker";
import { collectGroups, type Engine, type Match, type Span, type SpanMatch } from "./match";
import type { Program } from "./program";

/** Searches with the backtracking machine: slower than a RegExp, for patterns no RegExp can express. */
export class BacktrackEngine implements Engine {
  readonly #program: Program;
  readonly #names: ReadonlyMap<string, number>;

  constructor(program: Program, names: ReadonlyMap<string, number>) {
    this.#program = program;
    this.#names = names;
  }

  test(text: string): boolean {
    return this.execSpans(text) !== undefined;
  }

  exec(text: string): Match | undefined {
    return this.execSpans(text);
  }

  execSpans(text: string): SpanMatch | undefined {
    const last = this.#program.anchored ? 0 : text.length;
    return this.#search(text, 0, last);
  }

  /** The match that begins at a place already known. */
  matchAt(text: string, start: number): SpanMatch | undefined {
    return this.#search(text, start, start);
  }

  #search(text: string, first: number, last: number): SpanMatch | undefined {
    const machine = new Backtracker(this.#program, text);
    for (let start = first; start <= last; ) {
      const slots = machine.matchAt(start);
      if (slots) {
        return new SlotMatch(text, slots, this.#names);
      }
      start += (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
    }
    return undefined;
  }
}

class SlotMatch implements SpanMatch {
  readonly #text: string;
  readonly #slots: Int32Array;
  readonly #names: ReadonlyMap<string, number>;

  constructor(text: string, slots: Int32Array, names: ReadonlyMap<string, number>) {
    this.#text = text;
    this.#slots = slots;
    this.#names = names;
  }

  get start(): number {
    return this.#slots[0] ?? 0;
  }

  get end(): number {
    return this.#slots[1] ?? 0;
  }

  span(index: number): Span | undefined {
    const start = this.#slots[2 * index] ?? -1;
    const end = this.#slots[2 * index + 1] ?? -1;
    return start >= 0 && end >= start ? { start, end } : undefined;
  }

  group(index: number): string | undefined {
    const span = this.span(index);
    return span && this.#text.slice(span.start, span.end);
  }

  named(name: string): string | undefined {
    const index = this.#names.get(name);
    return index === undefined ? undefined : this.group(index);
  }

  collectInto(groups: Map<string, unknown>): void {
    for (const [name, index] of this.#names) {
      const text = this.group(index);
      if (text !== undefined) {
        groups.set(name, text);
      }
    }
  }

  groups(): Readonly<Record<string, string | undefined>> {
    return collectGroups(this.#names, (index) => this.group(index));
  }
}
