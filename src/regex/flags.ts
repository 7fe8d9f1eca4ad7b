import { lengthOf } from "./characters";
import type { PatternReader } from "./reader";
import type { Fold } from "./tree";

/** The flags in force at one place of a pattern. */
export interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
  readonly ascii: boolean;
}

/** `(?…)` is global (applies from the start of the pattern), `(?…:` applies inside its group. */
export interface FlagChange {
  readonly global: boolean;
  readonly flags: Flags;
}

const KNOWN = "iLmsxau";

/** How letters are compared under these flags. */
export function foldOf(flags: Flags): Fold {
  if (!flags.ignoreCase) {
    return "none";
  }
  return flags.ascii ? "ascii" : "unicode";
}

/** Whether a character starts inline flags: one of Python's flag letters or a minus. */
export function startsFlags(char: string): boolean {
  return char === "-" || KNOWN.includes(char);
}

/**
 * Reads inline flags behind `(?`, up to and with the `)` or `:`; `first` is the character already taken.
 * Throws RegexError.
 */
export function parseFlags(reader: PatternReader, first: string, flags: Flags): FlagChange {
  const added = new Set<string>();
  const end = first === "-" ? "-" : readAdded(reader, first, added);
  if (end === ")") {
    return { global: true, flags: applyGlobal(reader, flags, added) };
  }
  const removed = end === "-" ? readRemoved(reader) : new Set<string>();
  if ([...added].some((flag) => removed.has(flag))) {
    throw reader.errorAt(reader.position - 1, "bad inline flags: flag turned on and off");
  }
  return { global: false, flags: change(flags, added, removed) };
}

function readAdded(reader: PatternReader, first: string, added: Set<string>): string {
  for (let char = first; ; ) {
    addFlag(reader, char, added);
    const next = reader.take();
    if (next === undefined) {
      throw reader.error("missing -, : or )");
    }
    if (next === ")" || next === "-" || next === ":") {
      return next;
    }
    char = requireFlag(reader, next, "missing -, : or )");
  }
}

function addFlag(reader: PatternReader, flag: string, added: Set<string>): void {
  if (flag === "L") {
    throw reader.error("bad inline flags: cannot use 'L' flag with a str pattern");
  }
  added.add(flag);
  if (added.has("a") && added.has("u")) {
    throw reader.error("bad inline flags: flags 'a', 'u' and 'L' are incompatible");
  }
}

function readRemoved(reader: PatternReader): Set<string> {
  const removed = new Set<string>();
  let missing = "missing flag";
  for (;;) {
    const next = reader.take();
    if (next === undefined) {
      throw reader.error(missing);
    }
    if (next === ":" && removed.size > 0) {
      return removed;
    }
    const flag = requireFlag(reader, next, missing);
    if ("auL".includes(flag)) {
      throw reader.error("bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
    }
    removed.add(flag);
    missing = "missing :";
  }
}

function requireFlag(reader: PatternReader, char: string, missing: string): string {
  if (char.length === 1 && KNOWN.includes(char)) {
    return char;
  }
  const reason = /^\p{L}$/u.test(char) ? "unknown flag" : missing;
  throw reader.errorAt(reader.position - lengthOf(char), reason);
}

function applyGlobal(reader: PatternReader, flags: Flags, added: ReadonlySet<string>): Flags {
  if (flags.ascii && added.has("u")) {
    throw reader.errorAt(0, "ASCII and UNICODE flags are incompatible");
  }
  return change(flags, added, new Set());
}

function change(flags: Flags, added: ReadonlySet<string>, removed: ReadonlySet<string>): Flags {
  const decide = (letter: string, before: boolean) => (before || added.has(letter)) && !removed.has(letter);
  return {
    ignoreCase: decide("i", flags.ignoreCase),
    multiline: decide("m", flags.multiline),
    dotAll: decide("s", flags.dotAll),
    verbose: decide("x", flags.verbose),
    ascii: added.has("u") ? false : decide("a", flags.ascii),
  };
}
