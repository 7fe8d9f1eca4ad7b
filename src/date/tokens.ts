import { WarderError } from "../model";

/**
 * One `%` token: the word it has in display names and what it matches, in Python's syntax.
 * DIFFERS: digits are ASCII digits, where fail2ban also reads those of other scripts; %k and %l may stand first in a
 * pattern, where fail2ban makes an invalid regex of it; `%(name)s` and other forms of Python's `%` are refused.
 */
interface Token {
  readonly word: string;
  readonly source: string;
}

/** The last year that `%ExY` knows in a process that is not older than this program. */
export const FIRST_KNOWN_UNTIL = 2029;

export const MONTHS =
  "january february march april may june july august september october november december".split(" ");
/** Monday first, as Python counts. */
export const WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split(" ");

const ZONE_OFFSET = "[+-][01][0-9](?::?[0-9]{2})?";
const ZONE_NAME = "[A-Z](?:[A-Z]{2,4})?";
const MINUTE = "[0-5]?[0-9]";
const WEEK = "5[0-3]|[0-4][0-9]|[0-9]";

const TOKENS = new Map<string, Token>([
  ["%", { word: "%", source: "%" }],
  ["a", group("a", "DAY", oneOf(WEEKDAYS.map((name) => name.slice(0, 3))))],
  ["A", group("A", "DAYNAME", oneOf(WEEKDAYS))],
  ["b", group("b", "MON", oneOf(MONTHS.map((name) => name.slice(0, 3))))],
  ["B", group("B", "MONTH", oneOf(MONTHS))],
  ["d", group("d", "Day", "[12][0-9]|[ 0]?[1-9]|3[01]")],
  ["f", group("f", "Microseconds", "[0-9]{1,6}")],
  ["G", group("G", "%G", "[0-9]{4}")],
  ["H", group("H", "24hour", "[01]?[0-9]|2[0-3]")],
  ["I", group("I", "12hour", "1[0-2]|0?[1-9]")],
  ["j", group("j", "Yearday", "36[0-6]|3[0-5][0-9]|[12][0-9]{2}|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0?[1-9]")],
  ["k", padded(group("H", "%k", "[0-2]?[0-9]"))],
  ["l", padded(group("I", "%l", "1?[0-9]"))],
  ["m", group("m", "Month", "0?[1-9]|1[0-2]")],
  ["M", group("M", "Minute", MINUTE)],
  ["p", group("p", "AMPM", "[ap]m")],
  ["S", group("S", "Second", `${MINUTE}|6[01]`)],
  ["u", group("u", "%u", "[1-7]")],
  ["U", group("U", "Yearweek", WEEK)],
  ["V", group("V", "%V", "5[0-3]|0[1-9]|[1-4][0-9]|[0-9]")],
  ["w", group("w", "Weekday", "[0-6]")],
  ["W", group("W", "Yearweek", WEEK)],
  ["y", group("y", "Year2", "[0-9]{2}")],
  ["Y", group("Y", "Year", "[0-9]{4}")],
  ["z", group("z", "Zone offset", `Z|UTC|GMT|${ZONE_OFFSET}`)],
  ["Z", group("Z", "Zone name", "Z|[A-Z]{3,5}")],
  ["Exd", group("d", "ExDay", "[12][0-9]|0[1-9]|3[01]")],
  ["Exm", group("m", "ExMonth", "0[1-9]|1[0-2]")],
  ["Exy", group("y", "ExYear2", "[0-9]{2}")],
  ["ExH", group("H", "Ex24hour", "[01][0-9]|2[0-3]")],
  ["ExM", group("M", "ExMinute", "[0-5][0-9]")],
  ["ExS", group("S", "ExSecond", "[0-5][0-9]|6[01]")],
  ["Exk", padded(group("H", "%Exk", "[01]?[0-9]|2[0-3]"))],
  ["Exl", padded(group("I", "%Exl", "1[0-2]|[0-9]"))],
  ["Exz", group("z", "ExZone offset", `(?:${ZONE_NAME})?${ZONE_OFFSET}|${ZONE_NAME}`)],
  ["ExZ", group("Z", "ExZone name", ZONE_NAME)],
]);
/** What the C locale makes of the composites. */
const COMPOSITES = new Map([
  ["c", "%a\\s+%b\\s+%d\\s+%X\\s+%Y"],
  ["x", "%m/%d/%y"],
  ["X", "%H:%M:%S"],
]);
const PERCENT = /%(Ex[\s\S]|[\s\S]|$)/g;
/** Tokens with letters in them make the whole pattern ignore case, unless another `%` stands before. */
const LETTERS = /(?<!%)%[aAbBpc]/;

/** The pattern's regex in Python's syntax, every token replaced; `lastYear` is the last that `%ExY` has to know. */
export function expandTokens(pattern: string, lastYear: number): string {
  return pattern.replace(PERCENT, (_, letter: string, at: number) => {
    if (letter === "ExY") {
      return `(?P<Y>${yearsUntil(lastYear)})`;
    }
    const composite = COMPOSITES.get(letter);
    return composite === undefined
      ? (TOKENS.get(letter)?.source ?? refuse(pattern, at))
      : expandTokens(composite, lastYear);
  });
}

/** The pattern with words in place of tokens: `Year-Month-Day`. */
export function nameOfPattern(pattern: string): string {
  return pattern.replace(PERCENT, (whole, letter: string) =>
    letter === "ExY" ? "ExYear" : (TOKENS.get(letter)?.word ?? whole),
  );
}

/** Whether the pattern has names of days or months in it and so must ignore case. */
export function hasLetterTokens(pattern: string): boolean {
  return LETTERS.test(pattern);
}

/** The end of the decade of three years later: what `%ExY` has to know in a year. */
export function knownUntil(year: number): number {
  const last = year + 3;
  return Math.max(FIRST_KNOWN_UNTIL, last - (last % 10) + 9);
}

function yearsUntil(lastYear: number): string {
  return lastYear > 2099 ? "2[0-9]{3}" : `20[0-${Math.floor((lastYear % 100) / 10)}][0-9]`;
}

/** @throws WarderError date-pattern. */
function refuse(pattern: string, at: number): never {
  const letter = pattern[at + 1];
  const reason =
    letter === undefined
      ? "incomplete format"
      : `unsupported format character '${printable(letter)}' (0x${letter.charCodeAt(0).toString(16)}) at index ${at + 1}`;
  throw new WarderError(
    "date-pattern",
    `Failed to set datepattern '${pattern}' (may be an invalid format or unescaped percent char): ${reason}`,
  );
}

function printable(letter: string): string {
  return letter >= " " && letter <= "~" ? letter : "?";
}

function group(name: string, word: string, source: string): Token {
  return { word, source: `(?P<${name}>${source})` };
}

function padded(token: Token): Token {
  return { word: token.word, source: `(?: ?${token.source})` };
}

function oneOf(words: readonly string[]): string {
  return words.join("|");
}
