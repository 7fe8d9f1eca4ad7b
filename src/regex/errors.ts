import { charactersOf } from "./characters";
import { WarderError } from "../model";

/** `regex-syntax`: Python refuses the pattern too. `regex-unsupported`: Python takes it, we do not. */
export type RegexErrorCode = "regex-syntax" | "regex-unsupported";

/** Where a pattern is wrong. `position` counts characters from 0, `line` and `column` from 1. */
export interface RegexPlace {
  readonly position: number;
  readonly line: number;
  readonly column: number;
}

/**
 * A pattern that cannot be compiled. `reason` has Python's own wording ("missing ), unterminated subpattern");
 * the message is that of Python's `re.error`: reason, position and, for patterns of several lines, line and column.
 */
export class RegexError extends WarderError implements RegexPlace {
  declare readonly code: RegexErrorCode;
  readonly reason: string;
  readonly position: number;
  readonly line: number;
  readonly column: number;

  constructor(code: RegexErrorCode, reason: string, place: RegexPlace) {
    super(code, formatReason(reason, place));
    this.name = "RegexError";
    this.reason = reason;
    this.position = place.position;
    this.line = place.line;
    this.column = place.column;
  }
}

/** Line and column of a position that counts characters (code points) of the pattern. */
export function placeOf(source: string, position: number): RegexPlace {
  const before = charactersOf(source.slice(0, 2 * position)).slice(0, position);
  const lastBreak = before.lastIndexOf("\n");
  const line = before.filter((char) => char === "\n").length + 1;
  return { position, line, column: position - lastBreak };
}

function formatReason(reason: string, place: RegexPlace): string {
  const where = `${reason} at position ${place.position}`;
  return place.line > 1 ? `${where} (line ${place.line}, column ${place.column})` : where;
}
