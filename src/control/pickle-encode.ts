import { PyFloat, PyTuple, type CommandValue } from "../model";
import { encodeText } from "./surrogate-text";
import type { RemoteError } from "./remote-error";

/** Readable by every Python since 3.4. */
const PROTOCOL = "\x80\x04";
const MAX_INT32 = 0x7fffffff;
const ASCII = /^[\x00-\x7f]*$/;

/** Parts of a pickle, one character for each byte: a hundred thousand addresses are joined sooner than buffers. */
type Parts = string[];

/** A value as a pickle that Python 3.4 and later reads. */
export function encodePickle(value: CommandValue): Buffer {
  const parts = [PROTOCOL];
  writeValue(value, parts);
  parts.push(".");
  return Buffer.from(parts.join(""), "latin1");
}

/** The reply `(1, exception)`; the class must be importable by whoever reads it. */
export function encodePickledError(error: RemoteError): Buffer {
  const cut = error.pythonClass.lastIndexOf(".");
  const parts = [PROTOCOL, "K\x01"];
  writeText(error.pythonClass.slice(0, cut), parts);
  writeText(error.pythonClass.slice(cut + 1), parts);
  parts.push("\x93");
  writeTuple(error.args, parts);
  parts.push("R\x86.");
  return Buffer.from(parts.join(""), "latin1");
}

function writeValue(value: CommandValue, parts: Parts): void {
  if (value === null) {
    parts.push("N");
  } else if (typeof value === "boolean") {
    parts.push(value ? "\x88" : "\x89");
  } else if (typeof value === "string") {
    writeText(value, parts);
  } else if (typeof value === "object") {
    writeObject(value, parts);
  } else {
    writeNumber(value, parts);
  }
}

function writeObject(value: CommandValue & object, parts: Parts): void {
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

function writeItems({ open, items, close }: Items, parts: Parts): void {
  parts.push(open);
  for (const item of items) {
    writeValue(item, parts);
  }
  parts.push(close);
}

function writeTuple(items: readonly CommandValue[], parts: Parts): void {
  writeItems({ open: "(", items, close: "t" }, parts);
}

function writeText(text: string, parts: Parts): void {
  const bytes = ASCII.test(text) ? text : textOf(encodeText(text));
  if (bytes.length < 0x100) {
    parts.push("\x8c", String.fromCharCode(bytes.length), bytes);
  } else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    parts.push("\x8d", textOf(length), bytes);
  }
}

function writeNumber(value: number | bigint, parts: Parts): void {
  if (typeof value === "number" && !Number.isInteger(value)) {
    writeFloat(value, parts);
  } else if (value >= 0 && value < 0x100) {
    parts.push("K", String.fromCharCode(Number(value)));
  } else if (value >= -MAX_INT32 - 1 && value <= MAX_INT32) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(Number(value));
    parts.push("J", textOf(bytes));
  } else {
    writeLong(BigInt(value), parts);
  }
}

function writeLong(value: bigint, parts: Parts): void {
  const magnitude = value < 0n ? -value : value;
  // One bit more than the digits need, for the sign.
  const length = Math.floor((magnitude.toString(16).length * 4) / 8) + 1;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, "0");
  const head = Buffer.alloc(4);
  head.writeInt32LE(length);
  parts.push("\x8b", textOf(head), textOf(Buffer.from(hex, "hex").reverse()));
}

function writeFloat(value: number, parts: Parts): void {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  parts.push("G", textOf(bytes));
}

function textOf(bytes: Buffer): string {
  return bytes.toString("latin1");
}
