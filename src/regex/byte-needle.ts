import { code, FunctionDraft, type Code } from "../wasm";
import type { AsciiSet } from "./ascii-set";
import type { ByteModule } from "./byte-module";
import { joinSingles } from "./byte-parts";
import { wordTest } from "./byte-test";
import { requiredLiterals } from "./literals";
import type { Node, Pattern } from "./tree";

/** So many bytes are looked at together. */
const STEP = 16;
/** Shorter texts stand in too many lines, longer ones tell no more. */
const SHORTEST = 3;
const LONGEST = 16;

/**
 * A text that has to be somewhere in what a pattern matches, where looking for it first is worth it: a pattern that
 * begins with text of its own ends as soon as that.
 */
export function chooseNeedle(pattern: Pattern): string | undefined {
  if (beginsWithText(pattern.root)) {
    return undefined;
  }
  const texts = requiredLiterals(pattern).flatMap(({ texts: [text = "", ...more], ignoreCase }) =>
    more.length === 0 && !ignoreCase ? [text.slice(0, LONGEST)] : [],
  );
  const best = texts.reduce((one, text) => (weigh(text) > weigh(one) ? text : one), "");
  return best.length < SHORTEST ? undefined : best;
}

/** Letters and digits tell more than blanks and signs, of which every line of a log has the same. */
function weigh(text: string): number {
  return text.length + 2 * text.replaceAll(/[^0-9A-Za-z]/g, "").length;
}

/** Whether at least two characters of which nothing is optional come first. */
function beginsWithText(node: Node): boolean {
  const items = node.type === "sequence" ? node.items : [node];
  const [first] = joinSingles(items.filter(({ type }) => type !== "assertion"));
  return first !== undefined && first.length > 1;
}

/** Writes the function that tells whether a text of ASCII stands between two addresses; its number. */
export function writeNeedle(text: string, { module, tests }: ByteModule): number {
  const index = module.reserve(2);
  const draft = new FunctionDraft(2);
  const [from, to, bits, at] = [0, 1, draft.local(), draft.local()];
  const last = text.length - 1;
  const sets = Array.from(text, (char): AsciiSet => 1n << BigInt(char.codePointAt(0) ?? 0));
  const hasByte = (offset: number): Code =>
    code.eq8(code.loadVector(code.get(from), offset), code.splat8(code.i32(text.charCodeAt(offset))));
  const isInside = code.atMost(code.plus(at, text.length), code.get(to));
  const isHere = code.both(isInside, wordTest(tests, sets, { local: at, offset: 0 }));
  const lookAt = code.all(
    code.set(at, code.add(code.get(from), code.trailingZeros(code.get(bits)))),
    code.when(isHere, code.giveBack(code.i32(1))),
    code.set(bits, code.and(code.get(bits), code.subtract(code.get(bits), code.i32(1)))),
  );
  const round = code.all(
    code.set(bits, code.bits8(code.andVectors(hasByte(0), hasByte(last)))),
    code.whileTrue(code.get(bits), lookAt),
    code.set(from, code.plus(from, STEP)),
  );
  const isOpen = code.atMost(code.plus(from, text.length), code.get(to));
  module.define(index, draft, code.all(code.whileTrue(isOpen, round), code.giveBack(code.i32(0))));
  return index;
}
