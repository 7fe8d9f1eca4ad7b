import type { Budget } from "./budget";
import { VALUE_LIMIT } from "./budget";
import { ConfigError } from "./config-error";
import { startOf, TextBuilder, type OriginText } from "./origin-text";

/** How often one tag may be replaced within one value. */
const MAX_REPEATS = 26;

/** What tags are replaced with. */
export interface TagContext {
  /** Tags that stay for run time; options of these names are left alone as well. */
  readonly ignore: ReadonlySet<string>;
  /** Asked when no option of the set has that name. */
  readonly find: (tag: string) => OriginText | undefined;
  readonly budget: Budget;
}

type Values = Map<string, OriginText | null>;

/**
 * Replaces `<option>` in every value by that option's value until nothing changes, so that `<a<b>>` works.
 * Unknown tags stay. Throws `ConfigError` when a value contains itself.
 */
export function substituteTags(values: ReadonlyMap<string, OriginText | null>, context: TagContext): Values {
  const result: Values = new Map(values);
  const counts = new Map<string, Map<string, number>>();
  const done = new Set<string>(context.ignore);
  for (let again = true; again; ) {
    again = false;
    for (const [option, value] of result) {
      if (done.has(option)) {
        continue;
      }
      const next = value && new TagRun(result, context, counts).run(option, value);
      if (next !== value) {
        result.set(option, next);
        again ||= next !== null && findTag(next.text, 0) !== undefined;
      }
      if (!next?.text.includes("<")) {
        done.add(option);
      }
    }
  }
  return result;
}

/** One pass over one value. */
class TagRun {
  readonly #values: Values;
  readonly #context: TagContext;
  readonly #counts: Map<string, Map<string, number>>;

  constructor(values: Values, context: TagContext, counts: Map<string, Map<string, number>>) {
    this.#values = values;
    this.#context = context;
    this.#counts = counts;
  }

  run(option: string, original: OriginText): OriginText {
    const repeats = new Map(this.#counts.get(option));
    let value = original;
    for (let tag = findTag(value.text, 0); tag; ) {
      this.#context.budget.spend(tag.name.length);
      const replacement = this.#findReplacement(option, tag.name, repeats, value);
      if (replacement === undefined) {
        tag = findTag(value.text, tag.end);
        continue;
      }
      value = this.#replaceAll(option, value, `<${tag.name}>`, replacement);
      repeats.set(tag.name, (repeats.get(tag.name) ?? 0) + 1);
      tag = findTag(value.text, tag.start);
    }
    if (value !== original) {
      this.#counts.set(option, repeats);
    }
    return value;
  }

  #findReplacement(
    option: string,
    tag: string,
    repeats: ReadonlyMap<string, number>,
    value: OriginText,
  ): OriginText | undefined {
    if (this.#context.ignore.has(tag)) {
      return undefined;
    }
    if (tag === option || (repeats.get(tag) ?? 0) >= MAX_REPEATS) {
      const message = `option "${option}" contains itself through <${tag}> and cannot be resolved`;
      throw new ConfigError("config-recursion", message, startOf(value));
    }
    return this.#values.get(tag) ?? this.#context.find(tag);
  }

  #replaceAll(option: string, value: OriginText, tag: string, replacement: OriginText): OriginText {
    const pieces = value.text.split(tag);
    const length = value.text.length + (pieces.length - 1) * replacement.text.length;
    this.#context.budget.spend(length);
    if (length > VALUE_LIMIT) {
      const message = `option "${option}" grows beyond ${VALUE_LIMIT} characters through ${tag}`;
      throw new ConfigError("config-too-large", message, startOf(value));
    }
    return splice(value, pieces, tag, replacement);
  }
}

function splice(
  value: OriginText,
  pieces: readonly string[],
  tag: string,
  replacement: OriginText,
): OriginText {
  const out = new TextBuilder();
  const linesInTag = tag.split("\n").length - 1;
  let line = 0;
  pieces.forEach((piece, i) => {
    if (i > 0) {
      out.addInserted(replacement);
      line += linesInTag;
    }
    const lines = piece.split("\n").length;
    out.addOwn(piece, value.origins.slice(line, line + lines));
    line += lines - 1;
  });
  return out.build();
}

/** The next `<name>` at or after a position; a name has no blank and no angle bracket in it. */
function findTag(text: string, from: number): { start: number; end: number; name: string } | undefined {
  for (let start = text.indexOf("<", from); start >= 0; ) {
    const stop = findStop(text, start + 1);
    if (text.charAt(stop) === ">" && stop > start + 1) {
      return { start, end: stop + 1, name: text.slice(start + 1, stop) };
    }
    start = text.charAt(stop) === "<" ? stop : text.indexOf("<", stop);
    if (stop >= text.length) {
      return undefined;
    }
  }
  return undefined;
}

function findStop(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "<" || character === ">" || character === " ") {
      return at;
    }
  }
  return text.length;
}
