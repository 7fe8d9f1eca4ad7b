import { asciiSetOf, type AsciiSet } from "./ascii-set";
import { assertion, EMPTY, isSingle, joinSingles } from "./byte-parts";
import type { ByteTests } from "./byte-test";
import { areCertain, finiteWords, type Word } from "./finite-words";
import { firstOf, type First } from "./first-set";
import type { Alternation, Capture, Node, Repeat } from "./tree";
import { widthOf } from "./width";

/** Statements that move the variable `q` from the begin of a part to its end, or set it to -1. */
export type Straight = (q: string) => string;

/** A node that is matched by a function of its own. */
export type Apart = Extract<Node, { type: "atomic" | "look" | "back-reference" }>;

const setOf = (node: Node): AsciiSet => (isSingle(node) ? asciiSetOf(node) : 0n);
const MOST_COPIES = 4;
const FAIL = (q: string): string => `${q}=-1;`;

/**
 * Writes parts of a pattern that can match in one way only, given what may follow them: they need no going back. What
 * is taken in them is set at once.
 */
export class StraightWriter {
  readonly #tests: ByteTests;
  readonly #apart: (node: Apart) => Straight;
  /** Parts are asked for again and again, alone and as parts of larger ones. */
  readonly #known = new Map<Node, { readonly next: First; readonly straight: Straight | undefined }>();
  #count = 0;

  constructor(tests: ByteTests, apart: (node: Apart) => Straight) {
    this.#tests = tests;
    this.#apart = apart;
  }

  /** Undefined when there may be several ways. */
  write(node: Node, next: First): Straight | undefined {
    const known = this.#known.get(node);
    if (known?.next.set === next.set && known.next.end === next.end) {
      return known.straight;
    }
    const straight = this.#write(node, next) ?? this.#writeWords(node, next);
    this.#known.set(node, { next, straight });
    return straight;
  }

  /** The same by trying all texts that the node takes. */
  #writeWords(node: Node, next: First): Straight | undefined {
    const words = finiteWords(node);
    return words && areCertain(words, next.set) ? this.#words(words) : undefined;
  }

  #write(node: Node, next: First): Straight | undefined {
    switch (node.type) {
      case "assertion":
        return (q) => `if(!(${assertion(node, { name: q, offset: 0 })}))${FAIL(q)}`;
      case "sequence":
        return this.#sequence(node.items, next);
      case "alternation":
        return this.#alternation(node, next);
      case "capture":
        return this.#capture(node, next);
      case "repeat":
        return this.#repeat(node, next);
      case "conditional": {
        const [yes, no] = [this.write(node.yes, next), this.write(node.no, next)];
        return yes && no && ((q) => `if(g${node.index}>=0){${yes(q)}}else{${no(q)}}`);
      }
      case "atomic":
      case "look":
      case "back-reference":
        return this.#apart(node);
      default:
        return (q) => `if(${q}<e&&${this.#tests.test(asciiSetOf(node), `b[${q}]`)})${q}++;else ${FAIL(q)}`;
    }
  }

  /** The longest first. */
  #words(words: readonly Word[]): Straight {
    const sorted = words.filter((word) => word.length > 0).sort((left, right) => right.length - left.length);
    const isOptional = sorted.length < words.length;
    return (q) => {
      const ways = sorted.map((word) => {
        const tests = word.map(
          (set, i) => `(${this.#tests.test(set, i === 0 ? `b[${q}]` : `b[${q}+${i}]`)})`,
        );
        return `if(${q}+${word.length}<=e&&${tests.join("&&")})${q}+=${word.length};`;
      });
      return [...ways, isOptional ? "{}" : FAIL(q)].join("else ");
    };
  }

  #sequence(items: readonly Node[], next: First): Straight | undefined {
    let after = next;
    const parts: Straight[] = [];
    for (const group of joinSingles(items).toReversed()) {
      const [head = EMPTY] = group;
      const part = group.length > 1 ? this.#words([group.map(setOf)]) : this.write(head, after);
      if (!part) {
        return undefined;
      }
      parts.unshift(part);
      after = firstOf(head, after);
    }
    return (q) =>
      parts.map((part) => part(q)).join(`if(${q}>=0){`) + "}".repeat(Math.max(0, parts.length - 1));
  }

  /** What the next character is decides which option it can be. */
  #alternation(node: Alternation, next: First): Straight | undefined {
    const options = node.options.map((option) => ({
      first: firstOf(option, next),
      part: this.write(option, next),
    }));
    const taken = options.reduce<AsciiSet | undefined>(
      (sum, { first }) => (sum === undefined || (sum & first.set) !== 0n ? undefined : sum | first.set),
      0n,
    );
    const isSolid = node.options.every((option) => widthOf(option, new Map()).min > 0);
    if (taken === undefined || !isSolid || options.some(({ part }) => !part)) {
      return undefined;
    }
    return (q) => {
      const ways = options.map(({ first, part }) => `if(${this.#isNext(first, q)}){${part?.(q) ?? ""}}`);
      return `${ways.join("else ")}else ${FAIL(q)}`;
    };
  }

  #capture({ index, body }: Capture, next: First): Straight | undefined {
    const part = this.write(body, next);
    return (
      part &&
      ((q) => {
        const from = this.#name("w");
        return `{const ${from}=${q};${part(q)}if(${q}>=0){g${index}=${from};h${index}=${q};}}`;
      })
    );
  }

  #repeat(node: Repeat, next: First): Straight | undefined {
    const { body, min, max, mode } = node;
    if (max === 0) {
      return () => "";
    }
    if (isSingle(body)) {
      return mode === "possessive" || (asciiSetOf(body) & next.set) === 0n ? this.#run(node) : undefined;
    }
    const round = firstOf(body, next);
    if (mode === "possessive" || widthOf(body, new Map()).min === 0) {
      return undefined;
    }
    if (min === max && min <= MOST_COPIES) {
      return this.#sequence(
        Array.from({ length: min }, () => body),
        next,
      );
    }
    const again = { set: round.set | next.set, end: next.end };
    const part = (round.set & next.set) === 0n ? this.write(body, max > 1 ? again : next) : undefined;
    return part && ((q) => this.#loop(node, part, this.#isNext(round, q), q));
  }

  #run({ body, min, max }: Repeat): Straight {
    return (q) => {
      const from = this.#name("w");
      const start = `{const ${from}=${q};`;
      const check = min > 0 ? `if(${q}<${from}+${min})${FAIL(q)}` : "";
      if (body.type === "any" && !body.newline && max === Infinity) {
        return `${start}if(${q}<z)${q}=z;${check}}`;
      }
      const bound = max === Infinity ? "" : `&&${q}<${from}+${max}`;
      const test = isSingle(body) ? this.#tests.test(asciiSetOf(body), `b[${q}]`) : "false";
      return `${start}while(${q}<e${bound}&&${test})${q}++;${check}}`;
    };
  }

  // oxlint-disable-next-line max-params
  #loop({ min, max }: Repeat, part: Straight, isNext: string, q: string): string {
    if (max === 1) {
      return `if(${isNext}){${part(q)}}`;
    }
    const count = this.#name("w");
    const bound = max === Infinity ? "" : `${count}<${max}&&`;
    const check = min > 0 ? `if(${count}<${min})${FAIL(q)}` : "";
    return `{let ${count}=0;while(${bound}${q}>=0&&${isNext}){${part(q)}${count}++;}${check}}`;
  }

  #isNext(first: First, q: string): string {
    return `${q}<e&&${this.#tests.test(first.set, `b[${q}]`)}`;
  }

  #name(letter: string): string {
    this.#count += 1;
    return `${letter}${this.#count}`;
  }
}
