import { lengthOf } from "./characters";
import { foldOf, parseFlags, startsFlags, type Flags } from "./flags";
import type { GroupTable } from "./group-table";
import type { PatternReader } from "./reader";
import type { Look, Node } from "./tree";
import { widthOf, type Width } from "./width";

/** Marks the result of a group like `(?i)`, which changes the flags and is no part of the pattern. */
export const GLOBAL_FLAGS = Symbol("global flags");

/** What is in force where the reader stands; `first` while nothing was read yet. */
export interface Scope {
  readonly flags: Flags;
  readonly depth: number;
  readonly first: boolean;
}

/** What the parts of the parser share while one pattern is read. */
export interface ParseContext {
  readonly reader: PatternReader;
  readonly groups: GroupTable;
  readonly widths: Map<number, Width>;
  readonly lookBehinds: Look[];
  readonly parseBody: (context: ParseContext, scope: Scope) => Node;
  readonly parseBranch: (context: ParseContext, scope: Scope) => { readonly node: Node };
}

type GroupResult = Node | { readonly [GLOBAL_FLAGS]: Flags } | undefined;

/** Reads a group; its `(` is already taken. Undefined for a comment. Throws RegexError. */
export function parseGroup(context: ParseContext, scope: Scope): GroupResult {
  const { reader } = context;
  const start = reader.position - 1;
  if (!reader.takeIf("?")) {
    return parseCapture(context, scope, { start, name: undefined });
  }
  const char = takeExtension(reader);
  switch (char) {
    case "P":
      return parseNamed(context, scope, start);
    case ":":
      return parseInner(context, scope, start);
    case "#":
      return skipComment(reader, start);
    case "=":
    case "!":
      return parseLook(context, scope, { start, behind: false, negated: char === "!" });
    case "<":
      return parseLookBehind(context, scope, start);
    case "(":
      return parseConditional(context, scope, start);
    case ">":
      return { type: "atomic", body: parseInner(context, scope, start) };
    default:
      return parseFlagGroup(context, scope, { start, char });
  }
}

function takeExtension(reader: PatternReader): string {
  const char = reader.take();
  if (char === undefined) {
    throw reader.error("unexpected end of pattern");
  }
  return char;
}

/** The inside of a group, and its closing parenthesis. */
function parseInner(context: ParseContext, scope: Scope, start: number): Node {
  const node = context.parseBody(context, { ...scope, depth: scope.depth + 1, first: false });
  closeGroup(context.reader, start);
  return node.type === "repeat" || node.type === "assertion" ? { type: "sequence", items: [node] } : node;
}

function closeGroup(reader: PatternReader, start: number): void {
  if (!reader.takeIf(")")) {
    throw reader.errorAt(start, "missing ), unterminated subpattern");
  }
}

function parseCapture(
  context: ParseContext,
  scope: Scope,
  group: { readonly start: number; readonly name: string | undefined },
): Node {
  const index = context.groups.open(group.name);
  const body = parseInner(context, scope, group.start);
  context.groups.close(index);
  context.widths.set(index, widthOf(body, context.widths));
  return { type: "capture", index, name: group.name, body };
}

function parseNamed(context: ParseContext, scope: Scope, start: number): Node {
  const { reader, groups } = context;
  if (reader.takeIf("<")) {
    const name = reader.takeUntil(">", "group name");
    groups.checkName(name);
    return parseCapture(context, scope, { start, name });
  }
  if (reader.takeIf("=")) {
    const name = reader.takeUntil(")", "group name");
    groups.checkName(name);
    const index = groups.find(name);
    groups.checkReference(index, lengthOf(name));
    return { type: "back-reference", index, fold: foldOf(scope.flags) };
  }
  const char = takeExtension(reader);
  throw reader.errorAt(start + 1, `unknown extension ?P${char}`);
}

function skipComment(reader: PatternReader, start: number): undefined {
  for (let token = reader.take(); token !== ")"; token = reader.take()) {
    if (token === undefined) {
      throw reader.errorAt(start, "missing ), unterminated comment");
    }
  }
}

function parseLook(
  context: ParseContext,
  scope: Scope,
  look: { readonly start: number; readonly behind: boolean; readonly negated: boolean },
): Look {
  const { start, behind, negated } = look;
  const body = parseInner(context, scope, start);
  const width = behind ? widthOf(body, context.widths).min : 0;
  return { type: "look", behind, negated, body, width, position: start };
}

function parseLookBehind(context: ParseContext, scope: Scope, start: number): Look {
  const char = takeExtension(context.reader);
  if (char !== "=" && char !== "!") {
    throw context.reader.errorAt(start + 1, `unknown extension ?<${char}`);
  }
  const look = context.groups.insideLookBehind(() =>
    parseLook(context, scope, { start, behind: true, negated: char === "!" }),
  );
  context.lookBehinds.push(look);
  return look;
}

function parseConditional(context: ParseContext, scope: Scope, start: number): Node {
  const { reader, groups } = context;
  const index = groups.parseCondition(reader.takeUntil(")", "group name"));
  const inner: Scope = { ...scope, depth: scope.depth + 1, first: false };
  const yes = context.parseBranch(context, inner).node;
  const no: Node = reader.takeIf("|")
    ? context.parseBranch(context, inner).node
    : { type: "sequence", items: [] };
  if (reader.peek() === "|") {
    throw reader.error("conditional backref with more than two branches");
  }
  closeGroup(reader, start);
  return { type: "conditional", index, yes, no };
}

function parseFlagGroup(
  context: ParseContext,
  scope: Scope,
  group: { readonly start: number; readonly char: string },
): GroupResult {
  const { reader } = context;
  const { start, char } = group;
  if (!startsFlags(char)) {
    throw reader.errorAt(start + 1, `unknown extension ?${char}`);
  }
  const change = parseFlags(reader, char, scope.flags);
  if (!change.global) {
    return parseInner(context, { ...scope, flags: change.flags }, start);
  }
  if (!scope.first) {
    throw reader.errorAt(start, "global flags not at the start of the expression");
  }
  return { [GLOBAL_FLAGS]: change.flags };
}
