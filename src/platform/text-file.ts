import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { messageOf } from "../model";

/** Why a text file could not be had; `line` (from 1) is where the first byte stands that is not UTF-8. */
export type TextFileFailure =
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly message: string }
  | { readonly kind: "too-large"; readonly bytes: number }
  | { readonly kind: "not-utf8"; readonly line: number };

/** The text of a file, a byte order mark still in it, or the reason why there is none. */
export type TextFile = { readonly kind: "text"; readonly text: string } | TextFileFailure;

/** Reads a whole UTF-8 file of at most `limit` bytes. Never throws; devices, pipes and folders are `unreadable`. */
export function readTextFile(path: string, limit: number): TextFile {
  try {
    return readRegularFile(path, limit);
  } catch (error) {
    return isMissing(error) ? { kind: "missing" } : { kind: "unreadable", message: messageOf(error) };
  }
}

/**
 * Puts other content into a file, or makes it: whoever reads it meanwhile, and a crash at any moment, finds the old one or
 * the new one. Mode, owner and links stay. Throws what the system says.
 */
export function replaceFile(path: string, content: Buffer): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const old = statSync(target, { throwIfNoEntry: false });
  const fresh = `${target}.${process.pid}.new`;
  const descriptor = openSync(fresh, "wx", 0o640);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
    if (old) {
      chmodSync(fresh, old.mode & 0o7777);
      chownSync(fresh, old.uid, old.gid);
    }
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether something is at that path, links followed. */
export function pathExists(path: string): boolean {
  return existsSync(path);
}

/** Whether the path leads to a folder, links followed; `false` as well when it may not be looked at. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

function readRegularFile(path: string, limit: number): TextFile {
  if (!statSync(path).isFile()) {
    return { kind: "unreadable", message: "not a regular file" };
  }
  const descriptor = openSync(path, "r");
  try {
    const bytes = fstatSync(descriptor).size;
    return bytes > limit ? { kind: "too-large", bytes } : decodeUtf8(readBytes(descriptor, limit));
  } finally {
    closeSync(descriptor);
  }
}

/** Reads until the end: the size told beforehand is 0 for files of /proc. */
function readBytes(descriptor: number, limit: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limit) {
    const chunk = Buffer.allocUnsafe(Math.min(65_536, limit - total));
    const length = readSync(descriptor, chunk, 0, chunk.length, null);
    if (length === 0) {
      break;
    }
    chunks.push(chunk.subarray(0, length));
    total += length;
  }
  return Buffer.concat(chunks);
}

function decodeUtf8(bytes: Buffer): TextFile {
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: "not-utf8", line: findBadLine(bytes) };
  }
}

function findBadLine(bytes: Buffer): number {
  const lossy = bytes.toString("utf8");
  let line = 1;
  let offset = 0;
  for (const text of lossy.split("\n")) {
    const length = Buffer.byteLength(text);
    // A replacement character that was not in the file makes the line's bytes differ.
    if (
      text.includes("\ufffd") &&
      Buffer.compare(Buffer.from(text), bytes.subarray(offset, offset + length))
    ) {
      return line;
    }
    offset += length + 1;
    line++;
  }
  return 1;
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}
