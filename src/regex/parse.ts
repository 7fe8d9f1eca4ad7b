import { assertionOf, categoryOf, parseEscape, parseNumberEscape } from "./escapes";
import { foldOf, type Flags } from "./flags";
import { GroupTable } from "./group-table";
import { GLOBAL_FLAGS, parseGroup, type ParseContext, type Scope } from "./parse-group";
import { parseQuantifier, startsQuantifier } from "./parse-quantifier";
import { parseSet } from "./parse-set";
import { hasEndlessCounts } from "./limits";
import { PatternReader } from "./reader";
import { RegexError, placeOf } from "./errors";
import type { Node, Pattern } from "./tree";
import { widthOf, type Width } from "./width";

/** Flags given beside the pattern; more can be written inside it, as `(?i)`. */
export interface PatternOptions {
  readonly multiline?: boolean;
  readonly ignoreCase?: boolean;
}

/** More than any sane filter has (the longest stock one has 2365), few enough to be read in milliseconds. */
const MAX_LENGTH = 100_000;
const MAX_DEPTH = 200;

/**
 * Reads a pattern in Python's syntax. Throws RegexError: `regex-syntax` with Python's reason where Python refuses
 * it too; `regex-unsupported` for `\N{…}`, for patterns beyond 100 000 characters or 200 nested groups, and for counts
 * that make even the empty text take for ever.
 */
export function parsePattern(source: string, options: PatternOptions = {}): Pattern {
  if (source.length > MAX_LENGTH) {
    throw new RegexError("regex-unsupported", "pattern too long", placeOf("", 0));
  }
  const reader = new PatternReader(source);
  const groups = new GroupTable(reader);
  const context: ParseContext = {
    reader,
    groups,
    widths: new Map(),
    lookBehinds: [],
    parseBody,
    parseBranch,
  };
  const root = parseBody(context, { flags: flagsOf(options), depth: 0, first: true });
  if (reader.peek() !== undefined) {
    throw reader.error("unbalanced parenthesis");
  }
  groups.checkForward();
  checkLookBehinds(context);
  if (hasEndlessCounts(root)) {
    throw reader.errorAt(0, "counted repeats too large", "regex-unsupported");
  }
  return { source, root, groupCount: groups.count, groupNames: groups.names };
}

function flagsOf(options: PatternOptions): Flags {
  return {
    ignoreCase: options.ignoreCase ?? false,
    multiline: options.multiline ?? false,
    dotAll: false,
    verbose: false,
    ascii: false,
  };
}

function checkLookBehinds(context: ParseContext): void {
  for (const look of context.lookBehinds) {
    const width: Width = widthOf(look.body, context.widths);
    if (width.min !== width.max) {
      throw context.reader.errorAt(look.position, "look-behind requires fixed-width pattern");
    }
  }
}

/** Everything up to a closing parenthesis or the end. */
function parseBody(context: ParseContext, scope: Scope): Node {
  // Global flags can only stand at the very start, and hold for every branch after.
  const branch = parseBranch(context, scope);
  const options: Node[] = [branch.node];
  const rest: Scope = { ...scope, flags: branch.flags, first: false };
  while (context.reader.takeIf("|")) {
    options.push(parseBranch(context, rest).node);
  }
  return options.length === 1 ? branch.node : { type: "alternation", options };
}

function parseBranch(context: ParseContext, scope: Scope): { readonly node: Node; readonly flags: Flags } {
  if (scope.depth > MAX_DEPTH) {
    throw context.reader.errorAt(context.reader.position, "groups nested too deeply", "regex-unsupported");
  }
  const items: Node[] = [];
  let flags = scope.flags;
  for (let token = nextToken(context, flags); token !== undefined; token = nextToken(context, flags)) {
    if (startsQuantifier(token)) {
      parseQuantifier(context.reader, token, items, foldOf(flags));
    } else if (token === "(") {
      const first = scope.first && items.length === 0;
      const result = parseGroup(context, { ...scope, flags, first });
      if (result === undefined) {
        continue;
      }
      if (GLOBAL_FLAGS in result) {
        flags = result[GLOBAL_FLAGS];
      } else {
        items.push(result);
      }
    } else {
      items.push(parseAtom(context, token, flags));
    }
  }
  const only = items.length === 1 ? items[0] : undefined;
  return { node: only ?? { type: "sequence", items }, flags };
}

/** Takes the next token of a branch; undefined at its end. Under the flag x, blanks and comments are skipped. */
function nextToken(context: ParseContext, flags: Flags): string | undefined {
  const { reader } = context;
  for (;;) {
    const token = reader.peek();
    if (token === undefined || token === "|" || token === ")") {
      return undefined;
    }
    reader.take();
    if (!flags.verbose || !/^[ \t\n\r\v\f#]$/.test(token)) {
      return token;
    }
    if (token === "#") {
      skipLine(reader);
    }
  }
}

function skipLine(reader: PatternReader): void {
  for (let token = reader.take(); token !== undefined && token !== "\n"; token = reader.take());
}

function parseAtom(context: ParseContext, token: string, flags: Flags): Node {
  if (token.startsWith("\\")) {
    return parseEscaped(context, token, flags);
  }
  switch (token) {
    case ".":
      return { type: "any", newline: flags.dotAll };
    case "[":
      return parseSet(context.reader, flags);
    case "^":
      return { type: "assertion", kind: flags.multiline ? "line-start" : "start", ascii: flags.ascii };
    case "$":
      return { type: "assertion", kind: flags.multiline ? "line-end" : "last-line-end", ascii: flags.ascii };
    default:
      return { type: "literal", code: token.codePointAt(0) ?? 0, fold: foldOf(flags) };
  }
}

function parseEscaped(context: ParseContext, token: string, flags: Flags): Node {
  const assertion = assertionOf(token, flags);
  if (assertion) {
    return assertion;
  }
  const category = categoryOf(token, flags);
  if (category) {
    return { type: "set", negated: false, items: [category], fold: "none" };
  }
  const number = parseNumberEscape(context.reader, token);
  if (number && "group" in number) {
    context.groups.checkReference(number.group, number.length);
    return { type: "back-reference", index: number.group, fold: foldOf(flags) };
  }
  const code = number ? number.code : parseEscape(context.reader, token);
  return { type: "literal", code, fold: foldOf(flags) };
}
