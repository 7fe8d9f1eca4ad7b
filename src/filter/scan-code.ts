import { code, FunctionDraft, type Code, type ModuleWriter } from "../wasm";
import { layoutAt, PACKED } from "./pack-code";
import { DATE_SIZE, LONGEST_BYTE_LINE, MODE, OUTCOME, ROW, STATE, type ProgramRoom } from "./program-layout";
import { loadState, rowAt, storeState } from "./state-code";

const INT = 4;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const NUMBER_SIGN = 35;
const STEP = 16;
/** Where the spans of the date have what is to be cut out. */
const [CUT_FROM, CUT_TO] = [2 * INT, 3 * INT];

/** Functions that a scan calls, by their numbers. */
interface ScanNeeds {
  readonly date: number;
  readonly search: number;
  readonly pack: number;
  readonly copy: number;
  readonly room: ProgramRoom;
}

/** Writes the function that runs over lines; see `Scan`. */
export function writeScan(module: ModuleWriter, needs: ScanNeeds): number {
  const index = module.reserve(5);
  const writer = new ScanWriter(needs);
  module.define(index, writer.draft, writer.write());
  return index;
}

class ScanWriter {
  readonly draft = new FunctionDraft(5);
  readonly #needs: ScanNeeds;
  // The parameters; the first of them moves on from line to line.
  readonly #line = 0;
  readonly #to = 1;
  readonly #mode = 2;
  readonly #longest = 3;
  readonly #dateAt = 4;
  readonly #newline = this.draft.local();
  readonly #end = this.draft.local();
  readonly #cutFrom = this.draft.local();
  readonly #cutTo = this.draft.local();
  readonly #outcome = this.draft.local();
  readonly #seen = this.draft.local("v128");
  readonly #vector = this.draft.local("v128");
  readonly #bits = this.draft.local();
  /** Lines passed over. */
  readonly #passed = this.draft.local();
  readonly #counted = this.draft.local();
  readonly #prefixes = this.draft.local();
  readonly #packed = this.draft.local();
  readonly #row = this.draft.local();
  /** Where the date of the last row stands, and how long it is. */
  readonly #dateFrom = this.draft.local();
  readonly #dateLength = this.draft.local();

  constructor(needs: ScanNeeds) {
    this.#needs = needs;
  }

  write(): Code {
    const { line, to } = { line: code.get(this.#line), to: code.get(this.#to) };
    const round = code.all(
      // Whoever has to go on behind a line at which this went too deep finds it here.
      this.#put(STATE.start, line),
      this.#findEnd(),
      this.#tidy(),
      // The rest of a round stands in a block of its own, behind which the next line begins.
      code.block(
        code.all(
          code.leaveIf(this.#isIdle(), 0),
          this.#requirePlain(),
          this.#findDate(),
          this.#search(),
          this.#judge(),
        ),
      ),
      code.set(this.#line, code.plus(this.#newline, 1)),
    );
    return code.all(code.whileTrue(code.lessThan(line, to), round), this.#leaveWith(code.i32(OUTCOME.end)));
  }

  /** Finds the newline, and sees the highest bits of all bytes before it. */
  #findEnd(): Code {
    const at = code.get(this.#newline);
    const vector = code.get(this.#vector);
    const newlines = code.bits8(code.eq8(vector, code.splat8(code.i32(NEWLINE))));
    return code.all(
      code.set(this.#newline, code.get(this.#line)),
      code.set(this.#seen, code.splat8(code.i32(0))),
      code.forever(
        code.all(
          code.set(this.#vector, code.loadVector(at)),
          code.leaveIf(code.tee(this.#bits, newlines), 1),
          code.set(this.#seen, code.orVectors(code.get(this.#seen), vector)),
          code.set(this.#newline, code.plus(this.#newline, STEP)),
        ),
      ),
      // Of the last bytes only those before the newline.
      code.set(
        this.#outcome,
        code.and(
          code.bits8(vector),
          code.subtract(code.shiftLeft(code.i32(1), code.trailingZeros(code.get(this.#bits))), code.i32(1)),
        ),
      ),
      code.set(this.#outcome, code.or(code.get(this.#outcome), code.bits8(code.get(this.#seen)))),
      code.set(this.#newline, code.add(at, code.trailingZeros(code.get(this.#bits)))),
      code.set(this.#end, at),
    );
  }

  /** Cuts carriage returns off: one, or all. */
  #tidy(): Code {
    const before = code.load8(code.subtract(code.get(this.#end), code.i32(1)));
    const isReturn = code.and(
      code.greaterThan(code.get(this.#end), code.get(this.#line)),
      code.eq(before, code.i32(CARRIAGE_RETURN)),
    );
    const cut = code.set(this.#end, code.subtract(code.get(this.#end), code.i32(1)));
    return code.when(isReturn, code.all(cut, code.when(this.#is(MODE.tidy), code.whileTrue(isReturn, cut))));
  }

  /** The line is none to be looked at. */
  #isIdle(): Code {
    const isEmpty = code.eq(code.get(this.#end), code.get(this.#line));
    const isRemark = code.eq(code.load8(code.get(this.#line)), code.i32(NUMBER_SIGN));
    return code.both(this.#is(MODE.tidy), code.or(isEmpty, isRemark));
  }

  /** Lines that are long or not all ASCII are for the plain engines. */
  #requirePlain(): Code {
    const length = code.subtract(code.get(this.#end), code.get(this.#line));
    const isLong = code.greaterThan(length, code.i32(LONGEST_BYTE_LINE));
    return code.when(code.or(code.get(this.#outcome), isLong), this.#leaveWith(code.i32(OUTCOME.plain)));
  }

  #findDate(): Code {
    const length = code.subtract(code.get(this.#end), code.get(this.#line));
    const isShort = code.lessThan(length, code.get(this.#longest));
    const limit = code.add(code.get(this.#line), code.choose(isShort, length, code.get(this.#longest)));
    const isMissing = code.ne(code.call(this.#needs.date, code.get(this.#line), limit), code.i32(1));
    const isEmpty = code.atLeast(code.get(this.#cutFrom), code.get(this.#cutTo));
    const plain = this.#leaveWith(code.i32(OUTCOME.plain));
    return code.all(
      code.when(isMissing, plain),
      code.set(this.#cutFrom, code.load32(code.get(this.#dateAt), CUT_FROM)),
      code.set(this.#cutTo, code.load32(code.get(this.#dateAt), CUT_TO)),
      code.when(isEmpty, plain),
    );
  }

  /** Searches the line without its date where it stands, or what is left of it put together elsewhere. */
  #search(): Code {
    const { search, room } = this.#needs;
    const mode = code.and(code.get(this.#mode), code.i32(MODE.all));
    const text = room.textAt;
    const textEnd = this.#bits;
    const before = this.#copy(code.i32(text), code.get(this.#line), code.get(this.#cutFrom));
    const copied = code.all(
      code.set(textEnd, this.#copy(before, code.get(this.#cutTo), code.get(this.#end))),
      code.store8(code.get(textEnd), code.i32(NEWLINE)),
      this.#put(STATE.copied, code.i32(1)),
      code.set(this.#outcome, code.call(search, code.i32(text), code.plus(textEnd, 1), mode)),
    );
    const inPlace = code.all(
      this.#put(STATE.copied, code.i32(0)),
      code.set(this.#outcome, code.call(search, code.get(this.#cutTo), code.plus(this.#newline, 1), mode)),
    );
    const isWhole = code.and(
      code.eq(code.get(this.#cutFrom), code.get(this.#line)),
      code.eq(code.get(this.#end), code.get(this.#newline)),
    );
    return code.when(isWhole, inPlace, copied);
  }

  /** Counts a line in which nothing is found, or nothing but an address, makes a row of it, and ends at any other. */
  #judge(): Code {
    const isMiss = code.eq(code.get(this.#outcome), code.i32(OUTCOME.miss));
    const isPassed = code.both(isMiss, code.not(this.#is(MODE.misses)));
    const pass = code.all(code.set(this.#passed, code.plus(this.#passed, 1)), this.#countPrefix());
    const isCounted = code.both(this.#is(MODE.counts), this.#isCountable());
    const isRow = code.both(code.both(this.#is(MODE.rows), this.#isOneHit()), this.#pack());
    const leave = this.#leaveWith(code.get(this.#outcome));
    return code.when(
      isPassed,
      pass,
      code.when(isCounted, this.#count(), code.when(isRow, this.#finishRow(), leave)),
    );
  }

  #countPrefix(): Code {
    const prefix = loadState(this.#needs.room, STATE.prefix);
    return code.set(this.#prefixes, code.add(code.get(this.#prefixes), prefix));
  }

  /** One failregex has matched, and none was told to ignore it. */
  #isOneHit(): Code {
    const count = loadState(this.#needs.room, STATE.count);
    return code.and(code.eq(code.get(this.#outcome), code.i32(OUTCOME.hits)), code.eq(count, code.i32(1)));
  }

  #pack(): Code {
    const { pack, room } = this.#needs;
    const failregex = code.load32(code.i32(0), room.foundAt);
    const values = [this.#line, this.#end, this.#cutFrom, this.#cutTo].map((local) => code.get(local));
    return code.tee(this.#packed, code.call(pack, layoutAt(failregex, room), ...values));
  }

  /** Ends before the line when there is no room for its row. */
  #finishRow(): Code {
    const { room } = this.#needs;
    const number = code.subtract(loadState(room, STATE.rows), code.i32(1));
    const put = (field: number, value: Code): Code => code.store32(code.get(this.#row), value, INT * field);
    const isNew = code.or(this.#is(MODE.dates), code.not(this.#isSameDate()));
    return code.all(
      code.when(
        code.eq(code.get(this.#packed), code.i32(PACKED.full)),
        this.#leaveWith(code.i32(OUTCOME.full)),
      ),
      this.#countPrefix(),
      code.set(this.#row, rowAt(number, room)),
      put(ROW.failregex, code.load32(code.i32(0), room.foundAt)),
      put(ROW.isSameDate, code.i32(1)),
      code.when(isNew, code.all(put(ROW.isSameDate, code.i32(0)), this.#keepDate(number))),
    );
  }

  /** Whether the date reads like that of the last row. */
  #isSameDate(): Code {
    const length = code.subtract(code.get(this.#cutTo), code.get(this.#cutFrom));
    const done = this.#bits;
    const at = (from: number): Code => code.load8(code.add(code.get(from), code.get(done)));
    const isAlike = code.eq(at(this.#dateFrom), at(this.#cutFrom));
    const compare = code.all(
      code.set(done, code.i32(0)),
      code.whileTrue(
        code.both(code.lessThan(code.get(done), code.get(this.#dateLength)), isAlike),
        code.set(done, code.plus(done, 1)),
      ),
    );
    const isEqual = code.eq(code.get(done), code.get(this.#dateLength));
    return code.both(code.eq(length, code.get(this.#dateLength)), [compare, isEqual]);
  }

  #keepDate(row: Code): Code {
    const { room } = this.#needs;
    const size = code.shiftLeft(loadState(room, STATE.dateSize), code.i32(2));
    const from = code.get(this.#dateAt);
    const to = code.add(code.i32(room.datesAt), code.multiply(row, code.i32(DATE_SIZE * INT)));
    return code.all(
      code.set(this.#bits, this.#copy(to, from, code.add(from, size))),
      code.set(this.#dateFrom, code.get(this.#cutFrom)),
      code.set(this.#dateLength, code.subtract(code.get(this.#cutTo), code.get(this.#cutFrom))),
    );
  }

  /** One failregex has matched, and an address took part. */
  #isCountable(): Code {
    const { foundAt, countableAt } = this.#needs.room;
    const entry = code.shiftLeft(code.load32(code.i32(0), foundAt), code.i32(3));
    const took = (place: number): Code =>
      code.atLeast(code.load32(code.load32(entry, countableAt + INT * place)), code.i32(0));
    return code.both(this.#isOneHit(), code.or(took(0), took(1)));
  }

  #count(): Code {
    const { foundAt, countsAt } = this.#needs.room;
    const place = code.shiftLeft(code.load32(code.i32(0), foundAt), code.i32(2));
    const count = code.add(code.load32(place, countsAt), code.i32(1));
    return code.all(
      code.store32(place, count, countsAt),
      code.set(this.#counted, code.plus(this.#counted, 1)),
      this.#countPrefix(),
    );
  }

  #leaveWith(outcome: Code): Code {
    return code.all(
      this.#put(STATE.end, code.get(this.#end)),
      this.#put(STATE.next, code.plus(this.#newline, 1)),
      this.#put(STATE.passed, code.get(this.#passed)),
      this.#put(STATE.counted, code.get(this.#counted)),
      this.#put(STATE.prefixes, code.get(this.#prefixes)),
      code.giveBack(outcome),
    );
  }

  #put(field: number, value: Code): Code {
    return storeState(this.#needs.room, field, value);
  }

  /** Copies the bytes between two addresses; the place behind them. */
  #copy(at: Code, from: Code, to: Code): Code {
    return code.call(this.#needs.copy, at, from, to);
  }

  #is(bit: number): Code {
    return code.and(code.get(this.#mode), code.i32(bit));
  }
}
