import { parsePattern, type LiteralClause, type Matcher, type SpanMatch } from "../regex";
import { chooseNeedles, compileNeedles, type Needle } from "./candidates";
import type { DateCut } from "./date-cut";
import { compileFieldTerm, type FieldCheck } from "./field-checks";
import { fieldError, parseFieldTerms } from "./field-terms";
import { hasTwice, JsonReader } from "./json-line";

/** A failregex that reads fields of JSON lines, in the form of one that matches texts. */
export interface FieldRegex {
  readonly matcher: Matcher;
  readonly needles: readonly Needle[] | undefined;
  readonly lineNeedles: readonly Needle[] | undefined;
  /** That one of the fields has the time of the line. */
  readonly isTimed: boolean;
  /** The fields it asks for, of paths the first part. */
  readonly names: readonly string[];
  /** That it asks who wrote a journal entry (`_UID`, `_COMM` …): what a prefregex took out of the text cannot tell. */
  readonly isOfEntry: boolean;
  /** For a JSON line that does not match: what part of the demands holds, and those from the first that does not. */
  readonly findMiss: (text: string) => { readonly progress: number; readonly wanted: string } | undefined;
}

const TIME_GROUP = "time";
/** Fields that only the journal itself writes. */
const TRUSTED = /^_[A-Z]/;
/** Stands for the regular expression that there is not: nothing matches it. */
const NO_PATTERN = parsePattern("(?!)");
const reader = new JsonReader();

/**
 * Compiles `(?json) status=401 request.remote_ip=<ADDR>`. With `cut`, the line's date may have been cut out of the JSON.
 * @throws RegexError with the place of the mistake.
 */
export function compileFieldRegex(
  source: string,
  options: { readonly names: boolean; readonly multiline: boolean; readonly cut?: DateCut },
): FieldRegex {
  if (options.multiline) {
    throw fieldError(source, 0, "fields are read from single lines, so maxlines must be 1");
  }
  const terms = parseFieldTerms(source);
  const checks = terms.map((term) => compileFieldTerm(term, source, options));
  const seen = new Set<string>();
  checks.forEach(({ groups }, i) => {
    const twice = groups.find((group) => seen.has(group));
    if (twice !== undefined) {
      throw fieldError(source, terms[i]?.position ?? 0, `'${twice}' is taken twice`);
    }
    groups.forEach((group) => seen.add(group));
  });
  const clauses = checks.flatMap((check) => check.clauses);
  const names = terms.flatMap(({ path }) => path.slice(0, 1));
  return {
    matcher: new FieldMatcher(checks),
    needles: telling(clauses),
    lineNeedles: telling(clauses, options.cut),
    isTimed: seen.has(TIME_GROUP),
    names,
    isOfEntry: names.some((name) => TRUSTED.test(name)),
    findMiss: (text) => {
      const line = reader.read(text);
      if (line === undefined) {
        return undefined;
      }
      const failing = checks.findIndex((demand) => !demand.check(line, new Map()));
      return failing < 0
        ? { progress: 1, wanted: "no name twice in one object" }
        : { progress: failing / checks.length, wanted: source.slice(terms[failing]?.position) };
    },
  };
}

/**
 * Names of fields stand in every line of such a log. Texts of values tell more, however short, and numbers such as a
 * status more than texts such as the kind of the line.
 */
function telling(clauses: readonly LiteralClause[], cut?: DateCut): readonly Needle[] | undefined {
  const ofValues = clauses.filter(({ texts }) => !texts.some((text) => text.startsWith('"')));
  const ofNumbers = ofValues.filter(({ texts }) => texts.every((text) => /^\d+$/.test(text)));
  return chooseNeedles(ofNumbers, cut) ?? chooseNeedles(ofValues, cut) ?? chooseNeedles(clauses, cut);
}

/** Each finds one of the texts that a demand asks for. */
function findersOf(clauses: readonly LiteralClause[]): readonly RegExp[] {
  return clauses.flatMap((clause) => {
    const needles = chooseNeedles([clause]);
    return needles ? [new RegExp(compileNeedles(needles).source)] : [];
  });
}

class FieldMatcher implements Matcher {
  readonly pattern = NO_PATTERN;
  readonly groupNames: readonly string[];
  readonly #checks: readonly FieldCheck[];
  /** What a line has to contain is looked for before it is read, which costs far more. */
  readonly #finders: readonly RegExp[];
  /** Names of which a line must not have two, or nobody could tell who is meant. */
  readonly #names: ReadonlySet<string>;

  constructor(checks: readonly FieldCheck[]) {
    this.#checks = checks;
    this.groupNames = checks.flatMap(({ groups }) => groups);
    this.#names = new Set(checks.flatMap(({ names }) => names));
    this.#finders = findersOf(checks.flatMap(({ clauses }) => clauses));
  }

  test(text: string): boolean {
    return this.execSpans(text) !== undefined;
  }

  exec(text: string): SpanMatch | undefined {
    return this.execSpans(text);
  }

  execSpans(text: string): SpanMatch | undefined {
    const line = this.#finders.every((finder) => finder.test(text)) ? reader.read(text) : undefined;
    if (line === undefined) {
      return undefined;
    }
    const groups = new Map<string, string>();
    const isWanted = this.#checks.every((demand) => demand.check(line, groups));
    return isWanted && !(this.#names.size > 0 && hasTwice(text, this.#names))
      ? new FieldMatch(text, groups, this.groupNames)
      : undefined;
  }
}

/** Fields of a line; where they stand in its text is not known. */
class FieldMatch implements SpanMatch {
  readonly start = 0;
  readonly end: number;
  readonly #text: string;
  readonly #groups: ReadonlyMap<string, string>;
  readonly #names: readonly string[];

  constructor(text: string, groups: ReadonlyMap<string, string>, names: readonly string[]) {
    this.#text = text;
    this.end = text.length;
    this.#groups = groups;
    this.#names = names;
  }

  group(index: number): string | undefined {
    return index === 0 ? this.#text : this.named(this.#names[index - 1] ?? "");
  }

  named(name: string): string | undefined {
    return this.#groups.get(name);
  }

  collectInto(groups: Map<string, unknown>): void {
    this.#groups.forEach((text, name) => groups.set(name, text));
  }

  groups(): Readonly<Record<string, string | undefined>> {
    return Object.fromEntries(this.#groups);
  }

  span(index: number): { start: number; end: number } | undefined {
    return index === 0 ? { start: 0, end: this.end } : undefined;
  }
}
