import { RegexError } from "../regex";
import type { FieldPath } from "./field-path";

/** How a failregex that reads fields begins. DIFFERS: to Python, and so to fail2ban, it is a mistake that they refuse. */
const MARK = "(?json)";

const OPERATORS = ["=", "!=", "~", "!~", "<", "<=", ">", ">=", "?="] as const;
type Operator = (typeof OPERATORS)[number];

/** One demand on a line. `there` and `absent` have no value. */
export interface FieldTerm {
  readonly path: FieldPath;
  readonly operator: Operator | "there" | "absent";
  readonly value: string;
  /** In quotes: never a tag. */
  readonly isQuoted: boolean;
  /** Where it begins in the text. */
  readonly position: number;
}

const GAP = /(?:\s|\(\?#[^)]*\))*/y;
const NOT = /!/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const NAME = /[\w$@/-]+/y;
const DOT = /\./y;
const OPERATOR = /[!<>?]=|!~|[=~<>]/y;
const BARE = /(?:(?!\(\?#)[^\s"])(?:(?!\(\?#)\S)*/y;
const END = /$|\s|\(\?#/y;

/** Tells whether a failregex reads fields of JSON lines. */
export function isFieldRegex(text: string): boolean {
  return text.trimStart().startsWith(MARK);
}

/**
 * Reads `(?json) status=401 request.remote_ip=<ADDR>`.
 * @throws RegexError with the place of the mistake.
 */
export function parseFieldTerms(text: string): readonly FieldTerm[] {
  const reader = new TermReader(text, text.indexOf(MARK) + MARK.length);
  const terms = reader.readAll();
  if (terms.length === 0) {
    throw fieldError(text, text.length, "no field is named");
  }
  return terms;
}

/** A mistake at a place, counted in UTF-16 units here and in characters in the error. */
export function fieldError(text: string, index: number, reason: string): RegexError {
  const position = Array.from(text.slice(0, index)).length;
  return new RegexError("regex-syntax", reason, { position, line: 1, column: position + 1 });
}

class TermReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  readAll(): readonly FieldTerm[] {
    const terms: FieldTerm[] = [];
    this.#take(GAP);
    while (this.#at < this.#text.length) {
      terms.push(this.#readTerm());
      this.#take(GAP);
    }
    return terms;
  }

  #readTerm(): FieldTerm {
    const position = this.#at;
    const isAbsent = this.#take(NOT) !== undefined;
    const path = this.#readPath();
    const operator = isAbsent ? undefined : (this.#take(OPERATOR)?.[0] as Operator | undefined);
    if (operator === undefined) {
      this.#demandEnd("expected one of = != ~ !~ < <= > >= ?=");
      const alone = isAbsent ? ("absent" as const) : ("there" as const);
      return { path, operator: alone, value: "", isQuoted: false, position };
    }
    const quoted = this.#take(QUOTED)?.[1];
    const value = quoted === undefined ? this.#take(BARE)?.[0] : unquote(quoted);
    if (value === undefined) {
      throw this.#error(this.#text[this.#at] === '"' ? "missing closing quote" : "expected a value");
    }
    this.#demandEnd("expected a blank behind the value");
    return { path, operator, value, isQuoted: quoted !== undefined, position };
  }

  #readPath(): FieldPath {
    const path: string[] = [];
    do {
      const quoted = this.#take(QUOTED)?.[1];
      const name = quoted === undefined ? this.#take(NAME)?.[0] : unquote(quoted);
      if (name === undefined) {
        throw this.#error("expected the name of a field");
      }
      path.push(name);
    } while (this.#take(DOT));
    return path;
  }

  #demandEnd(reason: string): void {
    if (this.#take(END) === undefined) {
      throw this.#error(reason);
    }
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    this.#at += pattern === END ? 0 : (match?.[0].length ?? 0);
    return match;
  }

  #error(reason: string): RegexError {
    return fieldError(this.#text, this.#at, reason);
  }
}

/** Only the quote itself is escaped, so that a regex keeps its backslashes. */
function unquote(text: string): string {
  return text.replaceAll('\\"', '"');
}
