import { messageOf } from "../model";
import { compilePattern, parsePattern, requiredLiterals, type LiteralClause, type Match } from "../regex";
import { valuesAt, scalarText, type FieldPath } from "./field-path";
import { fieldError, type FieldTerm } from "./field-terms";
import { expandTags, groupOfTag } from "./tags";

/** One demand on a line, compiled. */
export interface FieldCheck {
  /** Names of the groups that it may fill. */
  readonly groups: readonly string[];
  /** The fields that say what the groups take. */
  readonly names: readonly string[];
  /** What the text of a matching line contains, as far as a writer of JSON would never write it in another way. */
  readonly clauses: readonly LiteralClause[];
  /** Looks at a line that is a JSON object and notes what its groups take; false when the line is not wanted. */
  check(line: unknown, groups: Map<string, string>): boolean;
}

const WHOLE_TAG = /^<(?:HOST|ADDR|IP4|IP6|SUBNET|DNS)>$/;
const NAMED_TAG = /^<F-([A-Z0-9_]+)>$/;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;
/** Characters that no writer of JSON writes as an escape, and some do with all others. */
const UNSAFE = /[^A-Za-z0-9 _.,:;()-]/;

/**
 * Compiles one demand of a failregex that reads fields.
 * @throws RegexError with the place of the mistake in `source`.
 */
export function compileFieldTerm(
  term: FieldTerm,
  source: string,
  options: { readonly names: boolean },
): FieldCheck {
  const { path, operator, value } = term;
  switch (operator) {
    case "there":
      return plainCheck(({ length }) => length > 0, path);
    case "absent":
      return plainCheck(({ length }) => length === 0);
    case "~":
    case "!~":
      return regexCheck(term, source, options);
    case "=":
    case "?=":
    case "!=":
      return !term.isQuoted && value.startsWith("<")
        ? tagCheck(term, source, options)
        : equalityCheck(term, source);
    default:
      return numberCheck(term, source);
  }

  function plainCheck(test: (values: readonly unknown[]) => boolean, named?: FieldPath): FieldCheck {
    return makeCheck(named ?? [], (line) => test(valuesAt(line, path)));
  }
}

function makeCheck(named: FieldPath, check: FieldCheck["check"]): FieldCheck {
  return { groups: [], names: [], clauses: nameClauses(named), check };
}

function equalityCheck({ path, operator, value, position }: FieldTerm, source: string): FieldCheck {
  if (operator === "?=") {
    throw fieldError(source, position, `?= takes a tag such as <F-USER>, not '${value}'`);
  }
  const isSame = (item: unknown): boolean => scalarText(item) === value;
  if (operator === "!=") {
    return makeCheck(path, (line) => {
      const values = valuesAt(line, path);
      return values.length > 0 && !values.some(isSame);
    });
  }
  const check = makeCheck(path, (line) => valuesAt(line, path).some(isSame));
  return { ...check, clauses: [...safeClauses([{ texts: [value], ignoreCase: false }]), ...check.clauses] };
}

function numberCheck({ path, operator, value, position }: FieldTerm, source: string): FieldCheck {
  if (!NUMBER.test(value)) {
    throw fieldError(source, position, `'${value}' is no number`);
  }
  const limit = Number(value);
  const compare = {
    "<": (number: number) => number < limit,
    "<=": (number: number) => number <= limit,
    ">": (number: number) => number > limit,
    ">=": (number: number) => number >= limit,
  }[operator as "<" | "<=" | ">" | ">="];
  return makeCheck(path, (line) =>
    valuesAt(line, path).some((item) => {
      const text = scalarText(item) ?? "";
      return NUMBER.test(text) && compare(Number(text));
    }),
  );
}

/** The whole value of the field, which has to be the only one at its path. */
function tagCheck(term: FieldTerm, source: string, options: { readonly names: boolean }): FieldCheck {
  const { path, operator, value, position } = term;
  const isOptional = operator === "?=";
  const name = NAMED_TAG.exec(value)?.[1];
  if (operator === "!=" || (isOptional && name === undefined)) {
    throw fieldError(source, position, `${value} is taken with =, not with ${operator}`);
  }
  if (name !== undefined) {
    const group = groupOfTag(name);
    const check: FieldCheck["check"] = (line, groups) => {
      const [item, ...others] = valuesAt(line, path);
      const text = others.length === 0 ? scalarText(item) : undefined;
      if (text !== undefined) {
        groups.set(group, group === "content" ? text.replace(/\n$/, "") : text);
      }
      return text !== undefined || isOptional;
    };
    return { groups: [group], names: path, clauses: isOptional ? [] : nameClauses(path), check };
  }
  if (!WHOLE_TAG.test(value)) {
    throw fieldError(source, position, `unknown tag ${value}; as a text it stands in quotes`);
  }
  const whole = compilePattern(parsePattern(String.raw`\A(?:${expandTags(value, options)})\Z`));
  const check: FieldCheck["check"] = (line, groups) => {
    const [item, ...others] = valuesAt(line, path);
    const text = others.length === 0 ? scalarText(item) : undefined;
    return text !== undefined && collect(whole.exec(text), groups);
  };
  return { groups: whole.groupNames, names: path, clauses: nameClauses(path), check };
}

function regexCheck(term: FieldTerm, source: string, options: { readonly names: boolean }): FieldCheck {
  const { path, operator, value, position } = term;
  const pattern = parseInside(expandTags(value, options), source, position);
  const matcher = compilePattern(pattern);
  const texts = (line: unknown): readonly string[] =>
    valuesAt(line, path).flatMap((item) => scalarText(item) ?? []);
  if (operator === "!~") {
    if (matcher.groupNames.length > 0) {
      throw fieldError(source, position, "what must not match cannot take tags");
    }
    return makeCheck(path, (line) => {
      const all = texts(line);
      return all.length > 0 && !all.some((text) => matcher.test(text));
    });
  }
  const clauses = [...safeClauses(requiredLiterals(pattern)), ...nameClauses(path)];
  if (matcher.groupNames.length === 0) {
    return { ...makeCheck(path, (line) => texts(line).some((text) => matcher.test(text))), clauses };
  }
  const check: FieldCheck["check"] = (line, groups) => {
    const [text, ...others] = texts(line);
    return text !== undefined && others.length === 0 && collect(matcher.exec(text), groups);
  };
  return { groups: matcher.groupNames, names: path, clauses, check };
}

function parseInside(pattern: string, source: string, position: number): ReturnType<typeof parsePattern> {
  try {
    return parsePattern(pattern);
  } catch (error) {
    throw fieldError(source, position, `in '${pattern}': ${messageOf(error)}`);
  }
}

function collect(match: Match | undefined, groups: Map<string, string>): boolean {
  match?.collectInto(groups);
  return match !== undefined;
}

/** Needles for a text; what a writer may have escaped is left out. */
function safeClauses(clauses: readonly LiteralClause[]): readonly LiteralClause[] {
  return clauses.map(({ texts, ignoreCase }) => ({ texts: texts.map(longestSafe), ignoreCase }));
}

function longestSafe(text: string): string {
  return text.split(UNSAFE).reduce((best, part) => (part.length > best.length ? part : best), "");
}

/** That a field is there says little: its quotes keep such clauses apart from those of values. */
function nameClauses(path: FieldPath): readonly LiteralClause[] {
  return path
    .filter((name) => !UNSAFE.test(name) && !/^-?\d+$/.test(name))
    .map((name) => ({ texts: [`"${name}"`], ignoreCase: false }));
}
