/** How far a date must stand alone: after two non-word characters of the line at most, beside any non-word, or not at all. */
export type Begin = "line" | "word" | "none";

/** A date regex as it will be compiled, in Python's syntax. */
export interface BoundedRegex {
  readonly source: string;
  /** Matched on the whole line and accepted at once: it can only be at the line's begin or end. */
  readonly anchored: boolean;
  /** Whether the asked begin was put in front; not where the regex has a `^` or `**` itself. */
  readonly bounded: boolean;
  /** Whether the first group was put around everything, so that it ends where the match ends. */
  readonly wrapped: boolean;
  /** Whether all that was matched for the date is the text of group 1. */
  readonly contained: boolean;
}

const FLAGS = /^(?:\(\?[aiLmsux]+\))+/;
/** `(2024)`, not `\(2024` nor `(?:2024)`. */
const PLAIN_GROUP = /(?<!\\)\((?!\?)/;
/** `^`, `((^`, `(?:^`, `**`. */
const OWN_BEGIN = /^\(*(?:\(\?[aiLmsux]+\))?(?:\^|\(\?:\^|\*\*)/;
/** `$`, `$)`, `**`, `\b`, `\s`. */
const OWN_END = /(?:(?<!\\)\$\)*|\*\*\)*|(?<!\\)\\[bs])$/;
const LINE_BEGIN = /^(?:\^|\((?:\?:)?\^(?!\|))/;
const LINE_END = /(?<![\\|])\$\)?$/;
const STARS = /^(\(*)\*\*|\*\*(\)*)$/g;
const LOOK = /\(\?<?[=!]/;
const LINE_FRONT = "^(?:\\W{0,2})?";
const WORD_FRONT = "(?=^|\\b|\\W)";
const WORD_BACK = "(?=\\b|\\W|$)";

/**
 * Adds what fail2ban adds to every date regex: a first group to cut out, and boundaries on both sides.
 * DIFFERS: flags at the front stay there, and an escaped `$` at the end is text; fail2ban makes invalid regexes of some.
 */
export function boundRegex(regex: string, begin: Begin, end: boolean): BoundedRegex {
  const flags = FLAGS.exec(regex.trim())?.[0] ?? "";
  const body = regex.trim().slice(flags.length);
  const bounded = begin !== "none" && !OWN_BEGIN.test(body);
  const front = bounded ? (begin === "line" ? LINE_FRONT : WORD_FRONT) : "";
  const back = end && !OWN_END.test(body) ? WORD_BACK : "";
  const wrapped = !PLAIN_GROUP.test(body);
  const grouped = wrapped ? wrap(body) : body;
  return {
    source: flags + front + grouped.replaceAll(STARS, "$1$2") + back,
    anchored:
      (bounded && begin === "line") || LINE_BEGIN.test(front + grouped) || LINE_END.test(grouped + back),
    bounded,
    wrapped,
    contained: wrapped && !LOOK.test(body),
  };
}

/** Puts a group around everything between a leading `^` and a trailing `$`. */
function wrap(body: string): string {
  const from = body.startsWith("^") ? 1 : 0;
  const to = body.length - (/(?<!\\)\$$/.test(body) && body.length > from ? 1 : 0);
  return `${body.slice(0, from)}(${body.slice(from, to)})${body.slice(to)}`;
}
