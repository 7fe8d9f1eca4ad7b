import {
  bytesOf,
  countLines,
  countPackedLines,
  isLineCount,
  narrowText,
  packFailure,
  packLines,
  unpackGroups,
  unpackLines,
  type BanData,
  type Failure,
  type Groups,
  type MatchedLine,
  type Packed,
  type PackedTicket,
  type Ticket,
} from "../model";
import { NO_TEXT, type TextPool } from "./text-pool";

/** What a text takes beside its characters: its head, and its place in a list. */
const TEXT_BYTES = 40;

/**
 * A ticket at work. What it remembers of log lines stays packed in a pool until somebody asks: of thousands who fail
 * few are banned.
 */
export class OpenTicket implements Ticket {
  readonly id: string;
  readonly ip: string | undefined;
  first: number;
  last: number;
  retry: number;
  failures: number;
  /** About how many bytes its matched lines take. */
  text = 0;
  /** Nothing was added to it since it began. */
  isNew = true;
  /** Heard of again since it took its place in the row of those to be forgotten. */
  isFresh = false;
  /** Waits among the changes that nobody has taken yet. */
  isChanged = false;
  /** Whoever takes the changes has it. */
  isKnown = false;
  /** The rules by which its offender is not ignored, see `IgnoreRules.version`; -1 when none were asked. */
  rules = -1;
  #pool: TextPool;
  #groups: number;
  /** A row of texts, each the packed lines of one failure, and how many lines they are together. */
  #head = NO_TEXT;
  #tail = NO_TEXT;
  #lines = 0;

  constructor(
    id: string,
    failure: Failure,
    { retry, pool }: { readonly retry: number; readonly pool: TextPool },
  ) {
    const packed = failure.packed ?? packFailure(failure);
    this.id = id;
    this.ip = failure.ip;
    this.first = failure.time;
    this.last = failure.time;
    this.retry = retry;
    this.failures = Math.max(1, failure.count);
    this.#pool = pool;
    this.#groups = pool.put(packed.bytes, packed.start, packed.middle);
    this.#add(packed);
  }

  get groups(): Groups {
    return unpackGroups(this.#pool.read(this.#groups));
  }

  get matches(): readonly MatchedLine[] {
    return this.#texts().flatMap((text) => unpackLines(this.#pool.read(text)));
  }

  get packed(): PackedTicket {
    return [this.#pool.read(this.#groups), ...this.#texts().map((text) => this.#pool.read(text))];
  }

  /** What a ban keeps of it. */
  get data(): BanData {
    const [groups, ...lines] = this.packed;
    return new TicketData(this.failures, groups, lines);
  }

  /** Adds the lines of a failure; of all its lines the last `most` are kept. */
  append(failure: Failure, most: number): void {
    this.#add(failure.packed ?? packFailure(failure));
    const excess = this.#lines - Math.max(0, most);
    if (excess > 0) {
      this.#drop(excess);
    }
  }

  /** Goes to another pool with all it has. */
  move(pool: TextPool): void {
    const texts = this.#texts().map((text) => copyTo(pool, this.#pool.bytes(text)));
    this.#groups = copyTo(pool, this.#pool.bytes(this.#groups));
    this.#pool = pool;
    this.#head = NO_TEXT;
    texts.forEach((text) => this.#hang(text));
  }

  /** Forgets what it remembers of lines: the pool may give their place to others. */
  release(): void {
    this.#pool.free(this.#groups);
    this.#texts().forEach((text) => this.#pool.free(text));
    this.#groups = NO_TEXT;
    this.#head = NO_TEXT;
    this.#lines = 0;
  }

  #texts(): readonly number[] {
    const texts: number[] = [];
    for (let text = this.#head; text !== NO_TEXT; text = this.#pool.behind(text)) {
      texts.push(text);
    }
    return texts;
  }

  #add(packed: Packed): void {
    const { bytes, middle, end } = packed;
    const count = countPackedLines(packed);
    if (count > 0) {
      this.#hang(this.#pool.put(bytes, middle, end));
      this.#lines += count;
      this.text += end - middle + TEXT_BYTES;
    }
  }

  #hang(text: number): void {
    if (this.#head === NO_TEXT) {
      this.#head = text;
    } else {
      this.#pool.append(this.#tail, text);
    }
    this.#tail = text;
  }

  /** Takes lines away, the first ones; mostly each text is one line, and whole texts go. */
  #drop(excess: number): void {
    const text = this.#head;
    const count = text === NO_TEXT ? excess : this.#countLines(text);
    if (count > excess) {
      this.#shorten(excess);
    }
    if (count > excess || text === NO_TEXT) {
      return;
    }
    this.#head = this.#pool.behind(text);
    this.#lines -= count;
    this.text -= this.#pool.length(text) + TEXT_BYTES;
    this.#pool.free(text);
    if (count < excess) {
      this.#drop(excess - count);
    }
  }

  #countLines(text: number): number {
    const first = this.#pool.first(text);
    return isLineCount(first) ? first : countLines(this.#pool.read(text));
  }

  /** Takes lines away from the first text, but not all. */
  #shorten(excess: number): void {
    const old = this.#head;
    const lines = unpackLines(this.#pool.read(old)).slice(excess);
    const bytes = bytesOf(narrowText(packLines(lines)));
    this.#lines += lines.length - this.#countLines(old);
    this.#head = copyTo(this.#pool, bytes);
    this.#pool.append(this.#head, this.#pool.behind(old));
    this.#tail = this.#tail === old ? this.#head : this.#tail;
    this.text += bytes.length - this.#pool.length(old);
    this.#pool.free(old);
  }
}

function copyTo(pool: TextPool, bytes: Uint8Array): number {
  return pool.put(new DataView(bytes.buffer), 0, bytes.length);
}

/** What a ban remembers, packed until somebody asks. */
class TicketData implements BanData {
  readonly failures: number;
  readonly #groups: string;
  readonly #lines: readonly string[];

  constructor(failures: number, groups: string, lines: readonly string[]) {
    this.failures = failures;
    this.#groups = groups;
    this.#lines = lines;
  }

  get groups(): Groups {
    return unpackGroups(this.#groups);
  }

  get matches(): readonly MatchedLine[] {
    return this.#lines.flatMap(unpackLines);
  }
}
