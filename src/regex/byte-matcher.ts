import { code, FunctionDraft, compile, isCompiling, ModuleWriter, theWorkspace, type Code } from "../wasm";
import { planPattern } from "./analysis";
import { isBurnt } from "./byte-function";
import { isWritable } from "./byte-parts";
import { ByteModule } from "./byte-module";
import { chooseNeedle, writeNeedle } from "./byte-needle";
import { writeByteSource, type ByteSource } from "./byte-source";
import { listCodes } from "./byte-test";
import { ANYTHING, firstOf } from "./first-set";
import { startsAnchored } from "./program";
import type { Pattern } from "./tree";

/** What is known of the matches of a pattern. */
export interface ByteMatcherFacts {
  /**
   * The last match: for each group of the pattern, 0 being all of it, the address of its first byte and the one behind
   * its last; -1 for groups that took no part.
   */
  readonly spans: Int32Array;
  /** Where they are. */
  readonly spansAt: number;
  /** The bytes a match can begin with (1) or not (0). */
  readonly first: Uint8Array;
  /** No match can begin behind the start. */
  readonly isAnchored: boolean;
}

/** Matches a pattern on bytes in the workspace, without making texts of them. */
export interface ByteMatcher extends ByteMatcherFacts {
  /**
   * Finds the leftmost match among the bytes from the address `start` up to `end`, all of them ASCII, the only newline
   * the last one. 1 and `spans` filled, 0 when there is none, -1 when it took so long that another engine has to say.
   */
  exec(start: number, end: number): number;
  /** The same for code to call, which throws where a search goes too deep; undefined where there is no WebAssembly. */
  readonly native: Exec | undefined;
}

/** One matcher of a module: the number of its function, which is called as `exec` is. */
export interface WrittenMatcher extends ByteMatcherFacts {
  readonly exec: number;
}

type Exec = (start: number, end: number) => number;

/** Steps of one search, each of which may pass over a whole run of characters. */
const FUEL = 20_000;
const NEWLINE = 10;
const INT = 4;

/** Whether a pattern can be matched on bytes, in this thread. */
export function isByteMatchable(pattern: Pattern): boolean {
  return isCompiling() && planPattern(pattern)?.groupsExact === true && isWritable(pattern.root);
}

/**
 * Compiles a pattern to WebAssembly that works on bytes, with exactly the meaning that `compilePattern` gives it for
 * ASCII texts of one line. Costs little until the first search. Undefined when the pattern has something in it that
 * is beyond this way.
 */
export function compileByteMatcher(pattern: Pattern): ByteMatcher | undefined {
  return isByteMatchable(pattern) ? new LazyMatcher(pattern) : undefined;
}

class LazyMatcher implements ByteMatcher {
  readonly #facts: ByteMatcherFacts;
  readonly #pattern: Pattern;
  /** Null where there is no WebAssembly. */
  #native: Exec | null | undefined;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    this.#facts = factsOf(pattern, this);
  }

  get spans(): Int32Array {
    return this.#facts.spans;
  }

  get spansAt(): number {
    return this.#facts.spansAt;
  }

  get first(): Uint8Array {
    return this.#facts.first;
  }

  get isAnchored(): boolean {
    return this.#facts.isAnchored;
  }

  get native(): Exec | undefined {
    if (this.#native === undefined) {
      const module = new ModuleWriter();
      module.export("exec", writeExec(this.#pattern, new ByteModule(module, theWorkspace()), this.#facts));
      this.#native = compile(module)?.()["exec"] ?? null;
    }
    return this.#native ?? undefined;
  }

  exec(start: number, end: number): number {
    try {
      return this.native?.(start, end) ?? -1;
    } catch {
      // It went too deep.
      return -1;
    }
  }
}

/** Writes a matcher into a module, whose `owner` keeps the room for its spans. @throws RangeError without room. */
export function writeByteMatcher(pattern: Pattern, module: ByteModule, owner: object): WrittenMatcher {
  const facts = factsOf(pattern, owner);
  return { ...facts, exec: writeExec(pattern, module, facts) };
}

function factsOf({ root, groupCount }: Pattern, owner: object): ByteMatcherFacts {
  const workspace = theWorkspace();
  const count = 2 * (groupCount + 1);
  const spansAt = workspace.allocate(count * INT, owner);
  const first = new Uint8Array(256);
  for (const member of listCodes(firstOf(root, ANYTHING).set)) {
    first[member] = 1;
  }
  return { spansAt, spans: workspace.numbers(spansAt, count), first, isAnchored: startsAnchored(root) };
}

/** Parameters of `exec`. */
const [START, END] = [code.get(0), code.get(1)];

/** Writes `exec` and gives the number of its function. */
function writeExec(pattern: Pattern, shared: ByteModule, facts: ByteMatcherFacts): number {
  const { module, globals } = shared;
  const source = writeByteSource(pattern, shared);
  const needle = chooseNeedle(pattern);
  const find = needle === undefined ? undefined : writeNeedle(needle, shared);
  const index = module.reserve(2);
  const draft = new FunctionDraft(2);
  const found = code.all(
    code.when(isBurnt(globals.fuel), code.giveBack(code.i32(-1))),
    saveSpans(pattern, shared, facts.spansAt),
    code.giveBack(code.i32(1)),
  );
  const tryAt = (at: Code): Code => code.when(code.call(source.match, at), found);
  const statements = code.all(
    find === undefined
      ? code.NOTHING
      : code.when(code.not(code.call(find, START, END)), code.giveBack(code.i32(0))),
    setBounds(shared),
    clear(pattern, shared, source),
    facts.isAnchored ? tryAt(START) : searchAnywhere(pattern, { tryAt, draft, shared, first: facts.first }),
    code.giveBack(code.choose(isBurnt(globals.fuel), code.i32(-1), code.i32(0))),
  );
  module.define(index, draft, statements);
  return index;
}

function setBounds({ globals }: ByteModule): Code {
  const isEnded = code.both(
    code.greaterThan(END, START),
    code.eq(code.load8(code.subtract(END, code.i32(1))), code.i32(NEWLINE)),
  );
  return code.all(
    code.setGlobal(globals.start, START),
    code.setGlobal(globals.end, END),
    code.setGlobal(globals.lineEnd, code.subtract(END, isEnded)),
    code.setGlobal(globals.fuel, code.i32(FUEL)),
  );
}

function clear(pattern: Pattern, shared: ByteModule, { memos }: ByteSource): Code {
  return code.all(
    ...[...groupsOf(pattern, shared), ...memos].map((global) => code.setGlobal(global, code.i32(-1))),
  );
}

function saveSpans(pattern: Pattern, shared: ByteModule, spansAt: number): Code {
  return code.all(
    ...groupsOf(pattern, shared).map((global, i) =>
      code.store32(code.i32(spansAt), code.getGlobal(global), INT * i),
    ),
  );
}

function groupsOf({ groupCount }: Pattern, shared: ByteModule): readonly number[] {
  return Array.from({ length: groupCount + 1 }, (_, i) => shared.group(i)).flat();
}

interface Search {
  readonly tryAt: (at: Code) => Code;
  readonly draft: FunctionDraft;
  readonly shared: ByteModule;
  readonly first: Uint8Array;
}

function searchAnywhere({ root }: Pattern, { tryAt, draft, shared, first }: Search): Code {
  const p = draft.local();
  const table = shared.workspace.table(first);
  const fits = code.load8(code.load8(code.get(p)), table);
  return code.all(
    code.set(p, START),
    code.whileTrue(
      code.lessThan(code.get(p), END),
      code.all(code.when(fits, tryAt(code.get(p))), code.set(p, code.plus(p, 1))),
    ),
    firstOf(root, ANYTHING).end ? tryAt(END) : code.NOTHING,
  );
}
