import { formatPython, type CommandValue } from "../model";
import { isPythonSpace } from "./python-text";
import type { StreamEntry } from "./stream";

const WIDTH = 1000;
const INDENT = 2;
/** Where Python's `str.splitlines` ends a line, the break belonging to the line. */
const LINES =
  /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g;

/** Room on both sides of a value: its column, and how many closing signs follow it. */
interface Place {
  readonly column: number;
  readonly after: number;
}

/**
 * The stream as `fail2ban-client --dp` prints it: Python's pprint, 1000 columns, indented by 2.
 * Source: Python library reference, `pprint`; the breaking of long texts as CPython does it.
 */
export function formatStreamPretty(entries: readonly StreamEntry[]): string {
  return entries.map((entry) => `${formatPretty(entry.command, { column: 0, after: 0 })}\n`).join("");
}

function formatPretty(value: CommandValue, place: Place): string {
  const text = formatPython(value);
  if (lengthOf(text) <= WIDTH - place.column - place.after) {
    return text;
  }
  if (typeof value === "string") {
    return formatLongText(value, place);
  }
  return Array.isArray(value) ? formatList(value as readonly CommandValue[], place) : text;
}

function formatList(items: readonly CommandValue[], place: Place): string {
  const column = place.column + INDENT;
  const parts = items.map((item, i) =>
    formatPretty(item, { column, after: i === items.length - 1 ? place.after + 1 : 1 }),
  );
  return `[${" ".repeat(INDENT - 1)}${parts.join(`,\n${" ".repeat(column)}`)}]`;
}

/** A text too long for its line is cut after line breaks, then after blanks, into texts that Python would join. */
function formatLongText(text: string, place: Place): string {
  const width = WIDTH - place.column;
  const lines = text.match(LINES) ?? [];
  const chunks = lines.flatMap((line, i) => {
    const after = i === lines.length - 1 ? place.after : 0;
    return lengthOf(formatPython(line)) <= width - after ? [line] : cutLine(line, width, after);
  });
  return chunks.map(formatPython).join(`\n${" ".repeat(place.column)}`);
}

function cutLine(line: string, width: number, after: number): string[] {
  const words = splitWords(line);
  const chunks: string[] = [];
  let current = "";
  words.forEach((word, i) => {
    const room = i === words.length - 1 ? width - after : width;
    if (current !== "" && lengthOf(formatPython(current + word)) > room) {
      chunks.push(current);
      current = word;
    } else {
      current += word;
    }
  });
  return [...chunks, current];
}

/** Words with the blanks that follow them. */
function splitWords(line: string): string[] {
  const words: string[] = [];
  let start = 0;
  for (let at = 1; at <= line.length; at++) {
    const begins = !isPythonSpace(line.charAt(at)) && isPythonSpace(line.charAt(at - 1));
    if (at === line.length || begins) {
      words.push(line.slice(start, at));
      start = at;
    }
  }
  return words;
}

/** Python counts characters, not UTF-16 units. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
