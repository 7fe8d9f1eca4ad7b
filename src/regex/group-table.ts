import { lengthOf } from "./characters";
import { isGroupNumber, quote } from "./names";
import type { PatternReader } from "./reader";

/** The groups met so far while a pattern is read, and the rules about naming and referring to them. */
export class GroupTable {
  readonly names = new Map<string, number>();
  readonly #reader: PatternReader;
  readonly #open = new Set<number>();
  readonly #forward = new Map<number, number>();
  #count = 0;
  #lookBehindLimit: number | undefined;

  constructor(reader: PatternReader) {
    this.#reader = reader;
  }

  get count(): number {
    return this.#count;
  }

  /** Starts the next capturing group and returns its number. Throws RegexError for a name used before. */
  open(name: string | undefined): number {
    const index = this.#count + 1;
    const before = name === undefined ? undefined : this.names.get(name);
    if (name !== undefined && before !== undefined) {
      const reason = `redefinition of group name ${quote(name)} as group ${index}; was group ${before}`;
      throw this.#errorBefore(name.length + 1, reason);
    }
    if (name !== undefined) {
      this.names.set(name, index);
    }
    this.#count = index;
    this.#open.add(index);
    return index;
  }

  close(index: number): void {
    this.#open.delete(index);
  }

  /** Runs `read` as the inside of a look-behind, which may not refer to its own groups. */
  insideLookBehind<T>(read: () => T): T {
    const before = this.#lookBehindLimit;
    this.#lookBehindLimit ??= this.#count;
    try {
      return read();
    } finally {
      this.#lookBehindLimit = before;
    }
  }

  /** The number of a named group. Throws RegexError. */
  find(name: string): number {
    const index = this.names.get(name);
    if (index === undefined) {
      throw this.#errorBefore(lengthOf(name) + 1, `unknown group name ${quote(name)}`);
    }
    return index;
  }

  /** Checks a back-reference; `length` is how long the number or name just read is. Throws RegexError. */
  checkReference(index: number, length: number): void {
    if (index > this.#count) {
      throw this.#errorBefore(length, `invalid group reference ${index}`);
    }
    if (this.#open.has(index)) {
      throw this.#errorBefore(length + 1, "cannot refer to an open group");
    }
    this.#checkLookBehind(index);
  }

  /** The group a conditional asks for, by name or number; it may come later in the pattern. Throws RegexError. */
  parseCondition(text: string): number {
    const length = lengthOf(text) + 1;
    if (!isGroupNumber(text)) {
      this.checkName(text);
      const index = this.find(text);
      this.#checkLookBehind(index);
      return index;
    }
    const index = Number(text);
    if (index === 0) {
      throw this.#errorBefore(length, "bad group number");
    }
    if (!this.#forward.has(index)) {
      this.#forward.set(index, this.#reader.position - length);
    }
    this.#checkLookBehind(index);
    return index;
  }

  /** Checks that a text just read with its end mark is a name. Throws RegexError. */
  checkName(name: string): void {
    if (!/^[\p{L}\p{Nl}_][\p{L}\p{Nl}_\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(name)) {
      throw this.#errorBefore(lengthOf(name) + 1, `bad character in group name ${quote(name)}`);
    }
  }

  /** To be called at the end: conditionals must name groups that exist. Throws RegexError. */
  checkForward(): void {
    for (const [index, position] of this.#forward) {
      if (index > this.#count) {
        throw this.#reader.errorAt(position, `invalid group reference ${index}`);
      }
    }
  }

  #checkLookBehind(index: number): void {
    if (this.#lookBehindLimit === undefined) {
      return;
    }
    if (this.#open.has(index) || index > this.#count) {
      throw this.#reader.error("cannot refer to an open group");
    }
    if (index > this.#lookBehindLimit) {
      throw this.#reader.error("cannot refer to group defined in the same lookbehind subpattern");
    }
  }

  #errorBefore(length: number, reason: string) {
    return this.#reader.errorAt(this.#reader.position - length, reason);
  }
}
