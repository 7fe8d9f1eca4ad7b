import { all, flatten, unsigned, type Code } from "./instructions";

export type ValueType = "i32" | "v128";

const TYPES: Readonly<Record<ValueType, number>> = { i32: 0x7f, v128: 0x7b };
const FUNCTION = 0x60;
const MUTABLE = 1;
const END = 0x0b;
const MAGIC: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The locals of a function that is being written; its parameters are the first of them. */
export class FunctionDraft {
  readonly parameters: number;
  readonly #locals: ValueType[] = [];

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  /** A new local, 0 at first. */
  local(type: ValueType = "i32"): number {
    return this.parameters + this.#locals.push(type) - 1;
  }

  get locals(): readonly ValueType[] {
    return this.#locals;
  }
}

/** A module of functions that all take numbers and give one, with a memory and functions that come from outside. */
export class ModuleWriter {
  readonly #imports: { readonly name: string; readonly parameters: number }[] = [];
  readonly #functions: { readonly parameters: number; body: readonly number[] }[] = [];
  readonly #globals: number[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];

  /** A function from outside, `e.NAME`; to be called before any function is reserved. */
  import(name: string, parameters: number): number {
    return this.#imports.push({ name, parameters }) - 1;
  }

  /** A variable of the module; its number. */
  global(initial = 0): number {
    return this.#globals.push(initial) - 1;
  }

  /** The number of a function that will be defined. */
  reserve(parameters: number): number {
    return this.#imports.length + this.#functions.push({ parameters, body: [] }) - 1;
  }

  /** The statements have to give a value back. */
  define(index: number, draft: FunctionDraft, statements: Code): void {
    const place = this.#functions[index - this.#imports.length];
    if (place) {
      // Made one list at once: lists within lists take many times the memory.
      place.body = toBytes(
        all(
          unsigned(draft.locals.length),
          ...draft.locals.map((type) => [1, TYPES[type]]),
          statements,
          // Behind all ways out.
          [0x00, END],
        ),
      );
    }
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** The module as bytes; it imports its memory as `e.memory`. */
  finish(): Uint8Array {
    const counts = [...this.#imports, ...this.#functions].map(({ parameters }) => parameters);
    const types = [...new Set(counts)];
    const typeOf = (parameters: number): Code => unsigned(types.indexOf(parameters));
    const i32 = TYPES.i32;
    const bytes = toBytes(
      all(
        MAGIC,
        ...section(
          1,
          types.map((count) => [FUNCTION, unsigned(count), Array<number>(count).fill(i32), 1, i32]),
        ),
        ...section(2, [
          ...this.#imports.map(({ name, parameters }) => [text("e"), text(name), 0, typeOf(parameters)]),
          [text("e"), text("memory"), 2, 0, 1],
        ]),
        ...section(
          3,
          this.#functions.map(({ parameters }) => typeOf(parameters)),
        ),
        ...section(
          6,
          this.#globals.map((initial) => [i32, MUTABLE, 0x41, ...(initial < 0 ? [0x7f] : [0]), END]),
        ),
        ...section(
          7,
          this.#exports.map(({ name, index }) => [text(name), 0, unsigned(index)]),
        ),
        ...section(
          10,
          this.#functions.map(({ body }) => all(unsigned(body.length), body)),
        ),
      ),
    );
    return Uint8Array.from(bytes);
  }
}

function section(id: number, entries: readonly Code[]): readonly Code[] {
  const content = toBytes(all(unsigned(entries.length), ...entries));
  return [[id], unsigned(content.length), content];
}

function toBytes(code: Code): number[] {
  const bytes: number[] = [];
  flatten(code, bytes);
  return bytes;
}

function text(name: string): Code {
  return [unsigned(name.length), ...Array.from(name, (char) => char.codePointAt(0) ?? 0)];
}
