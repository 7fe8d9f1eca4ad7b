import { fstatSync } from "node:fs";
import { expand, readHashOf } from "./compressed";
import type { Delivered } from "./delivery";
import type { Encoding } from "./encoding";
import type { LineReader } from "./line-reader";
import { isSameFile } from "./log-stat";
import { closeLogs, openCompressed, type KnownLog, type OpenedLog } from "./rotated";
import type { Checkpoint } from "./source-event";

/** Takes lines and the place behind them; false when reading is to end. */
type Giver = (lines: Delivered, reached: Checkpoint) => Promise<boolean>;

/** Reads logs that were compressed before they could be read. */
export class PackedLogs {
  readonly #encoding: Encoding;
  readonly #give: Giver;
  /** Hash of the last one read after the log that is open. */
  #last: string | undefined;

  constructor(encoding: Encoding, give: Giver) {
    this.#encoding = encoding;
    this.#give = give;
  }

  /** Another log is open now. */
  forget(): void {
    this.#last = undefined;
  }

  /**
   * Reads the rest of a log that has been compressed since, and of those younger than it, up to the log itself; with
   * `cut`, a file of which it was a copy, up to what that file has now. Those up to one with the hash `after` have been
   * read, and the position is in that one. Gives the hash of the youngest.
   */
  async read(
    place: string,
    known: Omit<KnownLog, "newline">,
    from: { readonly position: number; readonly after?: string | undefined },
    cut?: LineReader,
  ): Promise<string | undefined> {
    const { newline } = this.#encoding;
    const logs = known.hash === "" ? [] : await openCompressed(place, { ...known, newline });
    try {
      const hashes = await Promise.all(logs.map((log) => readHashOf(log, newline)));
      const end = cut ? endOfCopies(logs, hashes, cut) : logs.length;
      const start = from.after === undefined ? 0 : Math.max(0, hashes.lastIndexOf(from.after));
      for (const [i, log] of logs.entries()) {
        if (i >= start && i < end) {
          await this.#expand(log, hashes[i] ?? "", i === start ? from.position : 0);
        }
      }
      return hashes.slice(0, end).findLast((hash) => hash);
    } finally {
      closeLogs(logs);
    }
  }

  /** A file that is open and has been read is gone: it may have been compressed, and so may those that came after it. */
  async readAfter(place: string, { hash, file: { birth } }: LineReader): Promise<void> {
    const from = { position: Number.POSITIVE_INFINITY, after: this.#last };
    // The last one read may not be compressed itself, but lies in a row with that which is; the first may be gone.
    const youngest = await this.read(place, { hash, birth }, from);
    this.#last =
      youngest ?? (this.#last && (await this.read(place, { hash: this.#last, birth }, from))) ?? this.#last;
  }

  async #expand(log: OpenedLog, hash: string, position: number): Promise<void> {
    await expand(log, { position, encoding: this.#encoding }, (lines, end) =>
      this.#give(lines, { hash, position: end }),
    );
  }
}

/**
 * How many of the old logs from the copy of a cut file on are older than what that file has now. It may have been
 * renamed and be one of them, also while it has no whole line yet, or have been compressed; of one that was deleted
 * nobody can say which of them came before its own last lines.
 */
function endOfCopies(
  logs: readonly OpenedLog[],
  hashes: readonly (string | undefined)[],
  { file, encoding }: LineReader,
): number {
  const renamed = logs.findIndex(({ fd }) => isSameFile(fstatSync(fd, { bigint: true }), file));
  const own = renamed > 0 ? renamed : hashes.indexOf(file.hash(encoding.newline), 1);
  return own > 0 ? own : file.isDeleted() ? 1 : logs.length;
}
