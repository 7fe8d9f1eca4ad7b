import { globPaths } from "../platform";
import { JOURNAL_FIELDS } from "./journal-entry";

/** Which journal to read: what stands in the brackets of `backend = systemd[…]`. */
export interface JournalPlace {
  readonly journalpath?: string;
  /** Paths or patterns, separated by blanks or commas. */
  readonly journalfiles?: string;
  /** 1 local only, 2 runtime only, 4 system only, 8 current user; added up. */
  readonly journalflags?: number;
  readonly namespace?: string;
}

/** Where in the journal to begin. */
export interface JournalStart {
  readonly cursor?: string | undefined;
  /** Seconds since 1970. */
  readonly since?: number | undefined;
}

/** All journals, and with --follow not only the present boot's, which a journal from elsewhere does not have. */
const MERGE = "--merge";
const LOCAL_ONLY = 1;
const RUNTIME_ONLY = 2;
const SYSTEM_ONLY = 4;
const CURRENT_USER = 8;

/** Arguments of the journalctl that gives the entries which match one of the groups of words. */
export function journalArguments(
  place: JournalPlace,
  matches: readonly (readonly string[])[],
  start: JournalStart,
): string[] {
  const groups = matches.filter((group) => group.length > 0);
  const words = groups.flatMap((group, i) => (i === 0 ? group : ["+", ...group]));
  return [
    "--output=json",
    // Without it journalctl leaves out fields above 4096 bytes, and long names could hide an attack.
    "--all",
    "--quiet",
    "--no-pager",
    `--output-fields=${JOURNAL_FIELDS.join(",")}`,
    ...placeArguments(place),
    ...startArguments(start),
    "--",
    ...words,
  ];
}

function placeArguments(place: JournalPlace): string[] {
  const { journalpath, journalfiles, journalflags, namespace } = place;
  if (journalpath) {
    return [MERGE, `--directory=${journalpath}`];
  }
  if (journalfiles) {
    const patterns = journalfiles.split(/[\s,]+/).filter((pattern) => pattern !== "");
    return [MERGE, ...patterns.flatMap((pattern) => expand(pattern)).map((path) => `--file=${path}`)];
  }
  return [...flagArguments(journalflags), ...(namespace ? [`--namespace=${namespace}`] : [])];
}

/** A pattern that matches nothing stays, so that journalctl names it in its error. */
function expand(pattern: string): string[] {
  const paths = globPaths(pattern);
  return paths.length > 0 ? paths : [pattern];
}

function flagArguments(flags = SYSTEM_ONLY): string[] {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return [
    ...(has(LOCAL_ONLY) ? [] : [MERGE]),
    ...(has(RUNTIME_ONLY) ? ["--directory=/run/log/journal"] : []),
    ...(has(SYSTEM_ONLY) ? ["--system"] : []),
    ...(has(CURRENT_USER) ? ["--user"] : []),
  ];
}

function startArguments({ cursor, since }: JournalStart): string[] {
  if (cursor) {
    return [`--after-cursor=${cursor}`];
  }
  return since === undefined ? [] : [`--since=@${since.toFixed(6)}`];
}
