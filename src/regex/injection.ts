import { charactersIn, hasAll, type AsciiSet } from "./ascii-set";
import { compilePattern } from "./matcher";
import { listForks, makeSample, type Sample } from "./sample";
import { childrenOf, type Capture, type Node, type Pattern, type Repeat } from "./tree";

/** What to look for. Both addresses are of the kind that the offender's group takes. */
export interface InjectionSearch {
  /** The group that names the offender. */
  readonly offender: string;
  /** The address an attacker writes into a free field. */
  readonly victim: string;
  /** The address the program itself writes behind it. */
  readonly peer: string;
  /** Texts that other groups shall hold. */
  readonly groups?: ReadonlyMap<string, string>;
}

/** A line with a field of foreign text that makes the pattern report an address from that field. */
export interface Injection {
  /** The same line with harmless text in the field: the pattern reports the peer. */
  readonly genuine: string;
  readonly forged: string;
  /** Name of the group that the field is; absent when it has none. */
  readonly field?: string;
  /** The field's own pattern does not take the text: it holds only if the program lets such text through. */
  readonly assumed: boolean;
}

type Field = Capture | Repeat;

/** Fewer characters cannot hold an address and what must stand around it. */
const LEAST_ROOM = 20;
const BACKSLASH = 0x5c;
const ANYTHING = "abcxyz0123456789.";
const PRINTABLE = "<>()[]{}=:;,/@'\"";
const MOST_FORKS = 24;
const MOST_RESTS = 5;
const MOST_TRIES = 1500;
/** Groups that hold words of the program, not of strangers. */
const PROGRAM_WORDS = /^(?:mlf\w*|nofail|content|fport|skiplines\d*|cond_\w+)$/;

/**
 * Lines by which whoever fills in a free field before the offender makes the pattern take another address for it. Each
 * is tried on the pattern itself before it is given, so there are no false ones; there may be more than it finds. The
 * number of tries is limited.
 */
export function* findInjections(pattern: Pattern, search: InjectionSearch): Iterable<Injection> {
  const target = findCapture(pattern.root, search.offender);
  if (!target) {
    return;
  }
  const matcher = compilePattern(pattern);
  const offenderIn = (line: string) => matcher.exec(`${line}\n`)?.named(search.offender);
  for (const field of listFields(pattern.root, target)) {
    const allowed = freeCharacters(field);
    for (const attempt of listAttempts(pattern, { field, target, search })) {
      const { genuine, forged, content } = attempt;
      const assumed = !hasAll(allowed, content) || (field.type === "repeat" && content.length > field.max);
      // Who writes \S+ takes no thought of blanks; a list of what is allowed is a rule that the program keeps.
      if (assumed && (field.type === "repeat" || !hasAll(allowed, PRINTABLE))) {
        continue;
      }
      if (offenderIn(forged) === search.victim && offenderIn(genuine) === search.peer) {
        const name = field.type === "capture" && field.name !== undefined ? { field: field.name } : {};
        yield { genuine, forged, assumed, ...name };
      }
    }
  }
}

interface Place {
  readonly field: Field;
  readonly target: Capture;
  readonly search: InjectionSearch;
}

interface Attempt {
  readonly genuine: string;
  readonly forged: string;
  /** What the field holds in the forged line. */
  readonly content: string;
}

/**
 * In the field stands what follows it in a line of that kind, with the victim for the offender, and the begin of what
 * may follow the offender: the rest of the true line has to be something the pattern takes behind that.
 */
function* listAttempts(pattern: Pattern, place: Place): Iterable<Attempt> {
  const { field, target, search } = place;
  const groups = new Map([...(search.groups ?? []), [search.offender, search.peer] as const]);
  const wanted = new Set<Node>([field, target]);
  const forks = listForks(pattern, target).slice(0, MOST_FORKS);
  const samples = [
    ...forks.map((fork) => makeSample(pattern, { groups, wanted, fork })),
    makeSample(pattern, { groups, wanted }),
  ];
  const lines = samples.flatMap((sample) => splitLine(sample, place) ?? []);
  const rests = distinct(lines.map(({ rest }) => rest)).slice(-MOST_RESTS);
  const endings = distinct(
    lines.flatMap(({ tail }) => cutPlaces(tail).map((end) => tail.slice(0, end))),
  ).sort((left, right) => left.length - right.length);
  const [line] = lines.slice(-1);
  let tries = 0;
  for (const ending of line ? endings : []) {
    for (const rest of rests) {
      tries += 1;
      if (!line || tries > MOST_TRIES) {
        return;
      }
      const content = `x${line.between}${search.victim}${ending}`;
      yield { genuine: `${line.head}x${rest}`, forged: `${line.head}${content}${rest}`, content };
    }
  }
}

/** A line cut at the field and the offender; `undefined` when it does not have both in this order. */
function splitLine(
  sample: Sample,
  { field, target }: Place,
): { head: string; between: string; tail: string; rest: string } | undefined {
  const { text, spans } = sample;
  const [hole, offender] = [spans.get(field), spans.get(target)];
  return hole && offender && hole.end <= offender.start
    ? {
        head: text.slice(0, hole.start),
        between: text.slice(hole.end, offender.start),
        tail: text.slice(offender.end),
        rest: text.slice(hole.end),
      }
    : undefined;
}

function cutPlaces(text: string): number[] {
  return [...text.matchAll(/\b|(?=\W)|$/g)].map((match) => match.index);
}

function findCapture(node: Node, name: string): Capture | undefined {
  if (node.type === "capture" && node.name === name) {
    return node;
  }
  for (const child of node.type === "look" ? [] : childrenOf(node)) {
    const found = findCapture(child, name);
    if (found) {
      return found;
    }
  }
  return undefined;
}

/** Parts before the offender that hold free text: groups with a name, and repeats of nearly any character. */
function listFields(root: Node, target: Capture): Field[] {
  const fields: Field[] = [];
  // Gives false at the offender: what comes later does not matter.
  const visit = (node: Node): boolean => {
    if (node === target) {
      return false;
    }
    if (isNamedField(node) || isFreeRepeat(node)) {
      fields.push(node);
      return true;
    }
    return node.type === "look" || childrenOf(node).every(visit);
  };
  visit(root);
  return fields;
}

function isNamedField(node: Node): node is Capture {
  return (
    node.type === "capture" &&
    node.name !== undefined &&
    !PROGRAM_WORDS.test(node.name) &&
    holdsFreeText(node)
  );
}

function holdsFreeText(node: Node): boolean {
  return isFreeRepeat(node) || (node.type !== "look" && childrenOf(node).some(holdsFreeText));
}

/** What a field takes anywhere in it: not only behind a backslash, which the program itself writes there. */
function freeCharacters(node: Node): AsciiSet {
  switch (node.type) {
    case "literal":
    case "any":
    case "set":
    case "look":
      return charactersIn(node);
    case "sequence":
      return node.items
        .filter((_, i) => !isBackslash(node.items[i - 1]))
        .reduce((all, item) => all | freeCharacters(item), 0n);
    default:
      return childrenOf(node).reduce((all, child) => all | freeCharacters(child), 0n);
  }
}

function isBackslash(node: Node | undefined): boolean {
  return node?.type === "literal" && node.code === BACKSLASH;
}

function isFreeRepeat(node: Node): node is Repeat {
  return node.type === "repeat" && node.max >= LEAST_ROOM && hasAll(charactersIn(node.body), ANYTHING);
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
