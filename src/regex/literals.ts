import { bestClause, conjoin, type LiteralClause } from "./clauses";
import { caseVariants } from "./fold";
import type { CharacterSet, Literal, Node, Pattern, Repeat } from "./tree";

export type { LiteralClause } from "./clauses";

/** One way a part of a pattern may read; several make up all its ways. */
interface Run {
  readonly texts: readonly string[];
  readonly ignoreCase: boolean;
}

/** What is known of a part: all its ways, when they are few; what any of its matches must contain besides. */
interface Known {
  readonly run: Run | undefined;
  readonly clauses: readonly LiteralClause[];
}

/** Bounds of a run: how many ways, and how long a text. */
const MAX_WAYS = 12;
const MAX_TEXT = 64;
const MAX_ALTERNATIVES = 24;
const MAX_COPIES = 8;
const LAST_ASCII = 0x7f;
const NEWLINE = 10;

const EMPTY: Run = { texts: [""], ignoreCase: false };
const NOTHING_KNOWN: Known = { run: undefined, clauses: [] };

/** Conditions that all hold for any text the pattern matches in, the most telling first; empty when none is known. */
export function requiredLiterals(pattern: Pattern): readonly LiteralClause[] {
  const known = inspect(pattern.root);
  return conjoin([...clausesOf(known.run), ...known.clauses]);
}

function inspect(node: Node): Known {
  switch (node.type) {
    case "literal":
      return { run: runOfLiteral(node), clauses: [] };
    case "set":
      return { run: runOfSet(node), clauses: [] };
    case "assertion":
      return { run: EMPTY, clauses: [] };
    case "sequence":
      return inspectSequence(node.items);
    case "alternation":
      return inspectOptions(node.options);
    case "conditional":
      return inspectOptions([node.yes, node.no]);
    case "capture":
    case "atomic":
      return inspect(node.body);
    case "repeat":
      return inspectRepeat(node);
    case "look":
      return inspectLook(node.negated, node.body);
    case "any":
    case "back-reference":
      return NOTHING_KNOWN;
    default:
      return node satisfies never;
  }
}

/** What a look-around sees stands somewhere in the text as well. */
function inspectLook(negated: boolean, body: Node): Known {
  if (negated) {
    return { run: EMPTY, clauses: [] };
  }
  const known = inspect(body);
  return { run: EMPTY, clauses: [...clausesOf(known.run), ...known.clauses] };
}

function runOfLiteral(node: Literal): Run | undefined {
  return runOfCodes(caseVariants(node.code, node.fold));
}

function runOfSet(node: CharacterSet): Run | undefined {
  if (node.negated) {
    return undefined;
  }
  const codes: number[] = [];
  for (const item of node.items) {
    if (item.type === "category" || item.to - item.from >= MAX_WAYS) {
      return undefined;
    }
    for (let code = item.from; code <= item.to; code += 1) {
      codes.push(...caseVariants(code, node.fold));
    }
  }
  return runOfCodes([...new Set(codes)]);
}

/** Letters with relatives outside ASCII, and line ends, are left out: literals are sought bytewise in single lines. */
function runOfCodes(codes: readonly number[]): Run | undefined {
  if (codes.some((code) => code > LAST_ASCII || code === NEWLINE)) {
    return undefined;
  }
  const texts = codes.map((code) => String.fromCharCode(code));
  const lower = [...new Set(texts.map((text) => text.toLowerCase()))];
  if (lower.length < texts.length && lower.length === 1) {
    return { texts: lower, ignoreCase: true };
  }
  return texts.length <= MAX_WAYS ? { texts, ignoreCase: false } : undefined;
}

/** Runs grow from item to item as long as the ways stay few; what ends a run becomes a clause. */
function inspectSequence(items: readonly Node[]): Known {
  const clauses: LiteralClause[] = [];
  let run = EMPTY;
  let whole = true;
  for (const item of items) {
    const { joined, ended, inner } = extend(run, item);
    clauses.push(...inner, ...clausesOf(ended));
    whole &&= ended === undefined;
    run = joined;
  }
  return whole ? { run, clauses } : { run: undefined, clauses: [...clauses, ...clausesOf(run)] };
}

interface Extension {
  /** The run that goes on behind the item. */
  readonly joined: Run;
  /** The run that ended in it, if one did. */
  readonly ended: Run | undefined;
  readonly inner: readonly LiteralClause[];
}

function extend(run: Run, item: Node): Extension {
  if (item.type === "repeat" && item.min > 0 && item.max > item.min) {
    return extendByRepeat(run, item);
  }
  const known = inspect(item);
  if (!known.run) {
    return { joined: EMPTY, ended: run, inner: known.clauses };
  }
  const joined = join(run, known.run);
  return joined
    ? { joined, ended: undefined, inner: known.clauses }
    : { joined: known.run, ended: run, inner: known.clauses };
}

/** `ab+c`: the first round goes on with what was before, the last one with what comes next. */
function extendByRepeat(run: Run, repeat: Repeat): Extension {
  const known = inspect(repeat.body);
  if (!known.run) {
    return { joined: EMPTY, ended: run, inner: known.clauses };
  }
  return { joined: known.run, ended: join(run, known.run) ?? run, inner: known.clauses };
}

function inspectRepeat(node: Repeat): Known {
  if (node.max === 0) {
    return { run: EMPTY, clauses: [] };
  }
  const known = inspect(node.body);
  if (node.min === 0) {
    const both = node.max === 1 && known.run && unite(known.run, EMPTY);
    return { run: both || undefined, clauses: [] };
  }
  if (node.min === node.max && node.min <= MAX_COPIES) {
    return { run: copies(known.run, node.min), clauses: [...clausesOf(known.run), ...known.clauses] };
  }
  return { run: undefined, clauses: [...clausesOf(known.run), ...known.clauses] };
}

function copies(run: Run | undefined, count: number): Run | undefined {
  let all: Run | undefined = EMPTY;
  for (let i = 0; i < count && all; i += 1) {
    all = run && join(all, run);
  }
  return all;
}

function inspectOptions(options: readonly Node[]): Known {
  const all = options.map(inspect);
  const runs = all.map((known) => known.run);
  const united = runs.reduce((left, right) => left && right && unite(left, right));
  return united ? { run: united, clauses: [] } : { run: undefined, clauses: uniteClauses(all) };
}

/** One clause with the best clause of each option, if each has one. */
function uniteClauses(all: readonly Known[]): readonly LiteralClause[] {
  const best = all.map((known) => bestClause([...clausesOf(known.run), ...known.clauses]));
  const texts: string[] = [];
  const ignoreCase = best.some((clause) => clause?.ignoreCase);
  for (const clause of best) {
    if (!clause) {
      return [];
    }
    texts.push(...(ignoreCase ? clause.texts.map((text) => text.toLowerCase()) : clause.texts));
  }
  return texts.length <= MAX_ALTERNATIVES ? [{ texts, ignoreCase }] : [];
}

function clausesOf(run: Run | undefined): readonly LiteralClause[] {
  return run && run.texts.every((text) => text !== "") ? [run] : [];
}

function join(left: Run, right: Run): Run | undefined {
  const texts = left.texts.flatMap((head) => right.texts.map((tail) => head + tail));
  const ignoreCase = left.ignoreCase || right.ignoreCase;
  return bounded({ texts, ignoreCase });
}

function unite(left: Run, right: Run): Run | undefined {
  return bounded({ texts: [...left.texts, ...right.texts], ignoreCase: left.ignoreCase || right.ignoreCase });
}

function bounded(run: Run): Run | undefined {
  const texts = [...new Set(run.ignoreCase ? run.texts.map((text) => text.toLowerCase()) : run.texts)];
  const fits = texts.length <= MAX_WAYS && texts.every((text) => text.length <= MAX_TEXT);
  return fits ? { texts, ignoreCase: run.ignoreCase } : undefined;
}
