import type { Encoding } from "./encoding";
import { LineReader } from "./line-reader";
import type { LogFile } from "./log-file";
import { isSameFile } from "./log-stat";
import type { Rotation } from "./source-event";

/**
 * Opens files beside a log, up to the log itself, the first one at a position; those that are gone or cannot be read are
 * left out. All at once and without a pause: while one is read the others may get other names. Close them.
 */
export function openBeside(
  paths: readonly string[],
  { position, encoding, log }: { position: number; encoding: Encoding; log: LogFile },
): LineReader[] {
  const readers: LineReader[] = [];
  for (const path of paths) {
    const reader = openReader(path, encoding, readers.length === 0 ? position : 0);
    if (reader && isSameFile(reader.file, log)) {
      reader.close();
      break;
    }
    readers.push(...(reader ? [reader] : []));
  }
  return readers;
}

/** More files are not rotated between two looks. */
const MOST_REMEMBERED = 100;

/**
 * How far files beside a log have been read: of a log that was cut before a whole line of it was read nobody can say
 * for certain which file is its copy, and a wrong one may come again in its own turn.
 */
export class ReadBefore {
  readonly #positions = new Map<string, number>();

  add({ file, position }: LineReader): void {
    const key = keyOf(file);
    this.#positions.delete(key);
    this.#positions.set(key, position);
    const [oldest] = this.#positions.keys();
    if (oldest !== undefined && this.#positions.size > MOST_REMEMBERED) {
      this.#positions.delete(oldest);
    }
  }

  /** Moves behind what has been read, if the file still has it. */
  skip(reader: LineReader): void {
    const position = this.#positions.get(keyOf(reader.file)) ?? 0;
    if (position > reader.position && position <= reader.file.size()) {
      reader.moveTo(position);
    }
  }
}

/** A number of a file may be used again for another, which then is younger. */
function keyOf({ dev, ino, birth }: LogFile): string {
  return `${dev}:${ino}:${birth}`;
}

/** What the news of a rotation says of the file before and the one after it. */
export function bothSides(
  old: LineReader,
  reader: LineReader,
): Omit<Rotation, "type" | "path" | "how" | "size"> {
  return {
    position: old.position,
    inode: Number(reader.file.ino),
    oldInode: Number(old.file.ino),
    hash: reader.hash,
    oldHash: old.hash,
  };
}

function openReader(path: string, encoding: Encoding, position: number): LineReader | undefined {
  try {
    return new LineReader(path, encoding, position);
  } catch {
    return undefined;
  }
}
