import type { PatternReader } from "./reader";
import type { Fold, Node, Repeat } from "./tree";

interface Counts {
  readonly min: number;
  readonly max: number;
}

const DIGITS = "0123456789";
const MAX_COUNT = 0xffffffff;
const OPEN_BRACE = 0x7b;

/** Whether a token may begin a quantifier. */
export function startsQuantifier(token: string): boolean {
  return token === "*" || token === "+" || token === "?" || token === "{";
}

/**
 * Reads a quantifier, whose first character is already taken, and puts the repeat in place of the last item;
 * a brace that begins none becomes a literal. Throws RegexError.
 */
export function parseQuantifier(reader: PatternReader, token: string, items: Node[], fold: Fold): void {
  const start = reader.position - 1;
  const counts = parseCounts(reader, token);
  if (!counts) {
    items.push({ type: "literal", code: OPEN_BRACE, fold });
    return;
  }
  const body = items.pop();
  if (!body || body.type === "assertion") {
    throw reader.errorAt(start, "nothing to repeat");
  }
  if (body.type === "repeat") {
    throw reader.errorAt(start, "multiple repeat");
  }
  items.push({ type: "repeat", ...counts, mode: parseMode(reader), body });
}

function parseMode(reader: PatternReader): Repeat["mode"] {
  if (reader.takeIf("?")) {
    return "lazy";
  }
  return reader.takeIf("+") ? "possessive" : "greedy";
}

function parseCounts(reader: PatternReader, token: string): Counts | undefined {
  switch (token) {
    case "?":
      return { min: 0, max: 1 };
    case "*":
      return { min: 0, max: Infinity };
    case "+":
      return { min: 1, max: Infinity };
    default:
      return parseBraces(reader);
  }
}

function parseBraces(reader: PatternReader): Counts | undefined {
  const start = reader.position;
  if (reader.peek() === "}") {
    return undefined;
  }
  const low = reader.takeWhile(DIGITS);
  const high = reader.takeIf(",") ? reader.takeWhile(DIGITS) : low;
  if (!reader.takeIf("}")) {
    reader.seek(start);
    return undefined;
  }
  const min = low === "" ? 0 : Number(low);
  const max = high === "" ? Infinity : Number(high);
  if ((low !== "" && min >= MAX_COUNT) || (high !== "" && max >= MAX_COUNT)) {
    throw reader.errorAt(start, "the repetition number is too large");
  }
  if (max < min) {
    throw reader.errorAt(start, "min repeat greater than max repeat");
  }
  return { min, max };
}
