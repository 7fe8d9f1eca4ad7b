import { lstatSync, readlinkSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";

/** Names whose coming, going or change decides what a path leads to: folder → names in it. */
export type Route = ReadonlyMap<string, ReadonlySet<string>>;

/** As many links as Linux follows before ELOOP. */
const MOST_LINKS = 40;

/** Every folder and name on the way to a path, links followed, up to the first part that is not there. */
export function readRoute(path: string): Route {
  const route = new Map<string, Set<string>>();
  let links = MOST_LINKS;
  let rest = splitPath(resolve(path));
  let folder: string = sep;
  while (rest.length > 0) {
    const [name = "", ...after] = rest;
    addName(route, folder, name);
    const here = resolve(folder, name);
    const target = readTarget(here);
    if (target === undefined) {
      break;
    }
    if (target === here) {
      folder = here;
      rest = after;
    } else {
      links--;
      rest = links < 0 ? [] : [...splitPath(resolve(folder, target)), ...after];
      folder = sep;
    }
  }
  return route;
}

function splitPath(path: string): string[] {
  return path.split(sep).filter((part) => part !== "");
}

function addName(route: Map<string, Set<string>>, folder: string, name: string): void {
  const names = route.get(folder) ?? new Set();
  names.add(name);
  route.set(folder, names);
}

/** What a link says, the path itself for anything else, `undefined` for nothing. */
function readTarget(path: string): string | undefined {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() ? readlinkSync(path) : stat && path;
  } catch {
    return undefined;
  }
}

/** The folder a path is in, links in the path left as they are. */
export function folderOf(path: string): string {
  return dirname(resolve(path));
}
