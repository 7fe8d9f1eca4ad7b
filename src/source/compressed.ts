import { spawn } from "node:child_process";
import { closeSync, createReadStream, openSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Delivered } from "./delivery";
import type { Encoding } from "./encoding";
import { hashLine, indexOfAligned, LONGEST_LINE } from "./log-file";
import { StreamLines } from "./stream-lines";

/** Names that logrotate's compression ends with. */
export const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|lzo|Z)$/;

/** Programs for what Node.js cannot expand itself; without them such files are left out. */
const PROGRAMS: Readonly<Record<string, string>> = { bz2: "bzip2", xz: "xz", zst: "zstd", lz4: "lz4" };

/** An open file and the name that tells how it is compressed, if it is. */
interface Packed {
  readonly path: string;
  readonly fd: number;
}

/**
 * Hands the whole lines of an old log over from a position on, expanded if it is compressed, each time with the
 * position behind them, as long as `give` says to go on. What cannot be expanded, because it is broken, is left out.
 */
export async function expand(
  log: Packed,
  from: { readonly position: number; readonly encoding: Encoding },
  give: (lines: Delivered, position: number) => Promise<boolean>,
): Promise<void> {
  const lines = new StreamLines(from.encoding);
  let { position } = from;
  try {
    for await (const bytes of readExpanded(log, position)) {
      const whole = lines.push(bytes);
      position += bytes.length;
      if (whole && !(await give(whole, position - lines.waiting))) {
        return;
      }
    }
  } catch {
    // What of it could be read has been.
  }
}

/** SHA-1 of the first line of an old log, see `Checkpoint`; `undefined` when it has none or cannot be read. */
export async function readHashOf(log: Packed, newline: Buffer): Promise<string | undefined> {
  let start: Buffer = Buffer.alloc(0);
  try {
    for await (const bytes of readExpanded(log, 0)) {
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

async function* readExpanded(log: Packed, from: number): AsyncGenerator<Buffer, void, undefined> {
  // Opened anew, so that each reader has a place of its own, whatever the file is called by now.
  const fd = openSync(`/proc/self/fd/${log.fd}`, "r");
  const stream = openExpanded(log.path, fd);
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

/** Takes over the descriptor. */
function openExpanded(path: string, fd: number): Readable {
  if (!COMPRESSED.test(path)) {
    return createReadStream("", { fd });
  }
  const program = PROGRAMS[/[^.]*$/.exec(path)?.[0] ?? ""];
  if (program === undefined) {
    const file = createReadStream("", { fd });
    const expanded = createGunzip();
    file.on("error", (error) => expanded.destroy(error));
    expanded.on("close", () => file.destroy());
    return file.pipe(expanded);
  }
  const child = spawn(program, ["-dc"], { stdio: [fd, "pipe", "ignore"] });
  closeSync(fd);
  const output = child.stdout ?? Readable.from([]);
  child.on("error", (error) => output.destroy(error));
  output.on("close", () => child.kill());
  return output;
}
