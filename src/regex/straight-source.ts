import { code, type Code } from "../wasm";
import { asciiSetOf, type AsciiSet } from "./ascii-set";
import type { ByteFunction } from "./byte-function";
import { assertion, EMPTY, isSingle, joinSingles } from "./byte-parts";
import { wordTest, type ByteTests } from "./byte-test";
import { areCertain, finiteWords, type Word } from "./finite-words";
import { firstOf, type First } from "./first-set";
import type { Alternation, Capture, Conditional, Node, Repeat } from "./tree";
import { widthOf } from "./width";

/** Statements that move the local `q` from the begin of a part to its end, or set it to -1. */
export type Straight = (q: number) => Code;

/** A node that is matched by a function of its own. */
export type Apart = Extract<Node, { type: "atomic" | "look" | "back-reference" }>;

/** What the writer of straight parts takes from the writer of the pattern. */
export interface StraightNeeds {
  readonly tests: ByteTests;
  /** The function that is being written. */
  readonly current: () => ByteFunction;
  readonly apart: (node: Apart) => Straight;
  /** The variables with the begin and the end of a group. */
  readonly group: (index: number) => readonly [from: number, to: number];
}

const setOf = (node: Node): AsciiSet => (isSingle(node) ? asciiSetOf(node) : 0n);
const MOST_COPIES = 4;
const FEW_WORDS = 4;
const FAIL = (q: number): Code => code.set(q, code.i32(-1));
const isFound = (q: number): Code => code.atLeast(code.get(q), code.i32(0));

/**
 * Writes parts of a pattern that can match in one way only, given what may follow them: they need no going back. What
 * is taken in them is set at once.
 */
export class StraightWriter {
  readonly #needs: StraightNeeds;
  /** Parts are asked for again and again, alone and as parts of larger ones. */
  readonly #known = new Map<Node, { readonly next: First; readonly straight: Straight | undefined }>();

  constructor(needs: StraightNeeds) {
    this.#needs = needs;
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
        return (q) =>
          code.when(code.not(assertion(node, { local: q, offset: 0 }, this.#needs.current())), FAIL(q));
      case "sequence":
        return this.#sequence(node.items, next);
      case "alternation":
        return this.#alternation(node, next);
      case "capture":
        return this.#capture(node, next);
      case "repeat":
        return this.#repeat(node, next);
      case "conditional":
        return this.#conditional(node, next);
      case "atomic":
      case "look":
      case "back-reference":
        return this.#needs.apart(node);
      default:
        return this.#words([[asciiSetOf(node)]]);
    }
  }

  #conditional(node: Conditional, next: First): Straight | undefined {
    const [yes, no] = [this.write(node.yes, next), this.write(node.no, next)];
    const [from] = this.#needs.group(node.index);
    return yes && no && ((q) => code.when(code.atLeast(code.getGlobal(from), code.i32(0)), yes(q), no(q)));
  }

  /** The longest first; of many those that begin with the same character are tried only where it stands. */
  #words(words: readonly Word[]): Straight {
    const sorted = words.filter((word) => word.length > 0).sort((left, right) => right.length - left.length);
    const isOptional = sorted.length < words.length;
    const groups = sorted.length > FEW_WORDS ? groupByFirst(sorted) : undefined;
    return (q) => {
      const last = isOptional ? code.NOTHING : FAIL(q);
      return groups
        ? groups.reduceRight(
            (others, { first, members }) =>
              code.when(
                this.#isNext({ set: first, end: false }, q),
                this.#tryWords(members, q, last),
                others,
              ),
            last,
          )
        : this.#tryWords(sorted, q, last);
    };
  }

  #tryWords(words: readonly Word[], q: number, last: Code): Code {
    const { end } = this.#needs.current();
    return words.reduceRight((others, word) => {
      const fits = code.atMost(code.plus(q, word.length), end);
      const test = code.both(fits, wordTest(this.#needs.tests, word, { local: q, offset: 0 }));
      return code.when(test, code.set(q, code.plus(q, word.length)), others);
    }, last);
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
    return (q) => {
      const failed = code.lessThan(code.get(q), code.i32(0));
      const [first, ...others] = parts.map((part) => part(q));
      return others.length === 0
        ? (first ?? code.NOTHING)
        : code.block(
            code.all(first ?? code.NOTHING, ...others.map((part) => code.all(code.leaveIf(failed, 0), part))),
          );
    };
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
    return (q) =>
      options.reduceRight(
        (others, { first, part }) => code.when(this.#isNext(first, q), part?.(q) ?? code.NOTHING, others),
        FAIL(q),
      );
  }

  #capture({ index, body }: Capture, next: First): Straight | undefined {
    const part = this.write(body, next);
    const [from, to] = this.#needs.group(index);
    return (
      part &&
      ((q) => {
        const begin = this.#local();
        const keep = code.all(code.setGlobal(from, code.get(begin)), code.setGlobal(to, code.get(q)));
        return code.all(code.set(begin, code.get(q)), part(q), code.when(isFound(q), keep));
      })
    );
  }

  #repeat(node: Repeat, next: First): Straight | undefined {
    const { body, min, max, mode } = node;
    if (max === 0) {
      return () => code.NOTHING;
    }
    if (isSingle(body)) {
      return mode === "possessive" || (asciiSetOf(body) & next.set) === 0n
        ? (q) => this.run(node, q)
        : undefined;
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
    return part && ((q) => this.#loop(node, part, { isNext: this.#isNext(round, q), q }));
  }

  /** Takes as many single characters as there are; -1 when these are too few. */
  run({ body, min, max }: Repeat, q: number): Code {
    const { end, lineEnd } = this.#needs.current();
    if (max === 1) {
      const one = this.#isNext({ set: setOf(body), end: false }, q);
      return code.set(
        q,
        min === 0 ? code.add(code.get(q), one) : code.choose(one, code.plus(q, 1), code.i32(-1)),
      );
    }
    const from = this.#local();
    const begin = code.set(from, code.get(q));
    const check =
      min > 0 ? code.when(code.lessThan(code.get(q), code.plus(from, min)), FAIL(q)) : code.NOTHING;
    if (body.type === "any" && !body.newline && max === Infinity) {
      // The only newline of a line is its last character.
      const take = code.when(code.lessThan(code.get(q), lineEnd), code.set(q, lineEnd));
      return code.all(begin, take, check);
    }
    const inside = code.lessThan(code.get(q), end);
    const bound =
      max === Infinity ? inside : code.and(inside, code.lessThan(code.get(q), code.plus(from, max)));
    const test = code.and(bound, this.#needs.tests.test(setOf(body), code.load8(code.get(q))));
    return code.all(begin, code.whileTrue(test, code.set(q, code.plus(q, 1))), check);
  }

  #loop(
    { min, max }: Repeat,
    part: Straight,
    { isNext, q }: { readonly isNext: Code; readonly q: number },
  ): Code {
    if (max === 1) {
      return code.when(isNext, part(q));
    }
    const count = this.#local();
    const isOpen =
      max === Infinity ? isFound(q) : code.and(isFound(q), code.lessThan(code.get(count), code.i32(max)));
    const round = code.all(part(q), code.set(count, code.plus(count, 1)));
    const check = min > 0 ? code.when(code.lessThan(code.get(count), code.i32(min)), FAIL(q)) : code.NOTHING;
    return code.all(code.set(count, code.i32(0)), code.whileTrue(code.both(isOpen, isNext), round), check);
  }

  #isNext(first: First, q: number): Code {
    const inside = code.lessThan(code.get(q), this.#needs.current().end);
    return code.and(inside, this.#needs.tests.test(first.set, code.load8(code.get(q))));
  }

  #local(): number {
    return this.#needs.current().draft.local();
  }
}

/** Words by their first character; undefined where that does not tell them apart. */
function groupByFirst(
  words: readonly Word[],
): readonly { readonly first: AsciiSet; readonly members: readonly Word[] }[] | undefined {
  const groups = new Map<AsciiSet, Word[]>();
  for (const word of words) {
    const [first = 0n] = word;
    groups.set(first, [...(groups.get(first) ?? []), word]);
  }
  const sets = [...groups.keys()];
  const areApart = sets.every((set, i) => sets.slice(i + 1).every((other) => (set & other) === 0n));
  return areApart ? [...groups].map(([first, members]) => ({ first, members })) : undefined;
}
