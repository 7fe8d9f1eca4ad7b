import { code, FunctionDraft, type Code, type ModuleWriter, type Workspace } from "../wasm";
import { OUTCOME, STATE, type ByteRegex, type ByteRegexes, type ProgramRoom } from "./program-layout";
import { loadState, storeState } from "./state-code";

const BYTES = 256;
const INT = 4;
const NEWLINE = 10;

/** Parameters of the function. */
const [FROM, TO, ALL] = [0, 1, 2];

interface SearchNeeds {
  readonly room: ProgramRoom;
  readonly workspace: Workspace;
}

/**
 * Writes the function that searches a text with the regexes of a filter. It takes the addresses of the text, which ends
 * with its only newline, and whether all failregexes are to be tried; gives an outcome.
 */
export function writeSearch(module: ModuleWriter, regexes: ByteRegexes, needs: SearchNeeds): number {
  const { prefix, failregex, ignoreregex } = regexes;
  const index = module.reserve(3);
  const ignoresFirst = ignoreregex.length > 0 && ignoreregex.length < failregex.length - 2;
  const ignore = writeIgnore(module, ignoreregex, needs.room);
  const content = writeContent(module, { failregex, ignore }, needs);
  const draft = new FunctionDraft(3);
  const searchContent = code.call(content, code.get(FROM), code.get(TO), code.get(ALL));
  const statements = code.all(
    storeState(needs.room, STATE.count, code.i32(0)),
    storeState(needs.room, STATE.prefix, code.i32(0)),
    ignoresFirst ? giveBackUnlessMiss(code.call(ignore, code.get(FROM), code.get(TO)), draft) : code.NOTHING,
    prefix ? writePrefix(prefix, { draft, content, room: needs.room }) : code.NOTHING,
    code.giveBack(searchContent),
  );
  module.define(index, draft, statements);
  return index;
}

function giveBackUnlessMiss(outcome: Code, draft: FunctionDraft): Code {
  const local = draft.local();
  return code.all(
    code.set(local, outcome),
    code.when(code.ne(code.get(local), code.i32(OUTCOME.miss)), code.giveBack(code.get(local))),
  );
}

/** The content of the prefregex, with a newline behind it, takes the place of the text. */
function writePrefix(
  { matcher, names }: ByteRegex,
  {
    draft,
    content,
    room,
  }: { readonly draft: FunctionDraft; readonly content: number; readonly room: ProgramRoom },
): Code {
  const [state, from, to, behind] = [draft.local(), draft.local(), draft.local(), draft.local()];
  const at = names.find(([name]) => name === "content")?.[1];
  const matched = code.all(
    code.set(state, code.call(matcher.exec, code.get(FROM), code.get(TO))),
    code.when(code.not(code.get(state)), code.giveBack(code.i32(OUTCOME.miss))),
    code.when(code.lessThan(code.get(state), code.i32(0)), code.giveBack(code.i32(OUTCOME.slow))),
    storeState(room, STATE.prefix, code.i32(1)),
  );
  if (at === undefined) {
    return matched;
  }
  const span = (end: number): Code => code.load32(code.i32(0), matcher.spansAt + INT * (at + end));
  const isThere = code.and(code.atLeast(code.get(from), code.i32(0)), code.ne(code.get(from), code.get(to)));
  const searchContent = code.all(
    code.when(code.atLeast(code.get(to), code.get(TO)), code.giveBack(code.i32(OUTCOME.slow))),
    code.set(behind, code.load8(code.get(to))),
    code.store8(code.get(to), code.i32(NEWLINE)),
    code.set(state, code.call(content, code.get(from), code.plus(to, 1), code.get(ALL))),
    code.store8(code.get(to), code.get(behind)),
    code.giveBack(code.get(state)),
  );
  return code.all(matched, code.set(from, span(0)), code.set(to, span(1)), code.when(isThere, searchContent));
}

/** A function that asks the ignoreregexes: `miss` when none of them matches. */
function writeIgnore(module: ModuleWriter, ignoreregex: readonly ByteRegex[], room: ProgramRoom): number {
  const index = module.reserve(2);
  const draft = new FunctionDraft(2);
  const state = draft.local();
  const ask = ignoreregex.map(({ matcher }, i) =>
    code.all(
      code.set(state, code.call(matcher.exec, code.get(FROM), code.get(TO))),
      code.when(
        code.get(state),
        code.all(
          storeState(room, STATE.ignoring, code.i32(i)),
          code.giveBack(outcomeOf(state, OUTCOME.ignored)),
        ),
      ),
    ),
  );
  module.define(index, draft, code.all(...ask, code.giveBack(code.i32(OUTCOME.miss))));
  return index;
}

/** A match is one thing, what took too long another. */
function outcomeOf(state: number, found: number): Code {
  return code.choose(code.lessThan(code.get(state), code.i32(0)), code.i32(OUTCOME.slow), code.i32(found));
}

/** A function that tries the failregexes, and then asks the ignoreregexes. */
function writeContent(
  module: ModuleWriter,
  { failregex, ignore }: { readonly failregex: readonly ByteRegex[]; readonly ignore: number },
  needs: SearchNeeds,
): number {
  const index = module.reserve(3);
  const draft = new FunctionDraft(3);
  const outcome = draft.local();
  const isMiss = code.eq(code.get(outcome), code.i32(OUTCOME.miss));
  const statements = code.all(
    writeTries(failregex, draft, needs),
    code.when(code.not(loadState(needs.room, STATE.count)), code.giveBack(code.i32(OUTCOME.miss))),
    code.set(outcome, code.call(ignore, code.get(FROM), code.get(TO))),
    code.giveBack(code.choose(isMiss, code.i32(OUTCOME.hits), code.get(outcome))),
  );
  module.define(index, draft, statements);
  return index;
}

/** The byte that a text begins with tells which failregexes are worth trying. */
function writeTries(
  failregex: readonly ByteRegex[],
  draft: FunctionDraft,
  { room, workspace }: SearchNeeds,
): Code {
  const { classes, candidates } = classify(failregex);
  const kind = code.load8(code.load8(code.get(FROM)), workspace.table(classes));
  const last = candidates.length;
  const inner = code.block(code.leaveBy(kind, [...candidates.keys(), last]));
  const state = draft.local();
  // The block of one kind ends where its tries begin; behind them it goes on behind all.
  return candidates.reduce((blocks, some, i) => {
    const exit = last - i - 1;
    const tries = some.map((one) => {
      const exec = failregex[one]?.matcher.exec ?? 0;
      return code.all(
        code.set(state, code.call(exec, code.get(FROM), code.get(TO))),
        code.when(code.get(state), noteMatch(one, state, room)),
        code.leaveIf(code.and(code.get(state), code.not(code.get(ALL))), exit),
      );
    });
    return code.block(code.all(blocks, ...tries, code.leave(exit)));
  }, inner);
}

/** Adds a failregex to those found, or gives up where that took too long. */
function noteMatch(index: number, state: number, room: ProgramRoom): Code {
  const count = loadState(room, STATE.count);
  return code.all(
    code.when(code.lessThan(code.get(state), code.i32(0)), code.giveBack(code.i32(OUTCOME.slow))),
    code.store32(code.shiftLeft(count, code.i32(2)), code.i32(index), room.foundAt),
    storeState(room, STATE.count, code.add(count, code.i32(1))),
  );
}

/** For each byte its kind, and for each kind the failregexes worth trying on texts that begin with such bytes. */
function classify(failregex: readonly ByteRegex[]): {
  readonly classes: Uint8Array;
  readonly candidates: readonly (readonly number[])[];
} {
  const classes = new Uint8Array(BYTES);
  const candidates: (readonly number[])[] = [];
  const known = new Map<string, number>();
  for (let byte = 0; byte < BYTES; byte++) {
    const some = failregex.flatMap(({ matcher }, i) =>
      !matcher.isAnchored || matcher.first[byte] === 1 ? [i] : [],
    );
    const kind = known.get(some.join()) ?? candidates.push(some) - 1;
    known.set(some.join(), kind);
    classes[byte] = kind;
  }
  return { classes, candidates };
}
