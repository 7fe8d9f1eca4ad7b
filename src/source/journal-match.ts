import { valuesOf, type JournalFields } from "./journal-fields";

/** Groups of `FIELD=value`: an entry is wanted when it fits one group. None means all entries. */
export type JournalMatches = readonly (readonly string[])[];

/** Tells whether an entry is wanted. */
export type JournalTest = (fields: JournalFields) => boolean;

/**
 * Compiles groups of match words: of words with one field any may hold, all fields of a group must, and any group does.
 * Groups without words count for nothing, as with journalctl.
 */
export function compileMatches(matches: JournalMatches): JournalTest {
  const groups = matches.filter((words) => words.length > 0).map(compileGroup);
  return groups.length === 0
    ? () => true
    : (fields) =>
        groups.some((group) =>
          group.every(([name, wanted]) => valuesOf(fields[name]).some((value) => wanted.has(value))),
        );
}

/** Matches that an entry fits when it fits any of those given. */
export function joinMatches(all: readonly JournalMatches[]): JournalMatches {
  const filled = all.map((matches) => matches.filter((words) => words.length > 0));
  if (filled.some((matches) => matches.length === 0)) {
    return [];
  }
  const groups = filled.flat().map((words) => [...new Set(words)].toSorted());
  return [...new Map(groups.map((words) => [words.join("\0"), words])).values()];
}

/** The fields that matches ask for. */
export function fieldsOfMatches(matches: JournalMatches): readonly string[] {
  return matches.flat().map((word) => word.slice(0, Math.max(0, word.indexOf("="))));
}

/** Values in latin1, one character per byte: what is no UTF-8 must be compared as it is. */
function compileGroup(words: readonly string[]): readonly (readonly [string, ReadonlySet<string>])[] {
  const fields = new Map<string, Set<string>>();
  for (const word of words) {
    const cut = word.indexOf("=");
    const name = word.slice(0, cut);
    const values = fields.get(name) ?? new Set();
    fields.set(name, values.add(Buffer.from(word.slice(cut + 1)).toString("latin1")));
  }
  return [...fields];
}
