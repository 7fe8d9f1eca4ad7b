import { asciiSetOf, type AsciiSet } from "./ascii-set";
import type { Node, Repeat } from "./tree";

/**
 * A pattern as a graph: one position for each character it can take, with what it takes there, and which position can
 * follow which, counted by the number of ways. Look-arounds, assertions and back-references count as nothing.
 */
export interface Automaton {
  readonly characters: readonly AsciiSet[];
  readonly follow: readonly ReadonlyMap<number, number>[];
  readonly first: readonly number[];
}

/** Repeats up to this count are written out. */
const WRITTEN_OUT = 4;
/** Repeats from this count on are taken for endless; fewer rounds than that cannot cost much. */
const ENDLESS = 16;
const MOST_POSITIONS = 3000;
const MOST_CONNECTIONS = 100_000;

interface Part {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly canBeEmpty: boolean;
}

const EMPTY: Part = { first: [], last: [], canBeEmpty: true };

/** The graph of a pattern; `undefined` when it is too large to be looked at. */
export function makeAutomaton(root: Node): Automaton | undefined {
  const builder = new Builder();
  const { first } = builder.add(root);
  return builder.isTooLarge ? undefined : { characters: builder.characters, follow: builder.follow, first };
}

class Builder {
  readonly characters: AsciiSet[] = [];
  readonly follow: Map<number, number>[] = [];
  #connections = 0;

  get isTooLarge(): boolean {
    return this.characters.length > MOST_POSITIONS || this.#connections > MOST_CONNECTIONS;
  }

  add(node: Node): Part {
    switch (node.type) {
      case "literal":
      case "any":
      case "set":
        return this.#addPosition(asciiSetOf(node));
      case "sequence":
        return node.items
          .map((item) => () => this.add(item))
          .reduce<Part>((part, next) => this.#join(part, next()), EMPTY);
      case "alternation":
        return node.options.map((option) => this.add(option)).reduce(either);
      case "conditional":
        return either(this.add(node.yes), this.add(node.no));
      case "capture":
      case "atomic":
        return this.add(node.body);
      case "repeat":
        return this.#addRepeat(node);
      case "assertion":
      case "look":
      case "back-reference":
        return EMPTY;
    }
  }

  #addPosition(characters: AsciiSet): Part {
    if (this.isTooLarge) {
      return EMPTY;
    }
    const position = this.characters.push(characters) - 1;
    this.follow.push(new Map());
    return { first: [position], last: [position], canBeEmpty: false };
  }

  #addRepeat(node: Repeat): Part {
    if (node.max > WRITTEN_OUT) {
      const body = this.add(node.body);
      if (node.max >= ENDLESS) {
        this.#connect(body.last, body.first);
      }
      return node.min === 0 ? { ...body, canBeEmpty: true } : body;
    }
    let part = EMPTY;
    for (let round = 0; round < node.max; round += 1) {
      const body = this.add(node.body);
      part = this.#join(part, round < node.min ? body : { ...body, canBeEmpty: true });
    }
    return part;
  }

  #join(left: Part, right: Part): Part {
    this.#connect(left.last, right.first);
    return {
      first: left.canBeEmpty ? [...left.first, ...right.first] : left.first,
      last: right.canBeEmpty ? [...left.last, ...right.last] : right.last,
      canBeEmpty: left.canBeEmpty && right.canBeEmpty,
    };
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    this.#connections += from.length * to.length;
    for (const position of this.isTooLarge ? [] : from) {
      const follow = this.follow[position];
      for (const next of to) {
        follow?.set(next, (follow.get(next) ?? 0) + 1);
      }
    }
  }
}

function either(left: Part, right: Part): Part {
  return {
    first: [...left.first, ...right.first],
    last: [...left.last, ...right.last],
    canBeEmpty: left.canBeEmpty || right.canBeEmpty,
  };
}
