import { formatHead, formatLogRecord, escapeControls, type LogLineOptions, type LogRecord } from "./log-line";

const ROOM = 1 << 16;
/** Bytes after which lines should be written. */
const MOST = ROOM / 2;

/** A text that many lines have in common, and its bytes. */
interface Common {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/**
 * Lines of a log as bytes, in a place that is used again and again: a storm of them leaves no texts behind. What
 * follows lines have in common is copied, and searched for control characters once.
 */
export class LineBuffer {
  readonly #options: LogLineOptions;
  #bytes = Buffer.alloc(ROOM);
  #length = 0;
  #lines = 0;
  #head: Uint8Array = new Uint8Array();
  #headOf: LogRecord | undefined;
  readonly #common: Common[] = [];

  constructor(options: LogLineOptions) {
    this.#options = options;
  }

  /** How many lines there are. */
  get lines(): number {
    return this.#lines;
  }

  /** Whether it is time to write what is there. */
  get isFull(): boolean {
    return this.#length > MOST;
  }

  /** Adds the line of a record. */
  add(record: LogRecord): void {
    if (this.#options.format === undefined) {
      this.#copy(this.#headFor(record));
      const { message } = record;
      for (let i = 0; i < message.length; i++) {
        this.#addPiece(message[i] ?? "", i);
      }
    } else {
      this.#copy(Buffer.from(formatLogRecord(record, this.#options)));
    }
    this.#makeRoom(1);
    this.#bytes[this.#length++] = NEWLINE;
    this.#lines++;
  }

  /** Gives the bytes of all lines away, until the next is added. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    if (this.#bytes.length > ROOM) {
      this.#bytes = Buffer.alloc(ROOM);
    }
    this.#length = 0;
    this.#lines = 0;
    return taken;
  }

  #headFor(record: LogRecord): Uint8Array {
    const last = this.#headOf;
    if (
      record.time !== last?.time ||
      record.logger !== last.logger ||
      record.level !== last.level ||
      record.pid !== last.pid
    ) {
      this.#head = Buffer.from(formatHead(record, this.#options));
      this.#headOf = record;
    }
    return this.#head;
  }

  /** The next line often has the same piece at the same place, or one that is short. */
  #addPiece(piece: string, place: number): void {
    const common = this.#common[place];
    if (common?.text === piece) {
      this.#copy(common.bytes);
    } else if (piece.length > SHORT || !this.#addPlain(piece)) {
      const bytes = Buffer.from(escapeControls(piece));
      this.#copy(bytes);
      this.#common[place] = { text: piece, bytes };
    }
  }

  /** Adds printable ASCII; false for all else. */
  #addPlain(piece: string): boolean {
    this.#makeRoom(piece.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (code < FIRST_PLAIN || code > LAST_PLAIN) {
        return false;
      }
      bytes[at++] = code;
    }
    this.#length = at;
    return true;
  }

  #copy(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #makeRoom(more: number): void {
    const wanted = this.#length + more;
    if (wanted > this.#bytes.length) {
      const larger = Buffer.alloc(2 * wanted);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
  }
}

/** An address is shorter. */
const SHORT = 15;
const NEWLINE = 0x0a;
const FIRST_PLAIN = 0x20;
const LAST_PLAIN = 0x7e;
