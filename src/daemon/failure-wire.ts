import {
  copyText,
  formatDotted,
  narrowText,
  packGroups,
  packLines,
  parseIp,
  textOf,
  unpackGroups,
  unpackLines,
  viewBytes,
  type Failure,
  type Groups,
  type MatchedLine,
  type Packed,
} from "../model";

/**
 * Failures on their way between threads: the names of all offenders as one text, the packed groups and lines of all as
 * bytes, and their numbers. That is copied between threads many times quicker than objects or lists of texts.
 */
export interface FailureBatch {
  readonly names: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** Failures of one batch: what a daemon deals with in a few milliseconds, before it does something else. */
const BATCH = 500;
/**
 * Numbers of one failure: time, count, weight and bantime (NaN: absent), lengths of names (-1: absent) and bytes. In the
 * place of all three names an IPv4 address may stand: `ADDRESS`, its number, 0.
 */
const HEAD = 9;
const FIRST_NAME = 4;
const ADDRESS = -2;
/** Bytes that most batches have room in. */
const FIRST_ROOM = 1 << 16;

/** Packs failures into batches one by one, so that nothing but their texts has to be kept until it is sent. */
export class FailurePacker {
  readonly #batches: FailureBatch[] = [];
  readonly #numbers = new Float64Array(BATCH * HEAD);
  #used = 0;
  #names = "";
  #bytes = Buffer.alloc(FIRST_ROOM);
  #length = 0;
  #count = 0;
  /** What of which bytes is to be copied next: mostly what the next failure says stands behind it. */
  #source: DataView | undefined;
  #from = 0;
  #to = 0;

  /** Failures packed so far. */
  get count(): number {
    return this.#count;
  }

  add(failure: Failure): void {
    if (this.#used === this.#numbers.length) {
      this.#close();
    }
    const numbers = this.#numbers;
    const at = this.#used;
    numbers[at] = failure.time;
    numbers[at + 1] = failure.count;
    numbers[at + 2] = failure.weight ?? Number.NaN;
    numbers[at + 3] = failure.bantime ?? Number.NaN;
    const { address } = failure;
    if (address === undefined) {
      numbers[at + 4] = this.#addName(failure.id);
      numbers[at + 5] = this.#addName(failure.ip);
      numbers[at + 6] = this.#addName(failure.host);
    } else {
      numbers[at + 4] = ADDRESS;
      numbers[at + 5] = address;
      numbers[at + 6] = 0;
    }
    if (failure.packed) {
      this.#copy(failure.packed, at);
    } else {
      numbers[at + 7] = this.#write(narrowText(packGroups(failure.groups)));
      numbers[at + 8] = this.#write(narrowText(packLines(failure.matches)));
    }
    this.#used += HEAD;
    this.#count++;
  }

  /** Gives the batches away and begins anew. */
  take(): readonly FailureBatch[] {
    this.#close();
    this.#count = 0;
    return this.#batches.splice(0);
  }

  #addName(name: string | undefined): number {
    if (name === undefined) {
      return -1;
    }
    this.#names += name;
    return name.length;
  }

  #copy({ bytes, start, middle, end }: Packed, at: number): void {
    this.#numbers[at + 7] = middle - start;
    this.#numbers[at + 8] = end - middle;
    if (bytes !== this.#source || start !== this.#to) {
      this.#flush();
      this.#source = bytes;
      this.#from = start;
    }
    this.#to = end;
  }

  #flush(): void {
    const source = this.#source;
    if (source) {
      const more = this.#to - this.#from;
      this.#makeRoom(more);
      const part = new Uint8Array(source.buffer, source.byteOffset + this.#from, more);
      this.#bytes.set(part, this.#length);
      this.#length += more;
      this.#source = undefined;
    }
  }

  #write(narrow: string): number {
    this.#flush();
    this.#makeRoom(narrow.length);
    this.#bytes.write(narrow, this.#length, "latin1");
    this.#length += narrow.length;
    return narrow.length;
  }

  #makeRoom(more: number): void {
    const wanted = this.#length + more;
    if (wanted > this.#bytes.length) {
      const larger = Buffer.alloc(2 * wanted);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
  }

  #close(): void {
    this.#flush();
    if (this.#used > 0) {
      const bytes = new Uint8Array(this.#bytes.subarray(0, this.#length));
      this.#batches.push({ names: this.#names, bytes, numbers: this.#numbers.slice(0, this.#used) });
      this.#names = "";
      this.#length = 0;
      this.#used = 0;
    }
  }
}

/** The failures of a batch. */
export function decodeFailures(batch: FailureBatch): readonly Failure[] {
  const failures: Failure[] = [];
  const { names, numbers } = batch;
  const bytes = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
  let name = 0;
  let text = 0;
  for (let at = 0; at < numbers.length; at += HEAD) {
    const failure = new WiredFailure({ names, bytes, numbers }, at, name, text);
    name = failure.nameEnd;
    text = failure.end;
    failures.push(failure);
  }
  return failures;
}

/** The last second that a date can name. */
const LAST_SECOND = 253_402_300_799;
/** The most that one failure may count. */
const MOST_COUNT = 1000;

/** Whether a batch that a stranger sent is one that a packer could have made. */
export function isSoundBatch({ names, bytes, numbers }: FailureBatch): boolean {
  if (numbers.length % HEAD !== 0 || numbers.length > BATCH * HEAD) {
    return false;
  }
  let name = 0;
  let text = 0;
  for (let at = 0; at < numbers.length; at += HEAD) {
    const lengths = lengthsAt(numbers, at);
    if (!lengths || !areSoundLengths(lengths) || !isSoundHead(numbers.subarray(at, at + FIRST_NAME))) {
      return false;
    }
    const [id, ip, host] = Array.from(lengths.subarray(0, 3), (length) => Math.max(0, length));
    const offender = names.slice(name, (name += id ?? 0));
    const address = names.slice(name, (name += ip ?? 0));
    name += host ?? 0;
    text += numberAt(lengths, 3) + numberAt(lengths, 4);
    const isNamed = numberAt(lengths, 1) < 0 || parseIp(address) !== undefined;
    if (name > names.length || text > bytes.length || !isNamed || isWholeInternet(offender)) {
      return false;
    }
  }
  return name === names.length && text === bytes.length;
}

/** Lengths of names and bytes; undefined for what stands for an address and is none. */
function lengthsAt(numbers: Float64Array, at: number): Float64Array | undefined {
  const lengths = numbers.subarray(at + FIRST_NAME, at + HEAD);
  const [mark, address = Number.NaN, rest] = lengths;
  if (mark !== ADDRESS) {
    return lengths;
  }
  return address === (address | 0) && rest === 0
    ? Float64Array.of(-1, -1, -1, ...lengths.subarray(3))
    : undefined;
}

/** Names may be absent, groups and lines are always there. */
function areSoundLengths(lengths: Float64Array): boolean {
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
function isWholeInternet(text: string): boolean {
  return text.includes("/") && parseIp(text)?.prefix === 0;
}

interface OpenBatch extends Omit<FailureBatch, "bytes"> {
  readonly bytes: DataView;
}

/** A failure as it came: its groups and lines are taken out of the batch only when somebody asks. */
class WiredFailure implements Failure, Packed {
  readonly time: number;
  readonly count: number;
  readonly weight: number | undefined;
  readonly bantime: number | undefined;
  readonly address: number | undefined;
  readonly ip: string | undefined;
  readonly host: string | undefined;
  readonly nameEnd: number;
  readonly bytes: DataView;
  readonly start: number;
  readonly middle: number;
  readonly end: number;
  kept: Packed["kept"];
  #name: string | undefined;

  constructor({ names, bytes, numbers }: OpenBatch, at: number, name: number, start: number) {
    this.time = numberAt(numbers, at);
    this.count = numberAt(numbers, at + 1) | 0;
    this.weight = presentAt(numbers, at + 2);
    this.bantime = presentAt(numbers, at + 3);
    const id = numberAt(numbers, at + 4);
    const isAddress = id === ADDRESS;
    const ip = isAddress ? -1 : numberAt(numbers, at + 5);
    const host = isAddress ? -1 : numberAt(numbers, at + 6);
    let end = name;
    this.address = isAddress ? numberAt(numbers, at + 5) | 0 : undefined;
    this.#name = id < 0 ? undefined : copyText(names.slice(end, (end += id)));
    this.ip = ip < 0 ? undefined : copyText(names.slice(end, (end += ip)));
    this.host = host < 0 ? undefined : copyText(names.slice(end, (end += host)));
    this.nameEnd = end;
    this.bytes = bytes;
    this.start = start;
    // As whole numbers of 32 bits: V8 would keep others in boxes, wherever they are added up.
    this.middle = (start + numberAt(numbers, at + 7)) | 0;
    this.end = (this.middle + numberAt(numbers, at + 8)) | 0;
  }

  /** Made once for all jails that are told of the failure. */
  get id(): string | undefined {
    if (this.#name === undefined && this.address !== undefined) {
      this.#name = formatDotted(this.address);
    }
    return this.#name;
  }

  get packed(): Packed {
    return this;
  }

  get groups(): Groups {
    return unpackGroups(textOf(viewBytes(this.bytes), this.start, this.middle));
  }

  get matches(): readonly MatchedLine[] {
    return unpackLines(textOf(viewBytes(this.bytes), this.middle, this.end));
  }
}

function numberAt(numbers: Float64Array, at: number): number {
  return numbers[at] ?? 0;
}

function presentAt(numbers: Float64Array, at: number): number | undefined {
  const number = numberAt(numbers, at);
  return Number.isNaN(number) ? undefined : number;
}
