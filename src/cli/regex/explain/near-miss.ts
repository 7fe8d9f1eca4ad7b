import { expandTags, type CompiledRegex } from "../../../filter";
import { compilePattern, parsePattern, type Matcher, type Node, type Pattern } from "../../../regex";

/** How far a regex got in a text before it failed. */
export interface NearMiss {
  /** How much of the regex matches, from 0 to 1. */
  readonly progress: number;
  /** Where in the text the rest of the regex should have matched; fields of JSON have no such place. */
  readonly stop?: number;
  /** The rest of the regex, as it was written. */
  readonly wanted: string;
}

const TAG = /<\/?[\w-]+\/?>/g;

/** Tells how far a regex gets in texts it does not match; what was made for one text serves the next. */
export class NearMissFinder {
  readonly #regex: CompiledRegex;
  readonly #names: boolean;
  readonly #items: readonly Node[];
  readonly #matchers = new Map<number, Matcher>();
  readonly #rests = new Map<number, string>();

  /** `names`: whether its `<HOST>` takes host names. */
  constructor(regex: CompiledRegex, names: boolean) {
    this.#regex = regex;
    this.#names = names;
    this.#items = itemsOf(regex.matcher.pattern);
  }

  /** `undefined` when not even the first part matches anywhere, or the regex has no parts in a row. */
  find({ text, whole }: { readonly text: string; readonly whole: string }): NearMiss | undefined {
    const { fields } = this.#regex;
    if (fields) {
      return fields.findMiss(whole);
    }
    let [matching, failing] = [0, this.#items.length];
    while (failing - matching > 1) {
      const middle = Math.floor((matching + failing) / 2);
      if (this.#matcherOf(middle).test(text)) {
        matching = middle;
      } else {
        failing = middle;
      }
    }
    const match = matching > 0 ? this.#matcherOf(matching).exec(text) : undefined;
    return match && match.end > 0
      ? { progress: matching / this.#items.length, stop: match.end, wanted: this.#restAfter(matching) }
      : undefined;
  }

  /** Matches what the first parts match. */
  #matcherOf(count: number): Matcher {
    const known = this.#matchers.get(count);
    if (known) {
      return known;
    }
    const root: Node = { type: "sequence", items: this.#items.slice(0, count) };
    const matcher = compilePattern({ ...this.#regex.matcher.pattern, root });
    this.#matchers.set(count, matcher);
    return matcher;
  }

  #restAfter(count: number): string {
    const known = this.#rests.get(count) ?? this.#findRest(count);
    this.#rests.set(count, known);
    return known;
  }

  /** The tree does not say where its parts were written; the longest begin with so many parts tells it. */
  #findRest(count: number): string {
    const { text } = this.#regex.source;
    const inTag = new Set<number>();
    for (const tag of text.matchAll(TAG)) {
      for (let at = tag.index + 1; at < tag.index + tag[0].length; at++) {
        inTag.add(at);
      }
    }
    for (let at = text.length - 1; at > 0; at--) {
      if (!inTag.has(at) && (this.#countItems(text.slice(0, at)) ?? Number.POSITIVE_INFINITY) <= count) {
        return text.slice(at);
      }
    }
    return text;
  }

  #countItems(begin: string): number | undefined {
    try {
      return itemsOf(parsePattern(expandTags(begin, { names: this.#names }))).length;
    } catch {
      return undefined;
    }
  }
}

function itemsOf({ root }: Pattern): readonly Node[] {
  return root.type === "sequence" ? root.items : [root];
}
