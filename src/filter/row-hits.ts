import type { DateDetector, SettledDate } from "../date";
import { parseOffender, textOf, type Block, type Worth } from "../model";
import { theWorkspace } from "../wasm";
import { reckonDated, type Reckoning } from "./clock-rules";
import type { CompiledFilter } from "./compile-filter";
import type { FeedOptions } from "./feed-options";
import type { Hit } from "./hit-maker";
import { PackedHit } from "./packed-hit";
import { DATE_SIZE, KIND, MOST_ROWS, ROW, ROW_SIZE, STATE, type ProgramRoom } from "./program-layout";
import type { ByteSpan } from "./session-table";
import type { Sessions } from "./sessions";

/** Lines at hand: the address that position 0 of the block would have, and how they are to be fed. */
export interface Feeding {
  readonly block: Block;
  readonly shift: number;
  readonly options: FeedOptions;
  /** Whether an undated line may borrow its date from any line before it in the block, whatever the options say. */
  readonly looksBack?: boolean;
}

/** Rows of one run: where it began, and how dates were found. */
export interface RowReading extends Feeding {
  readonly from: number;
  readonly date: SettledDate;
}

/** What rows are made hits with. */
interface RowParts {
  readonly compiled: CompiledFilter;
  readonly detector: DateDetector;
  readonly sessions: Sessions;
  readonly room: ProgramRoom;
  /** What is found in a line between two addresses, by the plain engines or, of a session that goes on, once more. */
  feedPlain(reading: RowReading, start: number, end: number): readonly Hit[];
  feedAgain(reading: RowReading, start: number, end: number): readonly Hit[];
}

/**
 * Makes hits of rows: of those lines of which a jail under attack sees most. Somebody with an address fails, alone or in
 * the first line of a session.
 */
export class RowHits {
  readonly #parts: RowParts;
  readonly #rows: Int32Array;
  readonly #dates: Int32Array;
  readonly #worths: readonly (Worth | undefined)[];
  readonly #key: ByteSpan = { bytes: theWorkspace().bytes, from: 0, to: 0 };

  constructor(parts: RowParts) {
    const workspace = theWorkspace();
    this.#parts = parts;
    this.#rows = workspace.numbers(parts.room.rowsAt, MOST_ROWS * ROW_SIZE);
    this.#dates = workspace.numbers(parts.room.datesAt, MOST_ROWS * DATE_SIZE);
    this.#worths = parts.compiled.failregex.map(({ worth }) => worth);
  }

  /** The hits of all rows in their order; `state` is that of the program after its run. */
  read(state: Int32Array, reading: RowReading): Hit[] {
    const { detector, room } = this.#parts;
    const { now } = reading.options.clock;
    const end = (state[STATE.rows] ?? 0) * ROW_SIZE;
    // A copy for all of them, which they keep: what comes next overwrites it in the workspace.
    const bytes = theWorkspace().bytes.slice(room.packedAt, state[STATE.packedEnd]);
    const view = new DataView(bytes.buffer);
    const hits: Hit[] = [];
    let reckoning: Reckoning | undefined;
    let read = 0;
    for (let at = 0; at < end; at += ROW_SIZE) {
      if (this.#rows[at + ROW.isSameDate] === 0) {
        reckoning = this.#reckon(at / ROW_SIZE, reading);
      }
      const others = this.#feedOtherwise(at, reckoning, reading);
      if (others) {
        hits.push(...others);
      } else if (reckoning) {
        read++;
        this.#notice(at, reckoning, reading);
        if (reckoning.time !== undefined) {
          hits.push(this.#make(at, view, reckoning.time, now));
        }
      }
    }
    detector.countSettled(now, read);
    return hits;
  }

  /** The hits of a line whose date names no moment, or that goes on with a session. */
  #feedOtherwise(
    at: number,
    reckoning: Reckoning | undefined,
    reading: RowReading,
  ): readonly Hit[] | undefined {
    const start = this.#rows[at + ROW.start] ?? 0;
    if (!reckoning) {
      return this.#parts.feedPlain(reading, start, this.#rows[at + ROW.end] ?? 0);
    }
    return reckoning.time !== undefined && this.#isKnown(at, reading.options.clock.now)
      ? this.#parts.feedAgain(reading, start, this.#rows[at + ROW.end] ?? 0)
      : undefined;
  }

  #notice(at: number, { notice }: Reckoning, { block, shift, options }: RowReading): void {
    if (notice) {
      const [start, end] = [this.#rows[at + ROW.start] ?? 0, this.#rows[at + ROW.end] ?? 0];
      options.notice?.(notice, block.decode(start - shift, end - shift));
    }
  }

  // oxlint-disable-next-line max-params
  #make(at: number, bytes: DataView, time: number, now: number): PackedHit {
    const { room, sessions } = this.#parts;
    const rows = this.#rows;
    const failregex = rows[at + ROW.failregex] ?? 0;
    const kind = rows[at + ROW.kind] ?? 0;
    const isQuiet = (kind & KIND.quiet) !== 0;
    const hit = new PackedHit(
      { kind: isQuiet ? "quiet" : "failure", failregex, time, worth: this.#worths[failregex] },
      isQuiet ? undefined : this.#who(at),
      {
        bytes,
        start: (rows[at + ROW.packed] ?? 0) - room.packedAt,
        middle: (rows[at + ROW.middle] ?? 0) - room.packedAt,
        end: (rows[at + ROW.packedEnd] ?? 0) - room.packedAt,
        kept: undefined,
      },
    );
    if ((kind & (KIND.session | KIND.forgotten)) === KIND.session) {
      sessions.begin(this.#keyOf(at), now, hit);
    }
    return hit;
  }

  /** Undefined when the date names no moment. */
  #reckon(row: number, { date: { spans }, options }: RowReading): Reckoning | undefined {
    for (let i = 0; i < spans.length; i++) {
      spans[i] = this.#dates[row * DATE_SIZE + i] ?? -1;
    }
    const time = this.#parts.detector.timeOfSettled();
    return time === undefined ? undefined : reckonDated(time, options.clock);
  }

  /** Whether there was a line of its session before. */
  #isKnown(at: number, now: number): boolean {
    const isInSession = ((this.#rows[at + ROW.kind] ?? 0) & KIND.session) !== 0;
    return isInSession && this.#parts.sessions.isKnown(this.#keyOf(at), now);
  }

  #keyOf(at: number): ByteSpan {
    this.#key.from = this.#rows[at + ROW.keyFrom] ?? 0;
    this.#key.to = this.#rows[at + ROW.keyTo] ?? 0;
    return this.#key;
  }

  #who(at: number): number | string {
    const from = this.#rows[at + ROW.idFrom] ?? 0;
    return from === 0
      ? (this.#rows[at + ROW.address] ?? 0)
      : parseOffender(textOf(theWorkspace().bytes, from, this.#rows[at + ROW.idTo])).id;
  }
}

/** Whether rows can keep such dates. */
export function isRowDate({ spans }: SettledDate): boolean {
  return spans.length <= DATE_SIZE;
}
