import { messageOf, WarderError } from "../model";
import { FolderWatch } from "./folder-watch";
import { folderOf, readRoute, type Route } from "./path-route";

/** Shared by all that is followed in this thread, so that a folder is watched once. */
const folders = new FolderWatch();

/** Watches everything that decides what a path leads to: its folder, the folders above, the links on the way. */
export class RouteWatch {
  readonly #path: string;
  readonly #changed: () => void;
  #route: Route = new Map();
  #stops: (() => void)[] = [];
  #isStale = true;
  #isFollowing = false;

  constructor(path: string, changed: () => void) {
    this.#path = path;
    this.#changed = changed;
  }

  /**
   * Looks up the way again if something on it has changed. Gives an error when the folder of the path itself is
   * there and cannot be watched; the caller then has to look by time.
   */
  refresh(): WarderError | undefined {
    // A folder may change while watches are being set up: another pass sees it.
    let failure: WarderError | undefined;
    for (let pass = 0; this.#isStale && pass < 5; pass++) {
      this.#isStale = false;
      failure = this.#listenAgain();
    }
    return failure;
  }

  stop(): void {
    this.#isFollowing = false;
    const stops = this.#stops;
    this.#stops = [];
    for (const stop of stops) {
      stop();
    }
  }

  #listenAgain(): WarderError | undefined {
    const before = this.#stops;
    this.#stops = [];
    this.#isFollowing = true;
    this.#route = readRoute(this.#path);
    let failure: WarderError | undefined;
    for (const folder of this.#route.keys()) {
      failure = this.#listen(folder) ?? failure;
    }
    // Only now, so that folders that stay on the way keep their watch.
    for (const stop of before) {
      stop();
    }
    this.#isStale ||= !isSameRoute(readRoute(this.#path), this.#route);
    return failure;
  }

  #listen(folder: string): WarderError | undefined {
    const isLast = [...this.#route.keys()].at(-1) === folder || folder === folderOf(this.#path);
    try {
      const stop = folders.listen(folder, (name, kind) => this.#hear(folder, name, kind));
      this.#stops.push(stop);
      return undefined;
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT";
      this.#isStale ||= isGone;
      return isLast && !isGone ? watchError(this.#path, error) : undefined;
    }
  }

  #hear(folder: string, name: string | undefined, kind: "content" | "names"): void {
    if (!this.#isFollowing || (name !== undefined && !this.#route.get(folder)?.has(name))) {
      return;
    }
    this.#isStale ||= kind === "names";
    this.#changed();
  }
}

function isSameRoute(a: Route, b: Route): boolean {
  const list = (route: Route) =>
    JSON.stringify(Array.from(route, ([folder, names]) => [folder, Array.from(names)]));
  return list(a) === list(b);
}

function watchError(path: string, cause: unknown): WarderError {
  const code = (cause as NodeJS.ErrnoException).code;
  const advice =
    code === "ENOSPC" || code === "EMFILE"
      ? "the system's limit is reached. Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl"
      : `${messageOf(cause)}. Make its folder readable for the daemon`;
  return new WarderError(
    "log-not-watched",
    `Cannot watch "${path}", looking every 2 seconds instead: ${advice}`,
    {
      cause,
    },
  );
}
