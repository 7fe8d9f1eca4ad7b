import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { messageOf } from "../../model";
import type { Notice, QueuedNotice } from "./notice";

/** Records that are over before the file is written anew. */
const MOST_DEAD = 2000;
/** Only the daemon may read it: log lines are in it. */
const PRIVATE = 0o600;

/** One line of the file: a notice, the ids of those that are done, how many more were only counted. */
type QueueRecord =
  | { readonly i: number; readonly k: string; readonly n: Notice }
  | { readonly d: readonly number[] }
  | { readonly k: string; readonly o: number };

/**
 * Notices that are not delivered yet, in a file of JSON lines that is only appended to: after a crash everything that
 * was confirmed is there again, and half a line at the end harms nothing. What comes in one turn of the event loop is
 * written and synced together. Without a path it is all in memory.
 */
export class NoticeQueue {
  readonly #path: string | undefined;
  readonly #onTrouble: (text: string) => void;
  readonly #waiting = new Map<number, QueuedNotice>();
  readonly #omitted = new Map<string, number>();
  #file: number | undefined;
  #nextId = 1;
  #dead = 0;
  #size = 0;
  #isFailing = false;
  readonly #lines: string[] = [];
  #written: Promise<void> | undefined;

  constructor(path: string | undefined, onTrouble: (text: string) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    if (path !== undefined) {
      this.#attempt("open", () => this.#open(path));
    }
  }

  /** Everything that waits, the oldest first. */
  get waiting(): readonly QueuedNotice[] {
    return [...this.#waiting.values()];
  }

  /** How many notices of an action were only counted. */
  omitted(key: string): number {
    return this.#omitted.get(key) ?? 0;
  }

  /** Takes a notice in; `stored` settles when it is on disk (or the disk has failed, which is told once). */
  add(key: string, notice: Notice): { readonly entry: QueuedNotice; readonly stored: Promise<void> } {
    const entry = { id: this.#nextId++, key, notice };
    this.#waiting.set(entry.id, entry);
    return { entry, stored: this.#append({ i: entry.id, k: key, n: notice }) };
  }

  /** Counts notices that there is no room for; a negative number takes them off again. */
  omit(key: string, count: number): Promise<void> {
    const sum = this.omitted(key) + count;
    if (sum > 0) {
      this.#omitted.set(key, sum);
    } else {
      this.#omitted.delete(key);
    }
    this.#dead++;
    return this.#append({ k: key, o: count });
  }

  /** Forgets notices that are delivered or given up. */
  finish(entries: readonly QueuedNotice[]): Promise<void> {
    for (const { id } of entries) {
      this.#waiting.delete(id);
    }
    this.#dead += entries.length + 1;
    return this.#append({ d: entries.map(({ id }) => id) });
  }

  /** Writes what is still to be written. */
  close(): void {
    this.#write();
    if (this.#file !== undefined) {
      closeSync(this.#file);
      this.#file = undefined;
    }
  }

  #append(record: QueueRecord): Promise<void> {
    if (this.#file === undefined) {
      return Promise.resolve();
    }
    this.#lines.push(`${JSON.stringify(record)}\n`);
    this.#written ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#written = undefined;
        this.#write();
        resolve();
      });
    });
    return this.#written;
  }

  #write(): void {
    const { length } = this.#lines;
    const file = this.#file;
    if (file === undefined || length === 0) {
      return;
    }
    const text = this.#lines.splice(0).join("");
    this.#attempt("write", () => {
      if (this.#waiting.size === 0 && this.#omitted.size === 0) {
        this.#empty(file);
      } else if (this.#dead > MOST_DEAD && this.#dead > 2 * this.#waiting.size) {
        this.#rewrite();
      } else {
        this.#size += writeAll(file, text);
        fsyncSync(file);
      }
    });
  }

  #empty(file: number): void {
    if (this.#size > 0) {
      ftruncateSync(file, 0);
      fsyncSync(file);
      this.#size = 0;
    }
    this.#dead = 0;
  }

  #open(path: string): void {
    const file = openSync(
      path,
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
      PRIVATE,
    );
    const text = readFileSync(file, "utf8");
    this.#file = file;
    this.#size = Buffer.byteLength(text);
    const lines = text.split("\n");
    const rest = lines.pop() ?? "";
    const broken = lines.filter((line) => !this.#take(line)).length + (rest === "" ? 0 : 1);
    if (broken > 0) {
      // The next record must begin on a line of its own.
      this.#rewrite();
      this.#onTrouble(`${broken} broken lines in ${path} are left out`);
    }
  }

  #take(line: string): boolean {
    const record = parseRecord(line);
    if (!record) {
      return false;
    }
    if ("d" in record) {
      record.d.forEach((id) => this.#waiting.delete(id));
      this.#dead += record.d.length + 1;
    } else if ("n" in record) {
      this.#waiting.set(record.i, { id: record.i, key: record.k, notice: record.n });
      this.#nextId = Math.max(this.#nextId, record.i + 1);
    } else {
      this.#omitted.set(record.k, Math.max(0, this.omitted(record.k) + record.o));
      this.#dead++;
    }
    return true;
  }

  /** Into another file that then takes the place of this one. */
  #rewrite(): void {
    const path = this.#path ?? "";
    const records: QueueRecord[] = [
      ...this.waiting.map(({ id, key, notice }) => ({ i: id, k: key, n: notice })),
      ...[...this.#omitted].map(([key, count]) => ({ k: key, o: count })),
    ];
    const flags =
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const file = openSync(`${path}.new`, flags, PRIVATE);
    try {
      this.#size = writeAll(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
      fsyncSync(file);
      renameSync(`${path}.new`, path);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    if (this.#file !== undefined) {
      closeSync(this.#file);
    }
    this.#file = file;
    this.#dead = 0;
  }

  #attempt(what: string, work: () => void): void {
    try {
      work();
      this.#isFailing = false;
    } catch (error) {
      // Whatever is in the file now: the next attempt writes it anew.
      this.#dead = Number.POSITIVE_INFINITY;
      if (this.#isFailing) {
        return;
      }
      this.#isFailing = true;
      this.#onTrouble(`Cannot ${what} ${this.#path}: ${messageOf(error)}. Notices are kept in memory only`);
    }
  }
}

function writeAll(file: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(file, bytes, at);
  }
  return bytes.length;
}

function parseRecord(line: string): QueueRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<{
      i: number;
      k: string;
      n: Notice;
      d: number[];
      o: number;
    }> | null;
    const { i, k, n, d, o } = record ?? {};
    if (Array.isArray(d)) {
      return { d };
    }
    if (typeof k !== "string") {
      return undefined;
    }
    if (typeof i === "number" && typeof n?.jail === "string" && typeof n.event === "string") {
      return { i, k, n };
    }
    return typeof o === "number" ? { k, o } : undefined;
  } catch {
    return undefined;
  }
}
