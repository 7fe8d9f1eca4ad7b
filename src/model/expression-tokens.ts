import { WarderError } from "./errors";

/** An expression that cannot be read or evaluated. `position` counts characters of its text from 0. */
export class ExpressionError extends WarderError {
  readonly position: number;

  constructor(message: string, position: number) {
    super("expression", message);
    this.name = "ExpressionError";
    this.position = position;
  }
}

/** A piece of an expression: what kind, its text and where it begins. */
export interface Token {
  readonly kind: "int" | "float" | "name" | "sign" | "end";
  readonly text: string;
  readonly position: number;
}

const MAX_LENGTH = 4096;
const TOKEN =
  /\s*(?:(?<float>(?:\d[\d_]*\.[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)|(?<int>\d[\d_]*)|(?<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?<sign>\*\*|\/\/|<<|>>|[<>=!]=|[-+*/%()<>,])|(?<end>$))/y;
const LEADING_ZERO = /^0[0_]*[1-9]/;

/**
 * Cuts an expression into tokens, an `end` token last.
 * @throws ExpressionError at the first character that belongs to none, or when the text is too long.
 */
export function tokenize(text: string): readonly Token[] {
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError(`expression is longer than ${MAX_LENGTH} characters`, MAX_LENGTH);
  }
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let last: Token | undefined;
  while (last?.kind !== "end") {
    last = readToken(text, TOKEN.lastIndex);
    tokens.push(last);
  }
  return tokens;
}

function readToken(text: string, from: number): Token {
  const groups = TOKEN.exec(text)?.groups;
  if (!groups) {
    const position = from + text.slice(from).search(/\S/);
    throw new ExpressionError(`unexpected character at ${position}`, position);
  }
  for (const kind of ["float", "int", "name", "sign"] as const) {
    const found = groups[kind];
    if (found !== undefined) {
      return checkNumber({ kind, text: found, position: TOKEN.lastIndex - found.length }, text);
    }
  }
  return { kind: "end", text: "", position: text.length };
}

function checkNumber(token: Token, text: string): Token {
  if (token.kind !== "int" && token.kind !== "float") {
    return token;
  }
  if (/__|_$|_\.|\._|_[eE]/.test(token.text) || (token.kind === "int" && LEADING_ZERO.test(token.text))) {
    throw new ExpressionError(`"${token.text}" is not a number`, token.position);
  }
  if (/[\w.]/.test(text.charAt(TOKEN.lastIndex))) {
    throw new ExpressionError(`"${token.text}" is followed by letters`, token.position);
  }
  return token;
}
