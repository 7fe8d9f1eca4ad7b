import { PyTuple, type CommandValue } from "../model";
import { applyClass, dropState } from "./pickle-class";
import { PickleError } from "./pickle-error";
import {
  asKey,
  asValue,
  ClassName,
  ErrorReply,
  makeFloat,
  type Item,
  type PickleMachine,
} from "./pickle-machine";
import * as text from "./pickle-text";
import { RemoteError } from "./remote-error";

/** What one operation does to stack and memo. */
export type Operation = (machine: PickleMachine) => void;

const HIGHEST_PROTOCOL = 5;
/** Longer integers than this many bytes are refused. */
const MAX_INT_BYTES = 4096;

const CONSTANTS: Record<string, Operation> = {
  N: (machine) => machine.push(null),
  "\x88": (machine) => machine.push(true),
  "\x89": (machine) => machine.push(false),
  ")": (machine) => machine.push(new PyTuple([])),
  "]": (machine) => machine.push([]),
  "}": (machine) => machine.push(new Map()),
  "\x8f": (machine) => machine.push(new Set()),
};

const NUMBERS: Record<string, Operation> = {
  I: (machine) => machine.push(readIntLine(machine.reader.readLine())),
  L: (machine) => machine.push(text.readDecimal(machine.reader.readLine(), true)),
  F: (machine) => machine.push(makeFloat(text.readFloatText(machine.reader.readLine()))),
  G: (machine) => machine.push(makeFloat(machine.reader.readDouble())),
  J: (machine) => machine.push(machine.reader.readInt32()),
  K: (machine) => machine.push(machine.reader.readByte()),
  M: (machine) => machine.push(machine.reader.readUint16()),
  "\x8a": (machine) => pushLong(machine, machine.reader.readByte()),
  "\x8b": (machine) => pushLong(machine, machine.reader.readInt32()),
};

const TEXTS: Record<string, Operation> = {
  S: (machine) => machine.push(text.readQuoted(machine.reader.readLine())),
  V: (machine) => machine.push(text.readRawUnicode(machine.reader.readLine())),
  X: (machine) => pushText(machine, machine.reader.readUint32()),
  "\x8c": (machine) => pushText(machine, machine.reader.readByte()),
  "\x8d": (machine) => pushText(machine, machine.reader.readUint64()),
  T: (machine) => pushBytes(machine, machine.reader.readUint32()),
  U: (machine) => pushBytes(machine, machine.reader.readByte()),
  B: (machine) => pushBytes(machine, machine.reader.readUint32()),
  C: (machine) => pushBytes(machine, machine.reader.readByte()),
  "\x8e": (machine) => pushBytes(machine, machine.reader.readUint64()),
};

const CONTAINERS: Record<string, Operation> = {
  t: (machine) => machine.push(makeTuple(machine, machine.popToMark())),
  "\x85": (machine) => machine.push(makeTuple(machine, machine.popItems(1))),
  "\x86": (machine) => machine.push(makeTuple(machine, machine.popItems(2))),
  "\x87": (machine) => machine.push(makeTuple(machine, machine.popItems(3))),
  l: (machine) => machine.push(machine.popToMark().map(asValue)),
  d: (machine) => machine.push(setItems(new Map(), machine.popToMark())),
  "\x91": (machine) => machine.push(new Set(machine.popToMark().map(asKey))),
  a: (machine) => appendItems(machine, machine.popItems(1)),
  e: (machine) => appendItems(machine, machine.popToMark()),
  s: (machine) => storeItems(machine, machine.popItems(2)),
  u: (machine) => storeItems(machine, machine.popToMark()),
  "\x90": (machine) => addItems(machine, machine.popToMark()),
};

const STACK: Record<string, Operation> = {
  "(": (machine) => machine.pushMark(),
  "0": (machine) => void (machine.hasMarkOnTop() ? machine.popToMark() : machine.pop()),
  "1": (machine) => void machine.popToMark(),
  "2": (machine) => machine.push(machine.top()),
  p: (machine) => machine.memoize(readIndexLine(machine)),
  q: (machine) => machine.memoize(machine.reader.readByte()),
  r: (machine) => machine.memoize(machine.reader.readUint32()),
  "\x94": (machine) => machine.memoize(),
  g: (machine) => machine.recall(readIndexLine(machine)),
  h: (machine) => machine.recall(machine.reader.readByte()),
  j: (machine) => machine.recall(machine.reader.readUint32()),
  "\x80": (machine) => checkProtocol(machine.reader.readByte()),
  "\x95": (machine) => machine.reader.checkLeft(machine.reader.readUint64()),
};

const CLASSES: Record<string, Operation> = {
  c: (machine) => {
    const module = text.readText(machine.reader.readLine());
    machine.push(new ClassName(module, text.readText(machine.reader.readLine())));
  },
  "\x93": (machine) => {
    const [module, name] = machine.popItems(2);
    if (typeof module !== "string" || typeof name !== "string") {
      throw new PickleError("STACK_GLOBAL requires str");
    }
    machine.push(new ClassName(module, name));
  },
  R: applyClass,
  b: dropState,
};

/** Operations that exist in Python and are refused here, because all they can do is build objects. */
const REFUSED = "PQio\x81\x82\x83\x84\x92\x96\x97\x98";

const OPERATIONS: ReadonlyMap<number, Operation> = new Map(
  Object.entries({ ...CONSTANTS, ...NUMBERS, ...TEXTS, ...CONTAINERS, ...STACK, ...CLASSES }).map(
    ([code, operation]) => [code.charCodeAt(0), operation],
  ),
);

/** The operation of a byte; fails for bytes that are none and for operations that build objects. */
export function findOperation(code: number): Operation {
  const operation = OPERATIONS.get(code);
  if (operation) {
    return operation;
  }
  const character = String.fromCharCode(code);
  if (REFUSED.includes(character)) {
    throw new PickleError("only plain data is accepted, no objects");
  }
  const isPlain = code > 0x20 && code < 0x7f && code !== 0x27 && code !== 0x5c;
  const shown = isPlain ? character : `\\x${code.toString(16).padStart(2, "0")}`;
  throw new PickleError(`invalid load key, '${shown}'.`);
}

function checkProtocol(protocol: number): void {
  if (protocol > HIGHEST_PROTOCOL) {
    throw new PickleError(`unsupported pickle protocol: ${protocol}`);
  }
}

function readIntLine(line: Buffer): boolean | number | bigint {
  const written = line.toString("latin1");
  return written === "01" || written === "00" ? written === "01" : text.readDecimal(line, false);
}

function readIndexLine(machine: PickleMachine): number {
  const index = Number(text.readDecimal(machine.reader.readLine(), true));
  if (index < 0) {
    throw new PickleError("negative PUT argument");
  }
  return index;
}

function pushLong(machine: PickleMachine, length: number): void {
  if (length < 0) {
    throw new PickleError("LONG pickle has negative byte count");
  }
  if (length > MAX_INT_BYTES) {
    throw new PickleError("an integer is too long");
  }
  machine.push(text.readLittleEndian(machine.reader.readBlock(length)));
}

function pushText(machine: PickleMachine, length: number | bigint): void {
  machine.push(text.readText(machine.reader.readBlock(length)));
}

function pushBytes(machine: PickleMachine, length: number | bigint): void {
  machine.push(text.readByteText(machine.reader.readBlock(length)));
}

function makeTuple(machine: PickleMachine, items: readonly Item[]): Item {
  const [code, error] = items;
  if (machine.allowErrors && items.length === 2 && code === 1 && error instanceof RemoteError) {
    return new ErrorReply(error);
  }
  return new PyTuple(items.map(asValue));
}

function appendItems(machine: PickleMachine, items: readonly Item[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) {
    throw new PickleError("only a list can be appended to");
  }
  for (const item of items) {
    (list as CommandValue[]).push(asValue(item));
  }
}

function storeItems(machine: PickleMachine, items: readonly Item[]): void {
  const map = machine.top();
  if (!(map instanceof Map)) {
    throw new PickleError("only a dictionary can be stored into");
  }
  setItems(map as Map<CommandValue, CommandValue>, items);
}

function addItems(machine: PickleMachine, items: readonly Item[]): void {
  const set = machine.top();
  if (!(set instanceof Set)) {
    throw new PickleError("only a set can be added to");
  }
  for (const item of items) {
    (set as Set<CommandValue>).add(asKey(item));
  }
}

function setItems(
  map: Map<CommandValue, CommandValue>,
  items: readonly Item[],
): ReadonlyMap<CommandValue, CommandValue> {
  if (items.length % 2 !== 0) {
    throw new PickleError("odd number of items for DICT");
  }
  for (let i = 0; i + 1 < items.length; i += 2) {
    map.set(asKey(items[i] ?? null), asValue(items[i + 1] ?? null));
  }
  return map;
}
