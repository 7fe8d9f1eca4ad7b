import { code, FunctionDraft, type ModuleWriter } from "../wasm";

const STEP = 16;
const ZERO = 48;
const DOT = 46;
const SEMICOLON = 59;
/** See `packed-failure`. */
const LONGEST_SHORT = 249;
const LONG_CODE = 0xff;

/** A function that writes a number up to 9999 to a place; gives the place behind it. */
export function writeNumber(module: ModuleWriter): number {
  const index = module.reserve(2);
  const draft = new FunctionDraft(2);
  const [at, number] = [0, 1];
  const unit = draft.local();
  const digit = code.add(code.divide(code.get(number), code.get(unit)), code.i32(ZERO));
  const statements = code.all(
    code.when(
      code.atMost(code.get(number), code.i32(LONGEST_SHORT)),
      code.all(code.store8(code.get(at), code.get(number)), code.giveBack(code.plus(at, 1))),
    ),
    code.store8(code.get(at), code.i32(LONG_CODE)),
    code.set(
      unit,
      code.choose(code.lessThan(code.get(number), code.i32(1000)), code.i32(100), code.i32(1000)),
    ),
    code.whileTrue(
      code.get(unit),
      code.all(
        code.set(at, code.plus(at, 1)),
        code.store8(code.get(at), digit),
        code.set(number, code.remainder(code.get(number), code.get(unit))),
        code.set(unit, code.divide(code.get(unit), code.i32(10))),
      ),
    ),
    code.store8(code.get(at), code.i32(SEMICOLON), 1),
    code.giveBack(code.plus(at, 2)),
  );
  module.define(index, draft, statements);
  return index;
}

/** A function that copies the bytes between two addresses to a place, and up to fifteen more; gives the place behind. */
export function writeCopy(module: ModuleWriter): number {
  const index = module.reserve(3);
  const draft = new FunctionDraft(3);
  const [at, from, to] = [0, 1, 2];
  const end = draft.local();
  const statements = code.all(
    code.set(end, code.add(code.get(at), code.subtract(code.get(to), code.get(from)))),
    code.whileTrue(
      code.lessThan(code.get(from), code.get(to)),
      code.all(
        code.storeVector(code.get(at), code.loadVector(code.get(from))),
        code.set(at, code.plus(at, STEP)),
        code.set(from, code.plus(from, STEP)),
      ),
    ),
    code.giveBack(code.get(end)),
  );
  module.define(index, draft, statements);
  return index;
}

/**
 * A function that reads the IPv4 address between two addresses and stores its number at a place; gives 1 if it is one in
 * its normal form.
 */
export function writeAddress(module: ModuleWriter): number {
  const index = module.reserve(3);
  const draft = new FunctionDraft(3);
  const [place, at, to] = [0, 1, 2];
  const [value, parts, part, digit] = [draft.local(), draft.local(), draft.local(), draft.local()];
  const readDigit = code.set(digit, code.subtract(code.load8(code.get(at)), code.i32(ZERO)));
  const isDigit = code.belowUnsigned(code.get(digit), code.i32(10));
  const addDigit = code.all(
    code.set(part, code.add(code.multiply(code.get(part), code.i32(10)), code.get(digit))),
    code.set(at, code.plus(at, 1)),
    readDigit,
  );
  const isWrong = code.greaterThan(code.get(part), code.i32(255));
  const readPart = code.all(
    code.set(part, code.i32(0)),
    readDigit,
    code.when(code.not(isDigit), code.giveBack(code.i32(0))),
    addDigit,
    // No digit follows a zero.
    code.when(code.both(code.get(part), isDigit), code.all(addDigit, code.when(isDigit, addDigit))),
    code.when(isWrong, code.giveBack(code.i32(0))),
    code.set(value, code.or(code.shiftLeft(code.get(value), code.i32(8)), code.get(part))),
    code.set(parts, code.plus(parts, 1)),
  );
  const isDot = code.eq(code.load8(code.get(at)), code.i32(DOT));
  const statements = code.all(
    readPart,
    code.whileTrue(
      code.lessThan(code.get(parts), code.i32(4)),
      code.all(
        code.when(code.not(isDot), code.giveBack(code.i32(0))),
        code.set(at, code.plus(at, 1)),
        readPart,
      ),
    ),
    code.store32(code.get(place), code.get(value)),
    code.giveBack(code.eq(code.get(at), code.get(to))),
  );
  module.define(index, draft, statements);
  return index;
}
