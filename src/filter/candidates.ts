import type { LiteralClause } from "../regex";
import { MIN_NEEDLE, piecesAround, type DateCut } from "./date-cut";

/** A text that a candidate line must contain, in ASCII, so that it can be looked for in undecoded bytes. */
export interface Needle {
  readonly text: string;
  readonly ignoreCase: boolean;
}

/**
 * The best set of needles for a regex: any text it matches contains at least one of them, or with `cut` any line that
 * becomes such a text when its date is cut out. `undefined` when the regex demands no text long enough; then every
 * line is a candidate.
 */
export function chooseNeedles(
  clauses: readonly LiteralClause[],
  cut?: DateCut,
): readonly Needle[] | undefined {
  let best: { needles: readonly Needle[]; score: number } | undefined;
  for (const clause of clauses) {
    const needles = needlesOf(clause, cut);
    if (needles) {
      const score = Math.min(...needles.map((needle) => needle.text.length)) - Math.log2(needles.length);
      best = !best || score > best.score ? { needles, score } : best;
    }
  }
  return best?.needles;
}

/** One expression that finds any of the needles; needles that contain another one are left out. */
export function compileNeedles(needles: readonly Needle[]): RegExp {
  if (needles.length === 0) {
    return /(?!)/g;
  }
  const texts = new Set(leastNeedles(needles).map((needle) => escapeNeedle(needle)));
  return new RegExp([...texts].join("|"), "g");
}

/** The needles without those that contain another one. */
export function leastNeedles(needles: readonly Needle[]): readonly Needle[] {
  return needles.filter((needle) => !needles.some((other) => makesNeedless(other, needle)));
}

function needlesOf(clause: LiteralClause, cut: DateCut | undefined): readonly Needle[] | undefined {
  const needles: Needle[] = [];
  for (const literal of clause.texts) {
    const text = longestSafePart(literal, clause.ignoreCase);
    const pieces = cut ? piecesAround(text, cut) : [text];
    if (!pieces || text.length < MIN_NEEDLE) {
      return undefined;
    }
    needles.push(...pieces.map((piece) => ({ text: piece, ignoreCase: clause.ignoreCase })));
  }
  return needles.length > 0 ? needles : undefined;
}

/**
 * Without regard to case `k` and `s` have partners outside ASCII (the Kelvin sign, the long s), so they end a part.
 * A carriage return may be cut off a line before it is matched.
 */
function longestSafePart(literal: string, ignoreCase: boolean): string {
  const unsafe = ignoreCase ? /[ks\r]/i : /\r/;
  return literal.split(unsafe).reduce((best, part) => (part.length > best.length ? part : best), "");
}

function makesNeedless(other: Needle, needle: Needle): boolean {
  if (other === needle || other.text.length > needle.text.length) {
    return false;
  }
  if (other.ignoreCase) {
    const [inner, outer] = [other.text.toLowerCase(), needle.text.toLowerCase()];
    return outer.includes(inner) && (inner !== outer || !needle.ignoreCase);
  }
  return !needle.ignoreCase && needle.text.includes(other.text) && needle.text !== other.text;
}

function escapeNeedle(needle: Needle): string {
  const escaped = needle.text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  return needle.ignoreCase
    ? escaped.replaceAll(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)
    : escaped;
}
