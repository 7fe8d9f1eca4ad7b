import {
  countLines,
  packGroups,
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

/** What a text takes beside its characters: its own head, and its place in a list. */
const TEXT_BYTES = 40;

/**
 * A ticket at work. What it remembers of log lines stays packed until somebody asks: of thousands who fail few are
 * banned.
 */
export class OpenTicket implements Ticket {
  readonly id: string;
  readonly ip: string | undefined;
  first: number;
  last: number;
  retry: number;
  failures: number;
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
  readonly #groups: string;
  /** Packed lines of one failure, or of several. */
  #lines: string | readonly string[];

  constructor(id: string, failure: Failure, retry: number) {
    const { groups, lines } = packedOf(failure);
    this.id = id;
    this.ip = failure.ip;
    this.first = failure.time;
    this.last = failure.time;
    this.retry = retry;
    this.failures = Math.max(1, failure.count);
    this.#groups = groups;
    this.#lines = lines;
  }

  get groups(): Groups {
    return unpackGroups(this.#groups);
  }

  get matches(): readonly MatchedLine[] {
    return matchesOf(this.#lines);
  }

  get packed(): PackedTicket {
    return typeof this.#lines === "string" ? [this.#groups, this.#lines] : [this.#groups, ...this.#lines];
  }

  /** What a ban keeps of it. */
  get data(): BanData {
    return new TicketData(this.failures, this.#groups, this.#lines);
  }

  /** About how many bytes its matched lines take. */
  get text(): number {
    return bytesOf(this.#lines);
  }

  /** Adds the lines of a failure; of all its lines the last `most` are kept. */
  append(failure: Failure, most: number): void {
    const { lines } = packedOf(failure);
    const kept = typeof this.#lines === "string" ? [this.#lines, lines] : [...this.#lines, lines];
    this.#lines = cutLines(kept, Math.max(0, most));
  }
}

/** What a ban remembers, packed until somebody asks. */
class TicketData implements BanData {
  readonly failures: number;
  readonly #groups: string;
  readonly #lines: string | readonly string[];

  constructor(failures: number, groups: string, lines: string | readonly string[]) {
    this.failures = failures;
    this.#groups = groups;
    this.#lines = lines;
  }

  get groups(): Groups {
    return unpackGroups(this.#groups);
  }

  get matches(): readonly MatchedLine[] {
    return matchesOf(this.#lines);
  }
}

/** Its groups and lines are not asked for when they are there packed: that would unpack them. */
function packedOf(failure: Failure): Packed {
  return failure.packed ?? { groups: packGroups(failure.groups), lines: packLines(failure.matches) };
}

function matchesOf(lines: string | readonly string[]): readonly MatchedLine[] {
  return typeof lines === "string" ? unpackLines(lines) : lines.flatMap(unpackLines);
}

/** The last lines; mostly each text is one line, and whole texts go. */
function cutLines(texts: readonly string[], most: number): readonly string[] {
  let excess = -most;
  for (const text of texts) {
    excess += countLines(text);
  }
  let from = 0;
  for (let count = countLines(texts[from] ?? ""); from < texts.length && count <= excess; ) {
    excess -= count;
    from++;
    count = countLines(texts[from] ?? "");
  }
  if (excess <= 0 || from === texts.length) {
    return from === 0 ? texts : texts.slice(from);
  }
  return [packLines(unpackLines(texts[from] ?? "").slice(excess)), ...texts.slice(from + 1)];
}

function bytesOf(lines: string | readonly string[]): number {
  if (typeof lines === "string") {
    return lines.length + TEXT_BYTES;
  }
  let bytes = 0;
  for (const text of lines) {
    bytes += text.length + TEXT_BYTES;
  }
  return bytes;
}
