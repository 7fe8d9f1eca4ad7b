import { PyFloat, PyTuple, type CommandValue } from "../model";
import { encodeText } from "./surrogate-text";
import type { RemoteError } from "./remote-error";

/** Readable by every Python since 3.4. */
const PROTOCOL = Buffer.from([0x80, 4]);
const MAX_INT32 = 0x7fffffff;

/** A value as a pickle that Python 3.4 and later reads. */
export function encodePickle(value: CommandValue): Buffer {
  const parts: Buffer[] = [PROTOCOL];
  writeValue(value, parts);
  parts.push(code("."));
  return Buffer.concat(parts);
}

/** The reply `(1, exception)`; the class must be importable by whoever reads it. */
export function encodePickledError(error: RemoteError): Buffer {
  const cut = error.pythonClass.lastIndexOf(".");
  const parts = [PROTOCOL, code("K\x01")];
  writeText(error.pythonClass.slice(0, cut), parts);
  writeText(error.pythonClass.slice(cut + 1), parts);
  parts.push(code("\x93"));
  writeTuple(error.args, parts);
  parts.push(code("R\x86."));
  return Buffer.concat(parts);
}

function writeValue(value: CommandValue, parts: Buffer[]): void {
  if (value === null) {
    parts.push(code("N"));
  } else if (typeof value === "boolean") {
    parts.push(code(value ? "\x88" : "\x89"));
  } else if (typeof value === "string") {
    writeText(value, parts);
  } else if (typeof value === "object") {
    writeObject(value, parts);
  } else {
    writeNumber(value, parts);
  }
}

function writeObject(value: CommandValue & object, parts: Buffer[]): void {
  if (value instanceof PyFloat) {
    writeFloat(value.value, parts);
  } else if (value instanceof PyTuple) {
    writeTuple(value.items, parts);
  } else if (value instanceof Map) {
    writeItems({ open: "}(", items: [...value].flat() as CommandValue[], close: "u" }, parts);
  } else if (value instanceof Set) {
    writeItems({ open: "\x8f(", items: [...value] as CommandValue[], close: "\x90" }, parts);
  } else {
    writeItems({ open: "](", items: value as readonly CommandValue[], close: "e" }, parts);
  }
}

interface Items {
  readonly open: string;
  readonly items: readonly CommandValue[];
  readonly close: string;
}

function writeItems({ open, items, close }: Items, parts: Buffer[]): void {
  parts.push(code(open));
  for (const item of items) {
    writeValue(item, parts);
  }
  parts.push(code(close));
}

function writeTuple(items: readonly CommandValue[], parts: Buffer[]): void {
  writeItems({ open: "(", items, close: "t" }, parts);
}

function writeText(text: string, parts: Buffer[]): void {
  const bytes = encodeText(text);
  const head = Buffer.alloc(bytes.length < 0x100 ? 2 : 9);
  head.write(bytes.length < 0x100 ? "\x8c" : "\x8d", "latin1");
  if (bytes.length < 0x100) {
    head.writeUInt8(bytes.length, 1);
  } else {
    head.writeBigUInt64LE(BigInt(bytes.length), 1);
  }
  parts.push(head, bytes);
}

function writeNumber(value: number | bigint, parts: Buffer[]): void {
  if (typeof value === "number" && !Number.isInteger(value)) {
    writeFloat(value, parts);
  } else if (value >= 0 && value < 0x100) {
    parts.push(Buffer.from([0x4b, Number(value)]));
  } else if (value >= -MAX_INT32 - 1 && value <= MAX_INT32) {
    const bytes = Buffer.from("J\0\0\0\0", "latin1");
    bytes.writeInt32LE(Number(value), 1);
    parts.push(bytes);
  } else {
    writeLong(BigInt(value), parts);
  }
}

function writeLong(value: bigint, parts: Buffer[]): void {
  const magnitude = value < 0n ? -value : value;
  // One bit more than the digits need, for the sign.
  const length = Math.floor((magnitude.toString(16).length * 4) / 8) + 1;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, "0");
  const head = Buffer.from("\x8b\0\0\0\0", "latin1");
  head.writeInt32LE(length, 1);
  parts.push(head, Buffer.from(hex, "hex").reverse());
}

function writeFloat(value: number, parts: Buffer[]): void {
  const bytes = Buffer.alloc(9);
  bytes.write("G", "latin1");
  bytes.writeDoubleBE(value, 1);
  parts.push(bytes);
}

function code(operations: string): Buffer {
  return Buffer.from(operations, "latin1");
}
