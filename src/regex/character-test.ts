import { characterSource } from "./class-source";
import type { AnyCharacter, CharacterSet, Literal } from "./tree";

const ASCII_SIZE = 128;

/** Tells whether one character, given by its code point, is matched by a literal, a dot or a class. */
export class CharacterTest {
  readonly #ascii = new Uint8Array(ASCII_SIZE);
  readonly #regexp: RegExp;

  constructor(node: Literal | AnyCharacter | CharacterSet) {
    this.#regexp = new RegExp(`^(?:${characterSource(node, "unicode")})$`, "u");
    for (let code = 0; code < ASCII_SIZE; code += 1) {
      this.#ascii[code] = this.#regexp.test(String.fromCharCode(code)) ? 1 : 0;
    }
  }

  accepts(code: number): boolean {
    return code < ASCII_SIZE ? this.#ascii[code] === 1 : this.#regexp.test(String.fromCodePoint(code));
  }
}
