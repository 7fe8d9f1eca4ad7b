import type { Emitted } from "./emit";
import { collectGroups, type Engine, type Match, type Span, type SpanMatch } from "./match";

const LAST_OF_ONE_UNIT = 0xffff;

/** Searches with a JavaScript RegExp written for the pattern. */
export class RegExpEngine implements Engine {
  readonly #emitted: Emitted;
  readonly #names: GroupNames;
  readonly #regexp: RegExp;
  #withIndices: RegExp | undefined;

  constructor(emitted: Emitted, names: ReadonlyMap<string, number>) {
    this.#emitted = emitted;
    this.#names = namesOf(emitted, names);
    this.#regexp = new RegExp(emitted.source, emitted.flags);
  }

  test(text: string): boolean {
    return search(this.#regexp, text) !== null;
  }

  exec(text: string): Match | undefined {
    const found = search(this.#regexp, text);
    return found ? new RegExpMatch(found, this.#emitted, this.#names) : undefined;
  }

  execSpans(text: string): SpanMatch | undefined {
    this.#withIndices ??= new RegExp(this.#emitted.source, `${this.#emitted.flags}d`);
    const found = search(this.#withIndices, text);
    return found ? new RegExpSpanMatch(found, this.#emitted, this.#names) : undefined;
  }
}

/** Names of groups with their numbers in the pattern and, where they have one, in the RegExp. */
interface GroupNames {
  readonly numbers: ReadonlyMap<string, number>;
  readonly found: readonly (readonly [name: string, index: number])[];
}

function namesOf(emitted: Emitted, numbers: ReadonlyMap<string, number>): GroupNames {
  const found = [...numbers].flatMap(([name, number]): [string, number][] => {
    const index = emitted.groups[number];
    return index === undefined ? [] : [[name, index]];
  });
  return { numbers, found };
}

/** V8 may find an empty match between the two halves of one character; those are passed over. */
function search(regexp: RegExp, text: string): RegExpExecArray | null {
  if (!regexp.global) {
    return regexp.exec(text);
  }
  regexp.lastIndex = 0;
  let found = regexp.exec(text);
  while (found && found.index > 0 && (text.codePointAt(found.index - 1) ?? 0) > LAST_OF_ONE_UNIT) {
    regexp.lastIndex = found.index + 1;
    found = regexp.exec(text);
  }
  return found;
}

class RegExpMatch implements Match {
  protected readonly found: RegExpExecArray;
  protected readonly emitted: Emitted;
  readonly #names: GroupNames;

  constructor(found: RegExpExecArray, emitted: Emitted, names: GroupNames) {
    this.found = found;
    this.emitted = emitted;
    this.#names = names;
  }

  get start(): number {
    return this.found.index;
  }

  get end(): number {
    const { tail } = this.emitted;
    const seen = tail === undefined ? 0 : (this.found[tail]?.length ?? 0);
    return this.found.index + this.found[0].length - seen;
  }

  group(index: number): string | undefined {
    if (index === 0) {
      return this.found[0].slice(0, this.end - this.start);
    }
    const number = this.emitted.groups[index];
    return number === undefined ? undefined : this.found[number];
  }

  named(name: string): string | undefined {
    const index = this.#names.numbers.get(name);
    return index === undefined ? undefined : this.group(index);
  }

  collectInto(groups: Map<string, unknown>): void {
    for (const [name, index] of this.#names.found) {
      const text = this.found[index];
      if (text !== undefined) {
        groups.set(name, text);
      }
    }
  }

  groups(): Readonly<Record<string, string | undefined>> {
    return collectGroups(this.#names.numbers, (index) => this.group(index));
  }
}

class RegExpSpanMatch extends RegExpMatch implements SpanMatch {
  span(index: number): Span | undefined {
    if (index === 0) {
      return { start: this.start, end: this.end };
    }
    const number = this.emitted.groups[index];
    const place = number === undefined ? undefined : this.found.indices?.[number];
    return place && { start: place[0], end: place[1] };
  }
}
