import {
  countLines,
  countPackedLines,
  isLineCount,
  packFailure,
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

const NO_TEXTS: number[] = [];
const NO_GROUPS: Groups = new Map();

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
  /** Texts of packed lines, each those of one failure: mostly there is one. And how many lines they are together. */
  #first = NO_TEXT;
  #others: number[] = NO_TEXTS;
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
    this.#groups = pool.putGroups(packed);
    this.#add(packed);
  }

  get groups(): Groups {
    return unpackGroups(this.#pool.read(this.#groups));
  }

  get matches(): readonly MatchedLine[] {
    return this.#texts().flatMap((text) => unpackLines(this.#pool.read(text)));
  }

  get packed(): PackedTicket {
    return [this.#pool.bytes(this.#groups), ...this.#texts().map((text) => this.#pool.bytes(text))];
  }

  /** What a ban keeps of it. */
  get data(): BanData {
    const lines = this.#texts().map((text) => this.#pool.read(text));
    return new TicketData(this.failures, this.#pool.read(this.#groups), lines);
  }

  /** Adds the lines of a failure; of all its lines the last `most` are kept. */
  append(failure: Failure, most: number): void {
    const packed = failure.packed ?? packFailure(failure);
    const first = this.#first;
    const count = countPackedLines(packed);
    const excess = this.#lines + count - Math.max(0, most);
    if (excess === count && count > 0 && first !== NO_TEXT && this.#countLines(first) === count) {
      this.#exchange(packed);
      return;
    }
    this.#add(packed);
    if (excess > 0) {
      this.#drop(excess);
    }
  }

  /** Goes to another pool with all it has; `moved`: what others have taken there already, and where it is now. */
  move(pool: TextPool, moved: Map<number, number>): void {
    const move = (text: number): number => this.#pool.move(text, pool, moved);
    this.#groups = move(this.#groups);
    this.#first = move(this.#first);
    this.#others = this.#others.map(move);
    this.#pool = pool;
  }

  /** Forgets what it remembers of lines: the pool may give their place to others. */
  release(): void {
    this.#pool.free(this.#groups);
    this.#texts().forEach((text) => this.#pool.free(text));
    this.#groups = NO_TEXT;
    this.#setTexts([]);
    this.#lines = 0;
  }

  #texts(): readonly number[] {
    return this.#first === NO_TEXT ? NO_TEXTS : [this.#first, ...this.#others];
  }

  #setTexts([first = NO_TEXT, ...others]: readonly number[]): void {
    this.#first = first;
    this.#others = others.length === 0 ? NO_TEXTS : others;
  }

  #add(packed: Packed): void {
    const count = countPackedLines(packed);
    if (count === 0) {
      return;
    }
    const text = this.#pool.putLines(packed);
    if (this.#first === NO_TEXT) {
      this.#first = text;
    } else {
      this.#others = longer(this.#others, text);
    }
    this.#lines += count;
    this.text += packed.end - packed.middle + TEXT_BYTES;
  }

  /** What happens nearly always: the lines of one failure come, as many of another go. */
  #exchange(packed: Packed): void {
    const old = this.#first;
    this.text += packed.end - packed.middle - this.#pool.length(old);
    this.#pool.free(old);
    const text = this.#pool.putLines(packed);
    const others = this.#others;
    this.#first = others[0] ?? text;
    if (others.length > 0) {
      others.copyWithin(0, 1);
      others[others.length - 1] = text;
    }
  }

  /** Takes lines away, the first ones. */
  #drop(excess: number): void {
    const [text, ...others] = this.#texts();
    if (text === undefined) {
      return;
    }
    const lines = unpackLines(this.#pool.read(text)).slice(excess);
    const count = this.#countLines(text);
    this.text -= this.#pool.length(text) + TEXT_BYTES;
    this.#lines -= count;
    this.#pool.free(text);
    this.#setTexts(others);
    if (count < excess) {
      this.#drop(excess - count);
    } else if (lines.length > 0) {
      this.#setTexts([]);
      this.#add(packFailure({ groups: NO_GROUPS, matches: lines }));
      this.#setTexts([this.#first, ...others]);
    }
  }

  #countLines(text: number): number {
    const first = this.#pool.first(text);
    return isLineCount(first) ? first : countLines(this.#pool.read(text));
  }
}

/** With one more. Not pushed, which would leave room for more than ever come; `concat` takes many times as long. */
function longer(texts: readonly number[], text: number): number[] {
  // oxlint-disable-next-line unicorn/no-new-array
  const all = new Array<number>(texts.length + 1);
  for (let i = 0; i < texts.length; i++) {
    all[i] = texts[i] ?? NO_TEXT;
  }
  all[texts.length] = text;
  return all;
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
