import { code, FunctionDraft, type Code, type ModuleWriter } from "../wasm";
import type { Bounds } from "./byte-parts";

/** Variables of a module that all its matchers use in turn. */
export interface MatchGlobals {
  /** The text: where it begins, where it ends, and where its last line ends. */
  readonly start: number;
  readonly end: number;
  readonly lineEnd: number;
  /** Steps that are left. */
  readonly fuel: number;
  /** Where what was matched by a function of its own ends. */
  readonly result: number;
}

/** A function that is being written: it takes an address, and reads the bounds of the text where it needs them. */
export class ByteFunction implements Bounds {
  readonly draft = new FunctionDraft(1);
  readonly #globals: MatchGlobals;
  readonly #word: () => number;
  readonly #head: Code[] = [];
  readonly #held = new Map<number, Code>();

  /** `word` gives the number of the function that knows word characters. */
  constructor(globals: MatchGlobals, word: () => number) {
    this.#globals = globals;
    this.#word = word;
  }

  get start(): Code {
    return this.#hold(this.#globals.start);
  }

  get end(): Code {
    return this.#hold(this.#globals.end);
  }

  get lineEnd(): Code {
    return this.#hold(this.#globals.lineEnd);
  }

  readonly isWord = (address: Code): Code => code.call(this.#word(), address);

  /** How many of its locals hold bounds. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** What comes before everything else: without fuel it gives `otherwise`. */
  headFor(otherwise: number): Code {
    const { fuel } = this.#globals;
    const end = code.when(isBurnt(fuel), code.giveBack(code.i32(otherwise)));
    return code.all(burn(fuel, end), ...this.#head);
  }

  /** A local with the value of a global, which does not change meanwhile. */
  #hold(global: number): Code {
    let held = this.#held.get(global);
    if (!held) {
      const local = this.draft.local();
      this.#head.push(code.set(local, code.getGlobal(global)));
      held = code.get(local);
      this.#held.set(global, held);
    }
    return held;
  }
}

/** Takes one step of fuel, and then does what has to be done when there is none. */
export function burn(fuel: number, then: Code): Code {
  return code.all(code.setGlobal(fuel, code.subtract(code.getGlobal(fuel), code.i32(1))), then);
}

export function isBurnt(fuel: number): Code {
  return code.lessThan(code.getGlobal(fuel), code.i32(0));
}

const WORD = /\w/;

/** Defines the function that tells whether a word character stands at an address inside of the text. */
export function defineWord(
  module: ModuleWriter,
  globals: MatchGlobals,
  table: (set: Uint8Array) => number,
): number {
  const index = module.reserve(1);
  const words = Uint8Array.from({ length: 128 }, (_, i) => (WORD.test(String.fromCharCode(i)) ? 1 : 0));
  const isInside = code.and(
    code.atLeast(code.get(0), code.getGlobal(globals.start)),
    code.lessThan(code.get(0), code.getGlobal(globals.end)),
  );
  const isWord = code.load8(code.load8(code.get(0)), table(words));
  module.define(index, new FunctionDraft(1), code.giveBack(code.both(isInside, isWord)));
  return index;
}
