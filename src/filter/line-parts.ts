import type { MatchedLine } from "../model";

/** A line in three parts, the date cut out of the middle. Regexes see `before + after`, records show all three. */
export interface LineParts {
  readonly before: string;
  readonly date: string;
  readonly after: string;
}

/** The line as records keep it. */
export function toMatchedLine(parts: LineParts): MatchedLine {
  return [parts.before, parts.date, parts.after];
}

/** What the regexes see of a line: without its date, with the newline that `$` may stand before. */
export function visibleText(parts: LineParts): string {
  return `${parts.before}${parts.after}\n`;
}
