import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Delivered } from "./delivery";
import type { Encoding } from "./encoding";
import { hashLine, indexOfAligned, LONGEST_LINE } from "./log-file";
import { StreamLines } from "./stream-lines";

/** Names that logrotate's compression ends with. */
export const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|lzo|Z)$/;

/** Programs for what Node.js cannot expand itself; without them such files are left out. */
const PROGRAMS: Readonly<Record<string, string>> = { bz2: "bzip2", xz: "xz", zst: "zstd", lz4: "lz4" };

/** The expanded bytes of a compressed log from a position on. Throws what reading throws, and for a broken file. */
async function* readCompressed(path: string, from = 0): AsyncGenerator<Buffer, void, undefined> {
  const stream = openCompressed(path);
  let position = 0;
  try {
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      const skip = Math.min(bytes.length, Math.max(0, from - position));
      position += bytes.length;
      if (skip < bytes.length) {
        yield bytes.subarray(skip);
      }
    }
  } finally {
    stream.destroy();
  }
}

/**
 * Hands the whole lines of a compressed log over from a position on, as long as `give` says to go on. What cannot be
 * expanded, because it is broken or has been removed meanwhile, is left out.
 */
export async function expand(
  place: { readonly path: string; readonly position: number; readonly encoding: Encoding },
  give: (lines: Delivered) => Promise<boolean>,
): Promise<void> {
  const lines = new StreamLines(place.encoding);
  try {
    for await (const bytes of readCompressed(place.path, place.position)) {
      const whole = lines.push(bytes);
      if (whole && !(await give(whole))) {
        return;
      }
    }
  } catch {
    // What of it could be read has been.
  }
}

/** SHA-1 of the first line of a compressed log, see `Checkpoint`; `undefined` when it has none or cannot be read. */
export async function readCompressedHash(path: string, newline: Buffer): Promise<string | undefined> {
  let start: Buffer = Buffer.alloc(0);
  try {
    for await (const bytes of readCompressed(path)) {
      start = Buffer.concat([start, bytes]);
      const end = indexOfAligned(start, newline, 0);
      if (end >= 0) {
        return hashLine(start.subarray(0, end + newline.length));
      }
      if (start.length > LONGEST_LINE) {
        break;
      }
    }
  } catch {
    // Broken, or not to be expanded here: then it cannot be recognised.
  }
  return undefined;
}

function openCompressed(path: string): Readable {
  const program = PROGRAMS[/[^.]*$/.exec(path)?.[0] ?? ""];
  if (program === undefined) {
    const file = createReadStream(path);
    const expanded = createGunzip();
    file.on("error", (error) => expanded.destroy(error));
    expanded.on("close", () => file.destroy());
    return file.pipe(expanded);
  }
  const child = spawn(program, ["-dc", "--", path], { stdio: ["ignore", "pipe", "ignore"] });
  child.on("error", (error) => child.stdout.destroy(error));
  child.stdout.on("close", () => child.kill());
  return child.stdout;
}
