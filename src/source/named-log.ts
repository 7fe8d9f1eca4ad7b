import { realpathSync } from "node:fs";
import type { Phase } from "../model";
import type { Delivered, Delivery } from "./delivery";
import type { Encoding } from "./encoding";
import { isSameFile, statLog } from "./log-stat";
import { lastLineStart, LineReader } from "./line-reader";
import { bothSides, openBeside, ReadBefore } from "./log-beside";
import { PackedLogs } from "./packed-logs";
import { findByInode, findCopy, findRotated, listYounger } from "./rotated";
import { findStart, type SeekTime } from "./seek-time";
import type { Checkpoint, SourceConsumer } from "./source-event";

/** Where reading of a log begins. */
export interface Beginning {
  readonly position: "head" | "tail";
  readonly checkpoint?: Checkpoint | undefined;
  readonly seek?: SeekTime | undefined;
}

/** The parts a named log works with. */
export interface NamedLogParts {
  readonly path: string;
  readonly encoding: Encoding;
  readonly beginning: Beginning;
  readonly consumer: SourceConsumer;
  readonly delivery: Delivery;
  /** Whether reading is to end after the block on its way. */
  readonly isStopped: () => boolean;
}

/**
 * The succession of files that bear one name. Each call of `catchUp` reads all there is: first what is left of the
 * file that had the name, then those that came and went meanwhile, then the one that has it now.
 *
 * DIFFERS: fail2ban goes on with the new file at once, so what was written to the old one between its last look and the
 * rotation, or while it was not running, is never read.
 */
export class NamedLog {
  readonly #parts: NamedLogParts;
  #current: LineReader | undefined;
  /** The file that had the name before; slow writers may still add to it. */
  #previous: LineReader | undefined;
  #phase: Phase = "initial";
  #isLost = false;
  #hasLooked = false;
  #hasOpened = false;
  /** Where to go on when a file is opened that is not the successor of one that is open. */
  #resumeFrom: Checkpoint | undefined;
  /** The path of the current file with links followed, where its rotated files lie. */
  #place: string;
  #reported: Checkpoint | undefined;
  readonly #readBefore = new ReadBefore();
  readonly #packed: PackedLogs;

  constructor(parts: NamedLogParts) {
    this.#parts = parts;
    this.#resumeFrom = parts.beginning.checkpoint;
    this.#place = parts.path;
    this.#packed = new PackedLogs(parts.encoding, (lines, reached) => this.#giveExpanded(lines, reached));
  }

  /** Bytes of whole lines read of the file that has the name, or had it last. */
  get position(): number {
    return this.#current?.position ?? 0;
  }

  /** Whether a file is held open that no longer has the name. */
  get holdsOld(): boolean {
    return this.#previous !== undefined || (this.#isLost && this.#current !== undefined);
  }

  /** Reads everything there is now. Throws what opening and reading throw; another call goes on where it was. */
  async catchUp(): Promise<void> {
    if (this.#previous) {
      await this.#drain(this.#previous, false);
    }
    const there = statLog(this.#parts.path);
    if (this.#current && !(there && isSameFile(there, this.#current.file))) {
      await this.#drainCut(this.#current);
      await (there ? this.#succeed(this.#current) : this.#lose(this.#current));
    } else if (there) {
      this.#returned();
    }
    if (!this.#current && there) {
      await this.#open();
    }
    if (this.#current && !this.#isLost) {
      await this.#readCurrent(this.#current);
    }
    this.#hasLooked = true;
  }

  /** Lets go of files that no longer have the name, after what was added to them has been read. */
  async releaseOld(): Promise<void> {
    const previous = this.#previous;
    if (previous) {
      await this.#drain(previous, false);
      previous.close();
      this.#previous = undefined;
    }
    if (this.#isLost && this.#current?.file.isDeleted()) {
      await this.#drain(this.#current, true);
      this.#current.close();
      this.#current = undefined;
    }
  }

  /** Closes what is open. The next call opens the path anew and goes on after what was last handed over. */
  close(): void {
    this.#resumeFrom = this.#reported ?? this.#resumeFrom;
    this.#current?.close();
    this.#previous?.close();
    this.#current = this.#previous = undefined;
  }

  async #readCurrent(reader: LineReader): Promise<void> {
    await this.#drainCut(reader);
    if (this.#parts.isStopped()) {
      return;
    }
    this.#phase = "operation";
    const told = this.#reported;
    if (reader.position === 0 && (reader.hash !== told?.hash || Number(reader.file.ino) !== told.inode)) {
      // Nothing of this file was told yet, or it was cut before anything of it was read.
      this.#report(reader);
    }
  }

  /** Reads to the end, from the beginning again each time the file turns out to have been cut. */
  async #drainCut(reader: LineReader): Promise<void> {
    while ((await this.#drain(reader, true)) === "truncated") {
      await this.#restart(reader);
    }
  }

  async #drain(reader: LineReader, isReported: boolean): Promise<"end" | "truncated" | "stopped"> {
    while (!this.#parts.isStopped()) {
      const piece = reader.read();
      if (piece.type === "lines") {
        await this.#parts.delivery.give(piece, reader.encoding, this.#phase);
        if (isReported && !this.#parts.delivery.isHolding) {
          this.#report(reader);
        }
      } else if (piece.type === "more") {
        await new Promise((resolve) => setImmediate(resolve));
      } else {
        return piece.type;
      }
    }
    return "stopped";
  }

  #report(reader: LineReader): void {
    const { hash, position } = reader;
    this.#reported = { hash, position, inode: Number(reader.file.ino) };
    this.#parts.consumer.checkpoint?.(this.#reported);
  }

  async #open(): Promise<void> {
    const { path, encoding, isStopped } = this.#parts;
    const reader = new LineReader(path, encoding);
    this.#place = readRealPath(path) ?? this.#place;
    try {
      await this.#begin(reader);
    } catch (error) {
      reader.close();
      throw error;
    }
    this.#current = reader;
    this.#packed.forget();
    // What is left of older files may not have been read to its end when it was stopped.
    if (!isStopped()) {
      this.#hasOpened = true;
      this.#isLost = false;
      this.#report(reader);
      this.#found(reader);
    }
  }

  async #begin(reader: LineReader): Promise<void> {
    const { position, seek } = this.#parts.beginning;
    const end = reader.file.size();
    if (position === "tail" && !this.#hasLooked) {
      reader.moveTo(lastLineStart(reader, end));
      return;
    }
    const start = this.#resumeFrom ? await this.#resume(reader, this.#resumeFrom) : 0;
    this.#resumeFrom = undefined;
    const isSought = seek !== undefined && !this.#hasOpened;
    reader.moveTo(isSought ? findStart(reader.file, reader.encoding, seek, { start, end }) : start);
  }

  /** The position to go on from; what is left of a file rotated away since is read before. */
  async #resume(reader: LineReader, checkpoint: Checkpoint): Promise<number> {
    const path = this.#place;
    const fits = reader.hash === checkpoint.hash && reader.file.size() >= checkpoint.position;
    const isOther = checkpoint.inode !== undefined && checkpoint.inode !== Number(reader.file.ino);
    const { newline } = reader.encoding;
    const rotated = fits && !isOther ? undefined : findRotated(path, checkpoint, newline);
    if (rotated !== undefined) {
      await this.#readSince(rotated, checkpoint.position, reader);
      return 0;
    }
    if (fits) {
      return checkpoint.position;
    }
    await this.#packed.read(path, { hash: checkpoint.hash }, checkpoint);
    return 0;
  }

  async #giveExpanded(lines: Delivered, reached: Checkpoint): Promise<boolean> {
    const { delivery, encoding, consumer, isStopped } = this.#parts;
    if (isStopped()) {
      return false;
    }
    await delivery.give(lines, encoding, this.#phase);
    if (!delivery.isHolding) {
      this.#reported = reached;
      consumer.checkpoint?.(reached);
    }
    return true;
  }

  /** Reads the rest of a rotated file and those younger than it, up to the log itself. */
  async #readSince(rotated: string, position: number, log: LineReader): Promise<void> {
    // Of a deleted log nobody can say which of the younger files came before its own last lines.
    const younger = log.file.isDeleted() ? [] : listYounger(this.#place, rotated);
    await this.#readBeside([rotated, ...younger], position, log);
  }

  /** Reads files beside the log, the first one from a position, up to the log itself. */
  async #readBeside(paths: readonly string[], position: number, log: LineReader): Promise<void> {
    const readers = openBeside(paths, { position, encoding: this.#parts.encoding, log: log.file });
    try {
      for (const reader of readers) {
        this.#readBefore.skip(reader);
        await this.#drain(reader, true);
        this.#readBefore.add(reader);
      }
    } finally {
      for (const reader of readers) {
        reader.close();
      }
    }
  }

  /** Another file has the name now: opens it, after those that had it in between. */
  async #succeed(old: LineReader): Promise<void> {
    if (this.#parts.isStopped()) {
      return;
    }
    const { path, encoding, consumer } = this.#parts;
    const reader = new LineReader(path, encoding);
    const renamed = findByInode(this.#place, old.file);
    if (renamed !== undefined) {
      await this.#readBeside(listYounger(this.#place, renamed), 0, reader);
    } else {
      await this.#packed.readAfter(this.#place, old);
    }
    this.#place = readRealPath(path) ?? this.#place;
    this.#previous?.close();
    this.#previous = old;
    this.#current = reader;
    this.#packed.forget();
    this.#isLost = false;
    const size = reader.file.size();
    consumer.event?.({ type: "rotated", path, how: "replaced", size, ...bothSides(old, reader) });
  }

  #returned(): void {
    if (this.#isLost && this.#current) {
      this.#isLost = false;
      this.#found(this.#current);
    }
  }

  #found({ position, hash }: LineReader): void {
    const { path, consumer } = this.#parts;
    consumer.event?.({ type: "found", path, position, hash });
  }

  async #lose(old: LineReader): Promise<void> {
    const { path, consumer } = this.#parts;
    if (!this.#isLost) {
      this.#isLost = true;
      consumer.event?.({ type: "lost", path, reason: "file is gone" });
    }
    const renamed = findByInode(this.#place, old.file);
    if (renamed === undefined && old.file.isDeleted()) {
      await this.#packed.readAfter(this.#place, old);
      return;
    }
    const younger = renamed === undefined ? [] : listYounger(this.#place, renamed);
    const last = younger.at(-1);
    if (last !== undefined) {
      await this.#adopt(old, last, younger.slice(0, -1));
    }
  }

  /** A file that had the name and has lost it already takes the place of the one before. */
  async #adopt(old: LineReader, last: string, between: readonly string[]): Promise<void> {
    const reader = new LineReader(last, this.#parts.encoding);
    await this.#readBeside(between, 0, reader);
    this.#previous?.close();
    this.#previous = old;
    this.#current = reader;
    this.#packed.forget();
    this.#readBefore.skip(reader);
    await this.#drainCut(reader);
  }

  /** What may be left of the content that a cut file had. What came after the file itself is no copy of it. */
  #findCopy(reader: LineReader): string | undefined {
    const { file, position } = reader;
    if (position === 0 && file.isDeleted()) {
      // Part of a line is all there is to tell the copy by, and no name tells what came before and what after.
      return undefined;
    }
    const renamed = findByInode(this.#place, file);
    const after = new Set(renamed === undefined ? [] : listYounger(this.#place, renamed));
    return findCopy(
      this.#place,
      { birth: reader.copiesFrom },
      (other, path) => !after.has(path) && !isSameFile(other, file) && reader.isCopiedIn(other),
    );
  }

  /** The file was cut: what of it was not read yet may be in a copy beside it. */
  async #restart(reader: LineReader): Promise<void> {
    const before = { position: reader.position, hash: reader.hash };
    const copy = this.#findCopy(reader);
    if (copy !== undefined) {
      await this.#readSince(copy, reader.position, reader);
    } else {
      await this.#packed.read(this.#place, { hash: reader.hash, birth: reader.file.birth }, reader, reader);
    }
    if (this.#parts.isStopped()) {
      return;
    }
    reader.moveTo(0);
    this.#report(reader);
    const inode = Number(reader.file.ino);
    this.#parts.consumer.event?.({
      type: "rotated",
      path: this.#parts.path,
      how: "truncated",
      size: reader.file.size(),
      position: before.position,
      inode,
      oldInode: inode,
      hash: reader.hash,
      oldHash: before.hash,
    });
  }
}

/** `undefined` when nothing is there any more. */
function readRealPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
