import { code, type Code } from "../wasm";
import { asciiSetOf, type AsciiSet } from "./ascii-set";
import { burn, isBurnt } from "./byte-function";
import type { ByteModule } from "./byte-module";
import { addressOf, behind, capturesIn, isSingle, type Place, type Rest } from "./byte-parts";
import { firstOf, type First } from "./first-set";
import type { Straight, StraightWriter } from "./straight-source";
import type { Node, Repeat } from "./tree";
import { widthOf } from "./width";

const FOUND = code.giveBack(code.i32(1));

/** What the writer of loops takes from the writer of the pattern. */
export interface LoopNeeds {
  readonly shared: ByteModule;
  readonly straight: StraightWriter;
  /** A new local of the function that is being written. */
  readonly local: () => number;
  readonly emit: (node: Node, rest: Rest) => Rest["emit"];
  /** Statements that are tried only where the text goes on as they need it. */
  readonly guard: (first: First, place: Place, statements: Code) => Code;
  /** Whether the text goes on with a character of a set. */
  readonly isNext: (set: AsciiSet, place: Place) => Code;
  /** Defines the function with that number. */
  readonly define: (emit: () => Code, index: number) => void;
}

/** Writes what is repeated more than once. */
export class LoopWriter {
  readonly #needs: LoopNeeds;

  constructor(needs: LoopNeeds) {
    this.#needs = needs;
  }

  /** A loop over single characters. */
  run(node: Repeat, rest: Rest): Rest["emit"] {
    const { body, min, mode } = node;
    const set = isSingle(body) ? asciiSetOf(body) : 0n;
    const isCertain = (set & rest.first.set) === 0n || mode === "possessive";
    const step: Straight = (q) =>
      code.set(
        q,
        code.choose(this.#needs.isNext(set, { local: q, offset: 0 }), code.plus(q, 1), code.i32(-1)),
      );
    if (mode === "lazy" && !isCertain) {
      return this.#fewest(node, step, rest);
    }
    return (place) => {
      const end = this.#needs.local();
      const take = code.all(
        code.set(end, addressOf(place)),
        this.#needs.straight.run({ ...node, min: 0 }, end),
      );
      const least = addressOf(behind(place, min));
      return isCertain
        ? code.all(take, code.when(code.atLeast(code.get(end), least), rest.emit({ local: end, offset: 0 })))
        : code.all(take, this.#giveBack({ end, least, width: 1 }, rest));
    };
  }

  /** A loop whose rounds can go one way only and take nothing: no function has to be called for each of them. */
  rounds(node: Repeat, rest: Rest): Rest["emit"] | undefined {
    const { body, min, max, mode } = node;
    const again = firstOf({ ...node, min: 0 }, rest.first);
    const step = capturesIn(body).length > 0 ? undefined : this.#needs.straight.write(body, again);
    const width = widthOf(body, new Map());
    if (!step) {
      return undefined;
    }
    if (mode === "lazy") {
      return this.#fewest(node, step, rest);
    }
    if (width.min !== width.max) {
      return undefined;
    }
    return (place) => {
      const [end, q, count] = [this.#needs.local(), this.#needs.local(), this.#needs.local()];
      const isOpen = max === Infinity ? code.i32(1) : code.lessThan(code.get(count), code.i32(max));
      return code.all(
        code.set(end, addressOf(place)),
        code.set(count, code.i32(0)),
        code.forever(
          code.all(
            code.leaveIf(code.not(isOpen), 1),
            code.set(q, code.get(end)),
            step(q),
            code.leaveIf(code.lessThan(code.get(q), code.i32(0)), 1),
            code.set(end, code.get(q)),
            code.set(count, code.plus(count, 1)),
          ),
        ),
        this.#giveBack({ end, least: addressOf(behind(place, min * width.min)), width: width.min }, rest),
      );
    };
  }

  /** Tries the rest after as few rounds as possible. */
  #fewest({ min, max }: Repeat, step: Straight, rest: Rest): Rest["emit"] {
    return (place) => {
      const [q, count] = [this.#needs.local(), this.#needs.local()];
      const here = { local: q, offset: 0 };
      const found = this.#needs.guard(rest.first, here, rest.emit(here));
      const isEnough = code.atLeast(code.get(count), code.i32(min));
      return code.all(
        code.set(q, addressOf(place)),
        code.set(count, code.i32(0)),
        code.forever(
          code.all(
            this.#burnOrLeave(),
            min === 0 ? found : code.when(isEnough, found),
            max === Infinity ? code.NOTHING : code.leaveIf(code.atLeast(code.get(count), code.i32(max)), 1),
            step(q),
            code.leaveIf(code.lessThan(code.get(q), code.i32(0)), 1),
            code.set(count, code.plus(count, 1)),
          ),
        ),
      );
    };
  }

  /** Tries the rest behind all rounds, then behind one less, and so on. */
  #giveBack(
    { end, least, width }: { readonly end: number; readonly least: Code; readonly width: number },
    rest: Rest,
  ): Code {
    const here = { local: end, offset: 0 };
    return code.forever(
      code.all(
        code.leaveIf(code.lessThan(code.get(end), least), 1),
        this.#burnOrLeave(),
        this.#needs.guard(rest.first, here, rest.emit(here)),
        code.set(end, code.subtract(code.get(end), code.i32(width))),
      ),
    );
  }

  /** Inside of a `forever`. */
  #burnOrLeave(): Code {
    const { fuel } = this.#needs.shared.globals;
    return burn(fuel, code.leaveIf(isBurnt(fuel), 1));
  }

  /** A loop over more than single characters; no round of it is empty. */
  loop(node: Repeat, rest: Rest): Rest["emit"] {
    const { module } = this.#needs.shared;
    const [count, loop] = [module.global(), module.reserve(1)];
    this.#needs.define(() => this.#writeRound(node, rest, { count, loop }), loop);
    return (place) => {
      const before = this.#needs.local();
      return code.all(
        code.set(before, code.getGlobal(count)),
        code.setGlobal(count, code.i32(0)),
        code.when(code.call(loop, addressOf(place)), FOUND),
        code.setGlobal(count, code.get(before)),
      );
    };
  }

  /** What the function of a loop does: another round, or the rest. `count` is the number of rounds so far. */
  #writeRound(
    node: Repeat,
    rest: Rest,
    { count, loop }: { readonly count: number; readonly loop: number },
  ): Code {
    const { body, min, max, mode } = node;
    const start = { local: 0, offset: 0 };
    const again: Rest = {
      // Behind any of the rounds: the one that is enough as well.
      first: firstOf({ ...node, min: 0 }, rest.first),
      isPure: false,
      emit: (place) => code.when(code.call(loop, addressOf(place)), FOUND),
    };
    const before = this.#needs.local();
    const inner = this.#needs.emit(body, again)(start);
    const round = code.all(
      code.setGlobal(count, code.plus(before, 1)),
      this.#needs.guard(firstOf(body, again.first), start, inner),
      code.setGlobal(count, code.get(before)),
    );
    const leave = rest.emit(start);
    const ways = [
      max === Infinity ? round : code.when(code.lessThan(code.get(before), code.i32(max)), round),
      min === 0 ? leave : code.when(code.atLeast(code.get(before), code.i32(min)), leave),
    ];
    return code.all(code.set(before, code.getGlobal(count)), ...(mode === "lazy" ? ways.reverse() : ways));
  }
}
