/** Most characters of one line that a notice shows. */
const LONGEST_LINE = 500;
/** Control characters, invisible marks that turn or hide text, halves of characters, what is no character at all. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** How much of several lines is shown. */
export interface LineLimits {
  readonly lines: number;
  /** Characters of each. */
  readonly width: number;
}

/**
 * One line of text that a stranger wrote, fit for people: line breaks, terminal escapes, bidi marks and all else that
 * is not seen are shown as `\x1b` or `\u202e`; what is too long is cut and says so.
 */
export function cleanLine(text: string, longest: number = LONGEST_LINE): string {
  const cut = text.length > longest ? text.slice(0, longest) : text;
  const clean = cut.replace(UNSEEN, showCharacter);
  return cut === text ? clean : `${clean}… (${text.length - longest} characters more)`;
}

/** Several lines, each clean; tabs become blanks. The last one tells how many are left out. */
export function cleanLines(lines: readonly string[], limits: LineLimits): readonly string[] {
  const shown = lines
    .slice(0, limits.lines)
    .map((line) => cleanLine(line.replace(/\t/g, " ").trimEnd(), limits.width));
  const rest = lines.length - shown.length;
  return rest > 0 ? [...shown, `(${rest} more)`] : shown;
}

/** A text of several lines, such as the answer of a whois server. */
export function cleanText(text: string, limits: LineLimits): readonly string[] {
  return cleanLines(text.split(/\r\n|\r|\n/), limits);
}

function showCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) {
    return "\ufffd";
  }
  if (code > 0xffff) {
    return `\\u{${code.toString(16)}}`;
  }
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
