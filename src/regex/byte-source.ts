import { code, type Code } from "../wasm";
import { asciiSetOf } from "./ascii-set";
import { ApartWriter } from "./byte-apart";
import { ByteFunction } from "./byte-function";
import { LoopWriter } from "./byte-loops";
import type { ByteModule } from "./byte-module";
import {
  addressOf,
  assertion,
  behind,
  byteAt,
  capturesIn,
  countNodes,
  dependsOnGroups,
  EMPTY,
  isSingle,
  joinSingles,
  type Place,
  type Rest,
  type Single,
} from "./byte-parts";
import { wordTest } from "./byte-test";
import { ANYTHING, firstOf, type First } from "./first-set";
import { redundantLooks } from "./redundant";
import { StraightWriter, type Straight } from "./straight-source";
import type { Alternation, Capture, Conditional, Node, Pattern, Repeat } from "./tree";

/** Statements of fewer bytes are repeated rather than called. */
const SHORT = 40;
/** Up to so many rounds of a counted loop are written one behind the other. */
const MOST_COPIES = 4;
/** Larger bodies are not repeated. */
const MOST_NODES = 12;
const FOUND = code.giveBack(code.i32(1));

/** A pattern as a function. */
export interface ByteSource {
  /** Takes an address; gives 1 when the pattern matches there: then the groups are set. */
  readonly match: number;
  /** Variables to be set to -1 before each search. */
  readonly memos: readonly number[];
}

/** Writes a pattern into a module, if `isWritable` says that it can be. */
export function writeByteSource(pattern: Pattern, module: ByteModule): ByteSource {
  return new Writer(pattern, module).write(pattern.root);
}

class Writer {
  readonly #shared: ByteModule;
  readonly #apart: ApartWriter;
  readonly #straight: StraightWriter;
  readonly #loops: LoopWriter;
  readonly #opens = new Map<number, number>();
  readonly #memos: number[] = [];
  #current: ByteFunction;

  constructor(pattern: Pattern, shared: ByteModule) {
    this.#shared = shared;
    this.#current = this.#newFunction();
    this.#straight = new StraightWriter({
      tests: shared.tests,
      current: () => this.#current,
      apart: (node) => this.#apart.write(node),
      group: (index) => shared.group(index),
    });
    this.#apart = new ApartWriter({
      shared,
      looks: redundantLooks(pattern.root),
      current: () => this.#current,
      emit: (node, rest) => this.#emit(node, rest),
      define: (emit, otherwise) => this.#function(emit, shared.module.reserve(1), otherwise),
    });
    this.#loops = new LoopWriter({
      shared,
      straight: this.#straight,
      local: () => this.#local(),
      emit: (node, rest) => this.#emit(node, rest),
      guard: (first, place, statements) => this.#guard(first, place, statements),
      isNext: (set, place) => this.#isNext(set, place),
      define: (emit, index) => void this.#function(emit, index),
    });
  }

  write(root: Node): ByteSource {
    const isPure = !dependsOnGroups(root);
    const [from, to] = this.#shared.group(0);
    const accept: Rest = {
      first: ANYTHING,
      isPure,
      emit: (place) => code.all(code.setGlobal(to, addressOf(place)), FOUND),
    };
    const match = this.#function(() =>
      code.all(code.setGlobal(from, code.get(0)), this.#emit(root, accept)({ local: 0, offset: 0 })),
    );
    return { match, memos: this.#memos };
  }

  #emit(node: Node, rest: Rest): Rest["emit"] {
    const isPlain = node.type === "assertion" || isSingle(node.type === "repeat" ? node.body : node);
    const straight = isPlain ? undefined : this.#straight.write(node, rest.first);
    return straight ? this.#goStraight(node, straight, rest) : this.#emitWays(node, rest);
  }

  /** There is one way through the node; what it takes is forgotten when the rest fails. */
  #goStraight(node: Node, straight: Straight, rest: Rest): Rest["emit"] {
    const groups = capturesIn(node).flatMap((index) => [...this.#shared.group(index)]);
    return (place) => {
      const q = this.#local();
      const saved = groups.map((global) => ({ global, local: this.#local() }));
      return code.all(
        code.set(q, addressOf(place)),
        ...saved.map(({ global, local }) => code.set(local, code.getGlobal(global))),
        straight(q),
        code.when(code.atLeast(code.get(q), code.i32(0)), rest.emit({ local: q, offset: 0 })),
        ...saved.map(({ global, local }) => code.setGlobal(global, code.get(local))),
      );
    };
  }

  #emitWays(node: Node, rest: Rest): Rest["emit"] {
    switch (node.type) {
      case "literal":
      case "any":
      case "set":
        return (place) => code.when(this.#single(node, place), rest.emit(behind(place)));
      case "assertion":
        return (place) => code.when(assertion(node, place, this.#current), rest.emit(place));
      case "sequence":
        return this.#chain(node.items, rest).emit;
      case "alternation":
        return this.#alternation(node, rest);
      case "capture":
        return this.#capture(node, rest);
      case "repeat":
        return this.#repeat(node, rest);
      case "conditional":
        return this.#conditional(node, rest);
      default:
        return this.#goStraight(node, this.#apart.write(node), rest);
    }
  }

  #chain(items: readonly Node[], rest: Rest): Rest {
    return joinSingles(items).reduceRight<Rest>((next, item) => {
      const [head = EMPTY] = item;
      const emit = item.length > 1 ? this.#singles(item, next) : this.#emit(head, next);
      return { first: firstOf(head, next.first), isPure: next.isPure, emit };
    }, rest);
  }

  /** Single characters one behind the other: one look whether there are so many. */
  #singles(nodes: readonly Node[], rest: Rest): Rest["emit"] {
    const sets = nodes.map((node) => (isSingle(node) ? asciiSetOf(node) : 0n));
    return (place) => {
      const end = behind(place, nodes.length);
      const fits = code.atMost(addressOf(end), this.#current.end);
      return code.when(code.both(fits, wordTest(this.#shared.tests, sets, place)), rest.emit(end));
    };
  }

  #single(node: Single, place: Place): Code {
    return this.#isNext(asciiSetOf(node), place);
  }

  #isNext(set: First["set"], place: Place): Code {
    const inside = code.lessThan(addressOf(place), this.#current.end);
    return code.and(inside, this.#shared.tests.test(set, byteAt(place)));
  }

  #alternation(node: Alternation, rest: Rest): Rest["emit"] {
    const shared = this.#share(rest);
    const options = node.options.map((option) => ({
      first: firstOf(option, shared.first),
      emit: this.#emit(option, shared),
      isTested: beginsWithTest(option),
    }));
    return (place) =>
      code.all(
        ...options.map(({ first, emit, isTested }) =>
          isTested ? emit(place) : this.#guard(first, place, emit(place)),
        ),
      );
  }

  /** Statements that are tried only where the text goes on as they need it. */
  #guard(first: First, place: Place, statements: Code): Code {
    if (first.set === ANYTHING.set) {
      return statements;
    }
    const fits = this.#isNext(first.set, place);
    const ended = code.atLeast(addressOf(place), this.#current.end);
    return code.when(first.end ? code.or(ended, fits) : fits, statements);
  }

  #capture(node: Capture, rest: Rest): Rest["emit"] {
    const [from, to] = this.#shared.group(node.index);
    const open = this.#opens.get(node.index) ?? this.#shared.module.global(-1);
    this.#opens.set(node.index, open);
    const closing: Rest = {
      first: rest.first,
      isPure: rest.isPure,
      emit: (place) => {
        const [x, y] = [this.#local(), this.#local()];
        return code.all(
          code.set(x, code.getGlobal(from)),
          code.set(y, code.getGlobal(to)),
          code.setGlobal(from, code.getGlobal(open)),
          code.setGlobal(to, addressOf(place)),
          rest.emit(place),
          code.setGlobal(from, code.get(x)),
          code.setGlobal(to, code.get(y)),
        );
      },
    };
    const body = this.#emit(node.body, closing);
    return (place) => {
      const before = this.#local();
      return code.all(
        code.set(before, code.getGlobal(open)),
        code.setGlobal(open, addressOf(place)),
        body(place),
        code.setGlobal(open, code.get(before)),
      );
    };
  }

  #repeat(node: Repeat, rest: Rest): Rest["emit"] {
    const { body, min, max, mode } = node;
    if (max === 0) {
      return rest.emit;
    }
    if (isSingle(body)) {
      return min === 1 && max === 1 ? this.#emit(body, rest) : this.#loops.run(node, rest);
    }
    if (min === max && min <= MOST_COPIES && countNodes(body) <= MOST_NODES) {
      return this.#chain(
        Array.from({ length: min }, () => body),
        rest,
      ).emit;
    }
    if (max > 1) {
      return this.#loops.rounds(node, rest) ?? this.#loops.loop(node, rest);
    }
    const shared = this.#share(rest);
    const once = this.#emit(body, shared);
    const first = firstOf(body, shared.first);
    return (place) => {
      const ways = [this.#guard(first, place, once(place)), shared.emit(place)];
      return code.all(...(mode === "lazy" ? ways.reverse() : ways));
    };
  }

  #conditional(node: Conditional, rest: Rest): Rest["emit"] {
    const shared = this.#share(rest);
    const [yes, no] = [this.#emit(node.yes, shared), this.#emit(node.no, shared)];
    const [from] = this.#shared.group(node.index);
    return (place) => code.when(code.atLeast(code.getGlobal(from), code.i32(0)), yes(place), no(place));
  }

  /** What is tried from several places becomes a function, or the code would grow with each of them. */
  #share(rest: Rest): Rest {
    const start = { local: 0, offset: 0 };
    const { module } = this.#shared;
    const before = this.#current;
    const own = this.#newFunction();
    this.#current = own;
    const statements = rest.emit(start);
    this.#current = before;
    if (code.sizeOf(statements, SHORT) <= SHORT && own.draft.locals.length <= own.heldCount) {
      return rest;
    }
    const index = module.reserve(1);
    if (rest.isPure) {
      // Where it failed once it fails again: an address is tried as a host name too, with the same rest behind it.
      const memo = module.global(-1);
      this.#memos.push(memo);
      const known = code.when(code.eq(code.get(0), code.getGlobal(memo)), code.giveBack(code.i32(0)));
      const note = code.setGlobal(memo, code.get(0));
      this.#define(index, own, { before: known, statements: code.all(statements, note) });
    } else {
      this.#define(index, own, { statements });
    }
    const call = (place: Place): Code => code.when(code.call(index, addressOf(place)), FOUND);
    return { ...rest, emit: (place) => this.#guard(rest.first, place, call(place)) };
  }

  /** A function that gives `otherwise` where its statements give nothing. */
  #function(emit: () => Code, index = this.#shared.module.reserve(1), otherwise = 0): number {
    const before = this.#current;
    const own = this.#newFunction();
    this.#current = own;
    const statements = emit();
    this.#current = before;
    this.#define(index, own, { statements, otherwise });
    return index;
  }

  #define(
    index: number,
    own: ByteFunction,
    parts: { readonly before?: Code; readonly statements: Code; readonly otherwise?: number },
  ): void {
    const { before = code.NOTHING, statements, otherwise = 0 } = parts;
    const last = code.giveBack(code.i32(otherwise));
    this.#shared.module.define(index, own.draft, code.all(before, own.headFor(otherwise), statements, last));
  }

  #newFunction(): ByteFunction {
    return new ByteFunction(this.#shared.globals, this.#shared.word);
  }

  #local(): number {
    return this.#current.draft.local();
  }
}

/** Whether a node begins with a character that is tested anyway. */
function beginsWithTest(node: Node): boolean {
  return (
    isSingle(node) ||
    (node.type === "sequence" && node.items[0] !== undefined && beginsWithTest(node.items[0]))
  );
}
