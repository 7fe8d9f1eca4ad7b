import { code, FunctionDraft, type Code, type ModuleWriter } from "../wasm";
import { LONGEST_BYTE_LINE, MODE, OUTCOME, STATE, type ProgramRoom } from "./program-layout";

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
  readonly #first = this.draft.local();
  readonly #last = this.draft.local();

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
    const before = code.subtract(code.get(this.#cutFrom), code.get(this.#line));
    const after = code.subtract(code.get(this.#end), code.get(this.#cutTo));
    const textEnd = this.#bits;
    const copied = code.all(
      this.#copy(code.get(this.#line), code.i32(text), before),
      this.#copy(code.get(this.#cutTo), code.add(code.i32(text), before), after),
      code.set(textEnd, code.add(code.i32(text), code.add(before, after))),
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

  /** Copies bytes, and up to fifteen more behind them. */
  #copy(from: Code, to: Code, length: Code): Code {
    const done = this.#bits;
    return code.all(
      code.set(done, code.i32(0)),
      code.whileTrue(
        code.lessThan(code.get(done), length),
        code.all(
          code.storeVector(code.add(to, code.get(done)), code.loadVector(code.add(from, code.get(done)))),
          code.set(done, code.plus(done, STEP)),
        ),
      ),
    );
  }

  /** Counts a line in which nothing is found, or nothing but an address, and ends at any other. */
  #judge(): Code {
    const isMiss = code.eq(code.get(this.#outcome), code.i32(OUTCOME.miss));
    const isPassed = code.both(isMiss, code.not(this.#is(MODE.misses)));
    const pass = code.all(
      code.when(code.not(code.get(this.#passed)), code.set(this.#first, code.get(this.#line))),
      code.set(this.#last, code.get(this.#line)),
      code.set(this.#passed, code.plus(this.#passed, 1)),
      this.#countPrefix(),
    );
    const isCounted = code.both(this.#is(MODE.counts), this.#isCountable());
    return code.when(
      isPassed,
      pass,
      code.when(isCounted, this.#count(), this.#leaveWith(code.get(this.#outcome))),
    );
  }

  #countPrefix(): Code {
    const prefix = code.load32(code.i32(0), this.#needs.room.stateAt + INT * STATE.prefix);
    return code.set(this.#prefixes, code.add(code.get(this.#prefixes), prefix));
  }

  /** One failregex has matched, and an address took part. */
  #isCountable(): Code {
    const { stateAt, foundAt, countableAt } = this.#needs.room;
    const entry = code.shiftLeft(code.load32(code.i32(0), foundAt), code.i32(3));
    const took = (place: number): Code =>
      code.atLeast(code.load32(code.load32(entry, countableAt + INT * place)), code.i32(0));
    const isOne = code.eq(code.load32(code.i32(0), stateAt + INT * STATE.count), code.i32(1));
    const isHit = code.eq(code.get(this.#outcome), code.i32(OUTCOME.hits));
    return code.both(code.and(isHit, isOne), code.or(took(0), took(1)));
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
      this.#put(STATE.firstPassed, code.get(this.#first)),
      this.#put(STATE.lastPassed, code.get(this.#last)),
      code.giveBack(outcome),
    );
  }

  #put(field: number, value: Code): Code {
    return code.store32(code.i32(0), value, this.#needs.room.stateAt + INT * field);
  }

  #is(bit: number): Code {
    return code.and(code.get(this.#mode), code.i32(bit));
  }
}
