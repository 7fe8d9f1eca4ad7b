import { closeSync, constants, openSync, readdirSync, statSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { COMPRESSED, readHashOf } from "./compressed";
import { folderOf } from "./path-route";
import { LogFile } from "./log-file";
import type { Checkpoint } from "./source-event";

/** Newest ones looked at, in a folder that is full of old logs. */
const MOST_CANDIDATES = 60;
/** Folders beside a log that rotation may move old ones to (`olddir`). */
const MOST_FOLDERS = 50;

/** A file beside a log that may be an earlier one of it. */
interface Candidate {
  readonly path: string;
  readonly ino: bigint;
  readonly mtime: bigint;
  readonly birth: bigint;
  readonly size: bigint;
}

/** The path under which the log with that checkpoint lies now, rotated away by name; `undefined` when not found. */
export function findRotated(path: string, checkpoint: Checkpoint, newline: Buffer): string | undefined {
  const candidates = [...listEverywhere(path, isPlain)].filter((one) => one.size >= checkpoint.position);
  const { inode } = checkpoint;
  const same = candidates.find((candidate) => inode !== undefined && Number(candidate.ino) === inode);
  if (checkpoint.hash === "") {
    // Nothing of it was read: only the inode can tell, and the first line may have been completed since.
    return checkpoint.position === 0 ? same?.path : undefined;
  }
  const order = same ? [same, ...candidates] : candidates;
  return order.find((candidate) => readHash(candidate.path, newline) === checkpoint.hash)?.path;
}

/** A rotated file held open, whatever becomes of its name. */
export interface OpenedLog {
  /** The name it had, which tells how it is compressed. */
  readonly path: string;
  readonly fd: number;
}

/** What a log that was compressed is known by. */
export interface KnownLog {
  /** SHA-1 of its first line, see `Checkpoint`. */
  readonly hash: string;
  readonly newline: Buffer;
  /** When it came into being, in nanoseconds since 1970; a compressed file older than that it has not become. */
  readonly birth?: bigint;
}

/**
 * The compressed file that the log with that first line has become, and those younger than it, oldest first; nothing
 * when none has. All are opened before the first is looked at, as names may change meanwhile. Close them.
 */
export async function openCompressed(
  path: string,
  { hash, newline, birth: since = 0n }: KnownLog,
): Promise<OpenedLog[]> {
  const rows = Array.from(listEverywhere(path, isCompressed))
    .filter(({ birth }) => birth === 0n || birth >= since)
    .map((one) => [one.path, ...listYounger(path, one.path)]);
  const opened = new Map(openLogs([...new Set(rows.flat())]).map((log) => [log.path, log]));
  let found: OpenedLog[] = [];
  for (const row of rows) {
    const first = opened.get(row[0] ?? "");
    if (first && (await readHashOf(first, newline)) === hash) {
      found = row.flatMap((name) => opened.get(name) ?? []);
      break;
    }
  }
  closeLogs([...opened.values()].filter((log) => !found.includes(log)));
  return found;
}

/** Lets go of files. */
export function closeLogs(logs: readonly OpenedLog[]): void {
  logs.forEach(({ fd }) => closeSync(fd));
}

function openLogs(paths: readonly string[]): OpenedLog[] {
  return paths.flatMap((path) => {
    try {
      return [{ path, fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK) }];
    } catch {
      return [];
    }
  });
}

function isCompressed(name: string): boolean {
  return COMPRESSED.test(name);
}

/** The path that an open file of a log has now, after it was renamed beside it. */
export function findByInode(
  path: string,
  file: { readonly dev: bigint; readonly ino: bigint },
): string | undefined {
  return [...listEverywhere(path, isPlain)].find((candidate) => candidate.ino === file.ino)?.path;
}

/**
 * The first rotated file that is a copy of an open log as judged by `isCopy`: what copytruncate leaves. A copy came into
 * being after its original; an older file is none, though it may begin alike.
 */
export function findCopy(
  path: string,
  log: { readonly birth: bigint },
  isCopy: (file: LogFile, path: string) => boolean,
): string | undefined {
  const younger = [...listEverywhere(path, isPlain)].filter(
    ({ birth }) => birth === 0n || birth >= log.birth,
  );
  return younger.find((candidate) => {
    const file = openQuietly(candidate.path);
    try {
      return file !== undefined && isCopy(file, candidate.path);
    } finally {
      file?.close();
    }
  })?.path;
}

/**
 * Rotated files of the same naming (`x.log.3`, `x.log-20261121`) that are younger than the given one by name and not
 * older by time, oldest first: those that came and went while nobody looked.
 */
export function listYounger(path: string, rotated: string): string[] {
  const stem = stemOf(path);
  const folder = folderOf(rotated);
  const restOf = (name: string): string => basename(name).slice(stem.length).replace(COMPRESSED, "");
  const own = restOf(rotated);
  const countsDown = numbersOf(own).every((number) => number.length < 5);
  const order = (a: string, b: string): number =>
    compareNumbers(numbersOf(a), numbersOf(b)) * (countsDown ? -1 : 1);
  // What is younger than a compressed file may be compressed too; of two with one name the plain one is whole.
  const plain = listCandidates(path, folder, isPlain);
  const names = new Set(plain.map((candidate) => restOf(candidate.path)));
  const packed = isCompressed(rotated) ? listCandidates(path, folder, isCompressed) : [];
  const candidates = [...plain, ...packed.filter((candidate) => !names.has(restOf(candidate.path)))];
  const from = candidates.find((candidate) => candidate.path === rotated);
  // A copy is born after what follows it was, a slow writer may write to the older file last: one of both must fit.
  const isLater = (other: Candidate): boolean =>
    from === undefined || other.mtime >= from.mtime || other.birth >= from.birth;
  return candidates
    .filter(isLater)
    .map((candidate) => ({ path: candidate.path, rest: restOf(candidate.path) }))
    .filter(({ rest }) => shapeOf(rest) === shapeOf(own) && order(rest, own) > 0)
    .sort((a, b) => order(a.rest, b.rest))
    .map((one) => one.path);
}

/** Whether a name is one that rotation gives to a log: the log's own name and a number or date after it. */
export function isRotatedName(name: string, log: string): boolean {
  return name.startsWith(log) && /^[.\-_]\d+([.\-_]\d+)*$/.test(name.slice(log.length));
}

/** Beside the log, then in the folders there: newest first in each. */
function* listEverywhere(path: string, isWanted: (name: string) => boolean): Generator<Candidate> {
  const own = folderOf(path);
  yield* listCandidates(path, own, isWanted);
  for (const folder of listFolders(own)) {
    yield* listCandidates(path, folder, isWanted);
  }
}

/** Newest first. A log of another name that begins alike is a candidate too; its content decides. */
function listCandidates(path: string, folder: string, isWanted: (name: string) => boolean): Candidate[] {
  const log = resolve(path);
  const stem = stemOf(path);
  return readNames(folder)
    .filter((name) => name.startsWith(stem) && isWanted(name) && join(folder, name) !== log)
    .flatMap((name) => readCandidate(join(folder, name)))
    .sort((a, b) => Number(b.mtime - a.mtime))
    .slice(0, MOST_CANDIDATES);
}

function isPlain(name: string): boolean {
  return !COMPRESSED.test(name);
}

function listFolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name))
      .slice(0, MOST_FOLDERS);
  } catch {
    return [];
  }
}

function stemOf(path: string): string {
  const log = basename(path);
  return log.slice(0, log.length - extname(log).length);
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readCandidate(path: string): Candidate[] {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat?.isFile()
      ? [{ path, ino: stat.ino, mtime: stat.mtimeNs, birth: stat.birthtimeNs, size: stat.size }]
      : [];
  } catch {
    return [];
  }
}

function openQuietly(path: string): LogFile | undefined {
  try {
    return new LogFile(path);
  } catch {
    return undefined;
  }
}

function readHash(path: string, newline: Buffer): string | undefined {
  const file = openQuietly(path);
  try {
    return file?.hash(newline);
  } catch {
    return undefined;
  } finally {
    file?.close();
  }
}

function shapeOf(name: string): string {
  return name.replaceAll(/\d+/g, "0");
}

function numbersOf(name: string): string[] {
  return name.match(/\d+/g) ?? [];
}

function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const difference = BigInt(left) - BigInt(b[i] ?? "0");
    if (difference !== 0n) {
      return difference < 0n ? -1 : 1;
    }
  }
  return 0;
}
