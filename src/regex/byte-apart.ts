import { code, type Code } from "../wasm";
import type { ByteFunction } from "./byte-function";
import type { ByteModule } from "./byte-module";
import { addressOf, type Rest } from "./byte-parts";
import { ANYTHING } from "./first-set";
import type { Apart, Straight } from "./straight-source";
import type { BackReference, Look, Node } from "./tree";

/** What the writer of parts in functions of their own takes from the writer of the pattern. */
export interface ApartNeeds {
  readonly shared: ByteModule;
  /** Looks that are true anyway. */
  readonly looks: ReadonlySet<Look>;
  /** The function that is being written. */
  readonly current: () => ByteFunction;
  readonly emit: (node: Node, rest: Rest) => Rest["emit"];
  /** Defines a function that gives `otherwise` where its statements give nothing back; its number. */
  readonly define: (emit: () => Code, otherwise?: number) => number;
}

/** Writes what is matched by functions of its own: nobody goes on from inside of them, or back into them. */
export class ApartWriter {
  readonly #needs: ApartNeeds;
  readonly #specials = new Map<Node, Straight>();

  constructor(needs: ApartNeeds) {
    this.#needs = needs;
  }

  /** What is matched by a function of its own. */
  write(node: Apart): Straight {
    const known = this.#specials.get(node) ?? this.#writeSpecial(node);
    this.#specials.set(node, known);
    return known;
  }

  #writeSpecial(node: Apart): Straight {
    switch (node.type) {
      case "atomic": {
        const index = this.#apart(node.body);
        const { result } = this.#needs.shared.globals;
        return (q) =>
          code.when(
            code.call(index, code.get(q)),
            code.set(q, code.getGlobal(result)),
            code.set(q, code.i32(-1)),
          );
      }
      case "look":
        return this.#look(node);
      case "back-reference":
        return this.#reference(node);
      default:
        return node satisfies never;
    }
  }

  #look(node: Look): Straight {
    if (this.#needs.looks.has(node)) {
      return () => code.NOTHING;
    }
    const index = this.#apart(node.body);
    return (q) => {
      const from = node.behind ? code.plus(q, -node.width) : code.get(q);
      const found = code.call(index, from);
      const seen = node.behind ? code.both(code.atLeast(from, this.#needs.current().start), found) : found;
      return code.when(node.negated ? seen : code.not(seen), code.set(q, code.i32(-1)));
    };
  }

  /** A function that gives the place behind what a group took, taken again, or -1. */
  #reference({ index }: BackReference): Straight {
    const [from, to] = this.#needs.shared.group(index).map((global) => code.getGlobal(global));
    const compare = this.#needs.define(() => {
      const [i, end] = [this.#needs.current().draft.local(), code.get(0)];
      const [first, last] = [from ?? code.NOTHING, to ?? code.NOTHING];
      const length = code.subtract(last, first);
      const isOut = code.greaterThan(code.add(end, length), this.#needs.current().end);
      const isSame = code.eq(
        code.load8(code.add(first, code.get(i))),
        code.load8(code.add(end, code.get(i))),
      );
      const absent = code.lessThan(first, code.i32(0));
      return code.all(
        code.when(code.or(absent, isOut), code.giveBack(code.i32(-1))),
        code.set(i, code.i32(0)),
        code.whileTrue(code.both(code.lessThan(code.get(i), length), isSame), code.set(i, code.plus(i, 1))),
        code.giveBack(code.choose(code.eq(code.get(i), length), code.add(end, length), code.i32(-1))),
      );
    }, -1);
    return (q) => code.set(q, code.call(compare, code.get(q)));
  }

  /**
   * A node in a function of its own, from whose inside nobody goes on: it gives 1 when it matches, and leaves the place
   * behind it in `result`, since the functions in between give no more than that.
   */
  #apart(body: Node): number {
    const { result } = this.#needs.shared.globals;
    const rest: Rest = {
      first: ANYTHING,
      isPure: false,
      emit: (place) => code.all(code.setGlobal(result, addressOf(place)), code.giveBack(code.i32(1))),
    };
    return this.#needs.define(() => this.#needs.emit(body, rest)({ local: 0, offset: 0 }));
  }
}
