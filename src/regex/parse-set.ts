import { charactersOf, lengthOf } from "./characters";
import { categoryOf, parseClassEscape } from "./escapes";
import { foldOf, type Flags } from "./flags";
import type { PatternReader } from "./reader";
import type { CategoryItem, CharacterSet, RangeItem } from "./tree";

const HYPHEN = 0x2d;

type SetItem = RangeItem | CategoryItem;

/** Reads a class; its `[` is already taken. Throws RegexError. */
export function parseSet(reader: PatternReader, flags: Flags): CharacterSet {
  const start = reader.position - 1;
  const negated = reader.takeIf("^");
  const items: SetItem[] = [];
  for (;;) {
    const token = takeMember(reader, start);
    if (token === "]" && items.length > 0) {
      break;
    }
    const tokenStart = reader.position - lengthOf(token);
    const item = parseMember(reader, token, flags);
    if (!reader.takeIf("-")) {
      items.push(item);
      continue;
    }
    const last = takeMember(reader, start);
    if (last === "]") {
      items.push(item, single(HYPHEN));
      break;
    }
    items.push(makeRange(reader, tokenStart, item, parseMember(reader, last, flags)));
  }
  return { type: "set", negated, items, fold: foldOf(flags) };
}

function takeMember(reader: PatternReader, start: number): string {
  const token = reader.take();
  if (token === undefined) {
    throw reader.errorAt(start, "unterminated character set");
  }
  return token;
}

function parseMember(reader: PatternReader, token: string, flags: Flags): SetItem {
  if (!token.startsWith("\\")) {
    return single(token.codePointAt(0) ?? 0);
  }
  return categoryOf(token, flags) ?? single(parseClassEscape(reader, token));
}

function makeRange(reader: PatternReader, start: number, first: SetItem, last: SetItem): RangeItem {
  if (first.type === "range" && last.type === "range" && first.from <= last.from) {
    return { type: "range", from: first.from, to: last.from };
  }
  const written = charactersOf(reader.source).slice(start, reader.position).join("");
  throw reader.errorAt(start, `bad character range ${written}`);
}

function single(code: number): RangeItem {
  return { type: "range", from: code, to: code };
}
