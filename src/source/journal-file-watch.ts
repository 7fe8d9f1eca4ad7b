import { statSync } from "node:fs";
import { dirname } from "node:path";
import { listJournalFiles, type JournalPlace } from "./journal-command";
import { FolderWatch } from "./folder-watch";

/** Long enough for journalctl to read the rest of a file that has just been renamed. */
const SETTLE_MS = 500;

/**
 * Watches journal files that were named: journalctl keeps to those it has opened, and misses the one that takes the
 * name after a rotation, or that a pattern would name from then on.
 */
export class JournalFileWatch {
  readonly #place: JournalPlace;
  readonly #changed: () => void;
  readonly #folders = new FolderWatch();
  #stops: (() => void)[] = [];
  #settle: NodeJS.Timeout | undefined;
  #known = "";

  constructor(place: JournalPlace, changed: () => void) {
    this.#place = place;
    this.#changed = changed;
  }

  /** From now on tells of changes to the files as they are now. */
  renew(): void {
    this.#listen();
    this.#known = this.#list();
  }

  stop(): void {
    clearTimeout(this.#settle);
    this.#stops.splice(0).forEach((stop) => stop());
  }

  #listen(): void {
    const before = this.#stops;
    const folders = new Set(listJournalFiles(this.#place).map((path) => dirname(path)));
    this.#stops = [...folders].flatMap((folder) => this.#listenTo(folder));
    before.forEach((stop) => stop());
  }

  #listenTo(folder: string): (() => void)[] {
    try {
      return [this.#folders.listen(folder, (_, kind) => kind === "names" && this.#wake())];
    } catch {
      // Not there or not readable: journalctl tells so, and is started again and again.
      return [];
    }
  }

  #wake(): void {
    this.#settle ??= setTimeout(() => {
      this.#settle = undefined;
      this.#listen();
      const now = this.#list();
      if (now !== this.#known) {
        this.#known = now;
        this.#changed();
      }
    }, SETTLE_MS);
  }

  #list(): string {
    const files = listJournalFiles(this.#place).map((path) => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      return [path, stat ? `${stat.dev}:${stat.ino}` : ""];
    });
    return JSON.stringify(files);
  }
}
