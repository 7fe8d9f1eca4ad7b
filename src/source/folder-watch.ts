import { statSync, watch, type FSWatcher } from "node:fs";
import { basename } from "node:path";

/** Told when something happens in a folder: to one name, or (`undefined`) to anything, or to the folder itself. */
export type FolderListener = (name: string | undefined, kind: "content" | "names") => void;

/** Longest a change can stay unnoticed when the kernel's queue of events has run over, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

interface Watched {
  readonly identity: string;
  readonly watcher: FSWatcher;
  readonly listeners: Set<FolderListener>;
}

/** Watches folders through inotify, each once however many listen. Without events there is no timer either. */
export class FolderWatch {
  readonly #watched = new Map<string, Watched>();
  #lookAgain: NodeJS.Timeout | undefined;

  /**
   * Listens to a folder until the function given back is called. Throws what fs.watch throws: ENOENT, EACCES,
   * ENOSPC and EMFILE when the system's limits of inotify are reached.
   */
  listen(folder: string, listener: FolderListener): () => void {
    const watched = this.#current(folder) ?? this.#open(folder);
    watched.listeners.add(listener);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0) {
        this.#close(folder, watched);
      }
    };
  }

  #current(folder: string): Watched | undefined {
    const watched = this.#watched.get(folder);
    if (watched && watched.identity !== readIdentity(folder)) {
      this.#drop(folder, watched);
      return undefined;
    }
    return watched;
  }

  #open(folder: string): Watched {
    const identity = readIdentity(folder);
    const watcher = watch(folder, { persistent: true });
    const watched = { identity, watcher, listeners: new Set<FolderListener>() };
    watcher.on("change", (kind, name) => this.#hear(folder, watched, { kind, name: name?.toString() }));
    watcher.on("error", () => this.#drop(folder, watched));
    this.#watched.set(folder, watched);
    return watched;
  }

  #hear(
    folder: string,
    watched: Watched,
    event: { readonly kind: string; readonly name: string | undefined },
  ): void {
    this.#lookAgain ??= setTimeout(() => this.#tellAll(), LOOK_AGAIN_MS).unref();
    if (event.kind !== "rename") {
      tell(watched, event.name, "content");
    } else if (event.name === basename(folder)) {
      // An event of the folder itself carries its own name: it was moved or deleted, so this watch is worth nothing.
      this.#drop(folder, watched);
    } else {
      tell(watched, event.name, "names");
    }
  }

  #tellAll(): void {
    this.#lookAgain = undefined;
    for (const watched of Array.from(this.#watched.values())) {
      tell(watched, undefined, "names");
    }
  }

  /** Listeners must ask again: those who still want the folder get a fresh watch. */
  #drop(folder: string, watched: Watched): void {
    this.#close(folder, watched);
    tell(watched, undefined, "names");
  }

  #close(folder: string, watched: Watched): void {
    watched.watcher.close();
    if (this.#watched.get(folder) === watched) {
      this.#watched.delete(folder);
    }
    if (this.#watched.size === 0) {
      clearTimeout(this.#lookAgain);
      this.#lookAgain = undefined;
    }
  }
}

function tell(watched: Watched, name: string | undefined, kind: "content" | "names"): void {
  for (const listener of Array.from(watched.listeners)) {
    listener(name, kind);
  }
}

function readIdentity(folder: string): string {
  const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : "";
}
