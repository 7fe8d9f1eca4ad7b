import { formatPythonString, PyFloat, PyTuple, type CommandValue } from "../model";
import { PickleError } from "./pickle-error";
import { PickleReader } from "./pickle-reader";
import { RemoteError } from "./remote-error";

/** A class a pickle names. It is never looked up, let alone called: it stays a pair of texts. */
export class ClassName {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }
}

/** A reply of `(1, exception)`. */
export class ErrorReply {
  readonly error: RemoteError;

  constructor(error: RemoteError) {
    this.error = error;
  }
}

/** What stands on the stack while a pickle is read. */
export type Item = CommandValue | ClassName | RemoteError | ErrorReply;

/** Stack and memo of one pickle being read. Knows nothing but plain data, so it can build nothing else. */
export class PickleMachine {
  readonly reader: PickleReader;
  /** Whether exceptions may occur, as data: only in replies. */
  readonly allowErrors: boolean;
  readonly #stack: Item[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Item>();

  constructor(bytes: Uint8Array, allowErrors: boolean) {
    this.reader = new PickleReader(bytes);
    this.allowErrors = allowErrors;
  }

  push(item: Item): void {
    this.#stack.push(item);
  }

  pop(): Item {
    this.#checkStack(1);
    return this.#stack.pop() ?? null;
  }

  popValue(): CommandValue {
    return asValue(this.pop());
  }

  top(): Item {
    this.#checkStack(1);
    return this.#stack.at(-1) ?? null;
  }

  pushMark(): void {
    this.#marks.push(this.#stack.length);
  }

  hasMarkOnTop(): boolean {
    return this.#marks.at(-1) === this.#stack.length;
  }

  /** Takes everything above the last mark, and the mark. */
  popToMark(): Item[] {
    const mark = this.#marks.pop();
    if (mark === undefined) {
      throw new PickleError("could not find MARK");
    }
    return this.#stack.splice(mark);
  }

  /** Takes the last `count` items, in the order they were pushed. */
  popItems(count: number): Item[] {
    this.#checkStack(count);
    return this.#stack.splice(this.#stack.length - count);
  }

  memoize(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const item = this.#memo.get(index);
    if (item === undefined) {
      throw new PickleError(`Memo value not found at index ${index}`);
    }
    this.push(item);
  }

  /** Items below the last mark are out of reach. */
  #checkStack(count: number): void {
    if (this.#stack.length - (this.#marks.at(-1) ?? 0) < count) {
      throw new PickleError("unpickling stack underflow");
    }
  }
}

/** The item as plain data; fails for classes and exceptions. */
export function asValue(item: Item): CommandValue {
  if (item instanceof ClassName) {
    throw new PickleError(`class ${formatPythonString(`${item.module}.${item.name}`)} is not plain data`);
  }
  if (item instanceof RemoteError || item instanceof ErrorReply) {
    throw new PickleError("an exception is not plain data");
  }
  return item;
}

/** The item as something Python can hash, for keys of dictionaries and members of sets. */
export function asKey(item: Item): CommandValue {
  const value = asValue(item);
  const kind = unhashableKind(value);
  if (kind !== undefined) {
    throw new PickleError(`unhashable type: '${kind}'`);
  }
  return value;
}

/** Looks one level into tuples only: a shared tuple nested many times would take for ever to walk. */
function unhashableKind(value: CommandValue): string | undefined {
  if (value instanceof PyTuple) {
    return value.items.some((item) => item instanceof PyTuple)
      ? "nested tuple"
      : value.items.map(mutableKind).find((kind) => kind);
  }
  return mutableKind(value);
}

function mutableKind(value: CommandValue): string | undefined {
  if (Array.isArray(value)) {
    return "list";
  }
  if (value instanceof Map) {
    return "dict";
  }
  return value instanceof Set ? "set" : undefined;
}

/** A float as the model writes it: wrapped when it is whole. */
export function makeFloat(value: number): number | PyFloat {
  return Number.isInteger(value) ? new PyFloat(value) : value;
}

/** An int as the model writes it: a bigint only where a number would lose digits. */
export function makeInt(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
