import {
  copyText,
  isNarrow,
  narrowText,
  packGroups,
  packLines,
  parseIp,
  unpackGroups,
  unpackLines,
  widenText,
  type Failure,
  type Groups,
  type MatchedLine,
  type Packed,
} from "../model";

/**
 * Failures on their way between threads: the texts of all, one after the other, and their numbers. One text and one
 * array of numbers are copied between threads many times quicker than objects or lists of texts.
 */
export interface FailureBatch {
  readonly texts: string;
  readonly numbers: Float64Array;
  /** One character beyond U+00FF doubles the bytes of a whole text; then each text of it was narrowed. */
  readonly isNarrowed: boolean;
}

/** Failures of one batch: what a daemon deals with in a few milliseconds, before it does something else. */
const BATCH = 500;
/** Numbers of one failure: time, count, weight and bantime (NaN: absent), lengths of its texts (-1: absent). */
const HEAD = 9;
const FIRST_LENGTH = 4;

/** Packs failures into batches one by one, so that nothing but their texts has to be kept until it is sent. */
export class FailurePacker {
  readonly #batches: FailureBatch[] = [];
  #texts = "";
  #numbers: number[] = [];
  #count = 0;

  /** Failures packed so far. */
  get count(): number {
    return this.#count;
  }

  add(failure: Failure): void {
    const { time, count, weight = Number.NaN, bantime = Number.NaN, id, ip, host } = failure;
    if (this.#numbers.length === BATCH * HEAD) {
      this.#close();
    }
    this.#count++;
    this.#numbers.push(time, count, weight, bantime);
    this.#addName(id);
    this.#addName(ip);
    this.#addName(host);
    const groups = packGroups(failure.groups);
    const lines = packLines(failure.matches);
    this.#texts += groups + lines;
    this.#numbers.push(groups.length, lines.length);
  }

  /** Gives the batches away and begins anew. */
  take(): readonly FailureBatch[] {
    this.#close();
    this.#count = 0;
    return this.#batches.splice(0);
  }

  #addName(name: string | undefined): void {
    if (name === undefined) {
      this.#numbers.push(-1);
    } else {
      this.#texts += name;
      this.#numbers.push(name.length);
    }
  }

  #close(): void {
    if (this.#numbers.length > 0) {
      const batch = { texts: this.#texts, numbers: Float64Array.from(this.#numbers), isNarrowed: false };
      this.#batches.push(isNarrow(batch.texts) ? batch : narrowBatch(batch));
      this.#texts = "";
      this.#numbers = [];
    }
  }
}

function narrowBatch({ texts, numbers }: FailureBatch): FailureBatch {
  let narrowed = "";
  let start = 0;
  const lengths = numbers.map((length, at) => {
    if (at % HEAD < FIRST_LENGTH || length < 0) {
      return length;
    }
    const text = narrowText(texts.slice(start, (start += length)));
    narrowed += text;
    return text.length;
  });
  return { texts: narrowed, numbers: lengths, isNarrowed: true };
}

/** The failures of a batch. */
export function decodeFailures(batch: FailureBatch): readonly Failure[] {
  const failures: Failure[] = [];
  const { numbers } = batch;
  let text = 0;
  for (let at = 0; at < numbers.length; at += HEAD) {
    const failure = new WiredFailure(batch, at, text);
    text = failure.packed.end;
    failures.push(failure);
  }
  return failures;
}

/** The last second that a date can name. */
const LAST_SECOND = 253_402_300_799;
/** The most that one failure may count. */
const MOST_COUNT = 1000;

/** Whether a batch that a stranger sent is one that a packer could have made. */
export function isSoundBatch({ texts, numbers, isNarrowed }: FailureBatch): boolean {
  if (numbers.length % HEAD !== 0 || numbers.length > BATCH * HEAD) {
    return false;
  }
  let text = 0;
  for (let at = 0; at < numbers.length; at += HEAD) {
    const [id, ip, ...others] = numbers.subarray(at + FIRST_LENGTH, at + HEAD);
    const lengths = [id ?? 0, ip ?? 0, ...others];
    const start = text;
    const place = text + Math.max(0, id ?? 0);
    if (!areSoundLengths(lengths) || !isSoundHead(numbers.subarray(at, at + FIRST_LENGTH))) {
      return false;
    }
    text += lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
    const address = texts.slice(place, place + Math.max(0, ip ?? 0));
    const offender = texts.slice(start, place);
    const isNamed = (ip ?? 0) < 0 || isAddress(address, isNarrowed);
    if (text > texts.length || !isNamed || isWholeInternet(offender, isNarrowed)) {
      return false;
    }
  }
  return text === texts.length;
}

/** Names may be absent, groups and lines are always there. */
function areSoundLengths(lengths: readonly number[]): boolean {
  return lengths.every((length, at) => Number.isSafeInteger(length) && length >= (at < 3 ? -1 : 0));
}

function isSoundHead([time = Number.NaN, count = 0, weight = 0, bantime = 0]: Float64Array): boolean {
  return (
    Math.abs(time) <= LAST_SECOND &&
    Number.isInteger(count) &&
    count >= 0 &&
    count <= MOST_COUNT &&
    (Number.isNaN(weight) || (weight >= 0 && weight <= Number.MAX_SAFE_INTEGER)) &&
    (Number.isNaN(bantime) || Math.abs(bantime) <= LAST_SECOND)
  );
}

/** No filter names it: see `parseOffender`. */
function isWholeInternet(text: string, isNarrowed: boolean): boolean {
  return text.includes("/") && parseIp(isNarrowed ? widenText(text) : text)?.prefix === 0;
}

function isAddress(text: string, isNarrowed: boolean): boolean {
  return parseIp(isNarrowed ? widenText(text) : text) !== undefined;
}

/** A failure as it came: its groups and lines are taken out of the batch only when somebody asks. */
class WiredFailure implements Failure {
  readonly time: number;
  readonly count: number;
  readonly weight: number | undefined;
  readonly bantime: number | undefined;
  readonly id: string | undefined;
  readonly ip: string | undefined;
  readonly host: string | undefined;
  readonly packed: WiredTexts;

  constructor({ texts, numbers, isNarrowed }: FailureBatch, at: number, start: number) {
    this.time = numberAt(numbers, at);
    this.count = numberAt(numbers, at + 1);
    this.weight = presentAt(numbers, at + 2);
    this.bantime = presentAt(numbers, at + 3);
    const [id, ip, host] = [numberAt(numbers, at + 4), numberAt(numbers, at + 5), numberAt(numbers, at + 6)];
    const name = isNarrowed ? wideName : copyText;
    let end = start;
    this.id = id < 0 ? undefined : name(texts.slice(end, (end += id)));
    this.ip = ip < 0 ? undefined : name(texts.slice(end, (end += ip)));
    this.host = host < 0 ? undefined : name(texts.slice(end, (end += host)));
    const lines = end + numberAt(numbers, at + 7);
    this.packed = new WiredTexts(texts, end, lines, lines + numberAt(numbers, at + 8));
  }

  get groups(): Groups {
    return unpackGroups(this.packed.groups);
  }

  get matches(): readonly MatchedLine[] {
    return unpackLines(this.packed.lines);
  }
}

/** Texts in a batch. Copied when asked for, once for all who ask: what is kept must not keep the whole batch. */
class WiredTexts implements Packed {
  readonly #texts: string;
  readonly #start: number;
  readonly #middle: number;
  readonly end: number;
  #groups: string | undefined;
  #lines: string | undefined;

  constructor(texts: string, start: number, middle: number, end: number) {
    this.#texts = texts;
    this.#start = start;
    this.#middle = middle;
    this.end = end;
  }

  get groups(): string {
    this.#groups ??= copyText(this.#texts.slice(this.#start, this.#middle));
    return this.#groups;
  }

  get lines(): string {
    this.#lines ??= copyText(this.#texts.slice(this.#middle, this.end));
    return this.#lines;
  }
}

function wideName(part: string): string {
  return widenText(copyText(part));
}

function numberAt(numbers: Float64Array, at: number): number {
  return numbers[at] ?? 0;
}

function presentAt(numbers: Float64Array, at: number): number | undefined {
  const number = numberAt(numbers, at);
  return Number.isNaN(number) ? undefined : number;
}
