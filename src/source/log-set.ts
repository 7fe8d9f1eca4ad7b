import { basename, dirname } from "node:path";
import { statSync } from "node:fs";
import { globPaths } from "../platform";
import { COMPRESSED } from "./compressed";
import { isRotatedName } from "./rotated";
import { RouteWatch } from "./route-watch";
import { FolderWatch } from "./folder-watch";

/** Told of logs that a pattern names. */
export interface LogSetListener {
  /** `isNew` when the file came while the set was being watched. */
  found(path: string, isNew: boolean): void;
  /** The file has been missing for a minute, longer than any rotation takes. */
  gone(path: string): void;
}

const MAGIC = /[*?[]/;

/** Names come and go in flocks; one look afterwards is enough. */
const SETTLE_MS = 100;

/**
 * The logs that patterns such as `/var/log/apache2/*error.log` name, now and later.
 *
 * DIFFERS: fail2ban looks at patterns only when it loads its configuration, so the log of a site added later stays
 * unread. Here such a file is found when it comes, except rotated and compressed ones (`x.log.1`, `x.log-20261121`,
 * `x.log.2.gz`, files that were a known log a moment ago), whose lines have been read under their own name.
 */
export class LogSet {
  readonly #patterns: readonly string[];
  readonly #listener: LogSetListener;
  readonly #goneAfter: number;
  readonly #folders = new FolderWatch();
  /** Path → inode when last seen. */
  readonly #known = new Map<string, string>();
  readonly #missing = new Map<string, NodeJS.Timeout>();
  #bases: RouteWatch[] = [];
  #stops: (() => void)[] = [];
  #settle: NodeJS.Timeout | undefined;
  #isStarted = false;

  /** `goneAfter` in seconds, 60 by default. */
  constructor(patterns: readonly string[], listener: LogSetListener, goneAfter = 60) {
    this.#patterns = patterns;
    this.#listener = listener;
    this.#goneAfter = goneAfter;
  }

  /** Tells of what is there at once, and then of what changes. Patterns without wildcards count as found always. */
  start(): void {
    this.#bases = this.#patterns
      .filter((pattern) => MAGIC.test(pattern))
      .map((pattern) => new RouteWatch(baseOf(pattern), () => this.#wake()));
    this.#look();
    this.#isStarted = true;
  }

  stop(): void {
    clearTimeout(this.#settle);
    for (const timer of this.#missing.values()) {
      clearTimeout(timer);
    }
    this.#missing.clear();
    for (const stop of [...this.#stops, ...this.#bases.map((base) => () => base.stop())]) {
      stop();
    }
    this.#stops = [];
  }

  #wake(): void {
    this.#settle ??= setTimeout(() => {
      this.#settle = undefined;
      this.#look();
    }, SETTLE_MS);
  }

  #look(): void {
    this.#watchFolders();
    const paths = new Set(this.#patterns.flatMap((pattern) => expand(pattern)));
    const before = new Map(this.#known);
    for (const path of paths) {
      this.#see(path, before);
    }
    for (const path of before.keys()) {
      if (!paths.has(path)) {
        this.#miss(path);
      }
    }
  }

  #see(path: string, before: ReadonlyMap<string, string>): void {
    const inode = readInode(path);
    clearTimeout(this.#missing.get(path));
    this.#missing.delete(path);
    if (this.#known.has(path)) {
      this.#known.set(path, inode);
    } else if (!(this.#isStarted && isLeftover(path, inode, before))) {
      this.#known.set(path, inode);
      this.#listener.found(path, this.#isStarted);
    }
  }

  #miss(path: string): void {
    if (!this.#missing.has(path)) {
      const timer = setTimeout(() => {
        this.#missing.delete(path);
        this.#known.delete(path);
        this.#listener.gone(path);
      }, this.#goneAfter * 1000);
      this.#missing.set(path, timer.unref());
    }
  }

  /** Every folder that a part with wildcards is looked up in. */
  #watchFolders(): void {
    const before = this.#stops;
    for (const base of this.#bases) {
      base.refresh();
    }
    const folders = new Set(this.#patterns.flatMap((pattern) => listFolders(pattern)));
    this.#stops = [...folders].flatMap((folder) => this.#listen(folder));
    for (const stop of before) {
      stop();
    }
  }

  #listen(folder: string): (() => void)[] {
    try {
      return [this.#folders.listen(folder, (_, kind) => kind === "names" && this.#wake())];
    } catch {
      // Gone again, or not readable: then there is nothing to find in it either.
      return [];
    }
  }
}

function expand(pattern: string): string[] {
  return MAGIC.test(pattern) ? globPaths(pattern) : [pattern];
}

/** The folder before the first wildcard. */
function baseOf(pattern: string): string {
  return MAGIC.test(pattern) ? baseOf(dirname(pattern)) : pattern;
}

function listFolders(pattern: string): string[] {
  if (!MAGIC.test(pattern)) {
    return [];
  }
  const folder = dirname(pattern);
  return [...expand(folder), ...listFolders(folder)];
}

/** Whether a file that has just come is one that was a known log before. */
function isLeftover(path: string, inode: string, known: ReadonlyMap<string, string>): boolean {
  const isRotated = (log: string): boolean =>
    dirname(log) === dirname(path) && isRotatedName(basename(path), basename(log));
  return COMPRESSED.test(path) || [...known].some(([log, other]) => other === inode || isRotated(log));
}

function readInode(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : path;
}
