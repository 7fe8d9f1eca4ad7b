import { charactersOf } from "./characters";
import { RegexError, placeOf, type RegexErrorCode } from "./errors";

/** Reads a pattern token by token: a token is one character (code point), or a backslash and the one after it. */
export class PatternReader {
  readonly source: string;
  readonly #chars: readonly string[];
  #index = 0;

  constructor(source: string) {
    this.source = source;
    this.#chars = charactersOf(source);
  }

  /** Index of the next token, in characters. */
  get position(): number {
    return this.#index;
  }

  seek(position: number): void {
    this.#index = position;
  }

  /** The next token, or undefined at the end. Throws RegexError for a backslash with nothing behind it. */
  peek(): string | undefined {
    const char = this.#chars[this.#index];
    if (char !== "\\") {
      return char;
    }
    const escaped = this.#chars[this.#index + 1];
    if (escaped === undefined) {
      throw this.errorAt(this.#index, "bad escape (end of pattern)");
    }
    return char + escaped;
  }

  take(): string | undefined {
    const token = this.peek();
    if (token !== undefined) {
      this.#index += token.startsWith("\\") ? 2 : 1;
      this.#lookAhead();
    }
    return token;
  }

  takeIf(token: string): boolean {
    if (this.peek() !== token) {
      return false;
    }
    this.take();
    return true;
  }

  /** At most `limit` characters out of `accepted`. */
  takeWhile(accepted: string, limit = Infinity): string {
    let taken = "";
    for (let next = this.#chars[this.#index]; taken.length < limit; next = this.#chars[this.#index]) {
      if (next === undefined || !accepted.includes(next)) {
        break;
      }
      taken += next;
      this.#index += 1;
    }
    this.#lookAhead();
    return taken;
  }

  /** The text up to `terminator`, which is taken too; `what` names it in the error when it is empty or open. */
  takeUntil(terminator: string, what: string): string {
    const start = this.#index;
    for (let token = this.take(); token !== undefined; token = this.take()) {
      if (token === terminator) {
        const text = this.#chars.slice(start, this.#index - 1).join("");
        if (text === "") {
          throw this.errorAt(start, `missing ${what}`);
        }
        return text;
      }
    }
    throw this.errorAt(
      start,
      start === this.#index ? `missing ${what}` : `missing ${terminator}, unterminated name`,
    );
  }

  /** Python reads one token ahead: it complains of a lonely backslash before anything about the token at hand. */
  #lookAhead(): void {
    this.peek();
  }

  errorAt(position: number, reason: string, code: RegexErrorCode = "regex-syntax"): RegexError {
    return new RegexError(code, reason, placeOf(this.source, position));
  }

  /** An error where the reader stands. */
  error(reason: string): RegexError {
    return this.errorAt(this.#index, reason);
  }
}
