import { globPaths } from "../platform";
import { JOURNAL_FIELDS } from "./journal-entry";
import type { JournalMatches } from "./journal-match";
import type { JournalPoint } from "./journal-place";

/** Which journal to read: what stands in the brackets of `backend = systemd[…]`. */
export interface JournalPlace {
  readonly journalpath?: string;
  /** Paths or patterns, separated by blanks or commas. */
  readonly journalfiles?: string;
  /** 1 local only, 2 runtime only, 4 system only, 8 current user; added up. */
  readonly journalflags?: number;
  readonly namespace?: string;
}

/** What journalctl is asked for. */
export interface JournalQuestion {
  readonly place: JournalPlace;
  /** Groups of match words; none means all entries. */
  readonly matches: JournalMatches;
  readonly start: JournalPoint | undefined;
  /** Fields besides those that make a line. */
  readonly fields?: readonly string[];
}

/** All journals, and with --follow not only the present boot's, which a journal from elsewhere does not have. */
const MERGE = "--merge";
const OUTPUT = [
  "--output=json",
  // Without it journalctl leaves out fields above 4096 bytes, and long names could hide an attack.
  "--all",
  "--quiet",
  "--no-pager",
];
const LOCAL_ONLY = 1;
const RUNTIME_ONLY = 2;
const SYSTEM_ONLY = 4;
const CURRENT_USER = 8;

/**
 * Arguments of the journalctl that gives the entries which match one of the groups of words. The entry at the start is
 * given too if it matches.
 */
export function journalArguments({ place, matches, start, fields = [] }: JournalQuestion): string[] {
  const groups = matches.filter((group) => group.length > 0);
  const words = groups.flatMap((group, i) => (i === 0 ? group : ["+", ...group]));
  return [
    ...OUTPUT,
    `--output-fields=${[...new Set([...JOURNAL_FIELDS, ...fields])].join(",")}`,
    ...placeArguments(place),
    ...startArguments(start),
    "--",
    ...words,
  ];
}

/** Arguments of the journalctl that gives the last entry. */
export function lastEntryArguments(place: JournalPlace): string[] {
  return [...OUTPUT, "--lines=1", "--output-fields=_HOSTNAME", ...placeArguments(place)];
}

/** The journal files that were named, patterns expanded; a pattern that matches nothing stays as it is. */
export function listJournalFiles({ journalpath, journalfiles = "" }: JournalPlace): readonly string[] {
  const patterns = journalpath ? [] : journalfiles.split(/[\s,]+/).filter((pattern) => pattern !== "");
  return patterns.flatMap((pattern) => {
    const paths = globPaths(pattern);
    return paths.length > 0 ? paths : [pattern];
  });
}

function placeArguments(place: JournalPlace): string[] {
  const { journalpath, journalflags, namespace } = place;
  if (journalpath) {
    return [MERGE, `--directory=${journalpath}`];
  }
  const files = listJournalFiles(place);
  if (files.length > 0) {
    return [MERGE, ...files.map((path) => `--file=${path}`)];
  }
  return [...flagArguments(journalflags), ...(namespace ? [`--namespace=${namespace}`] : [])];
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

function startArguments(start: JournalPoint | undefined): string[] {
  if (start?.cursor) {
    // Not --after-cursor: it passes over an entry too many where the one at the place is none of those asked for.
    return [`--cursor=${start.cursor}`];
  }
  return start ? [`--since=@${formatSeconds(Math.max(0, start.micros))}`] : [];
}

function formatSeconds(micros: number): string {
  const whole = Math.floor(micros / 1e6);
  return `${whole}.${String(Math.floor(micros - whole * 1e6)).padStart(6, "0")}`;
}
