import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../../model";

const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;
/** Deeper folders and other files are never read. */
const DEPTH = 2;
const READ = /\.(?:conf|local|py)$/;

/** Files and folders of the configuration that anybody on this machine could change, and so run commands as root. */
export function checkPermissions(directory: string): Problem[] {
  return listPaths(directory, 0)
    .filter(isOpen)
    .map((path) => ({
      severity: "warning",
      message: `anybody on this machine can write here, and so have commands run by the daemon; chmod o-w ${path}`,
      origin: { file: path, line: 1 },
    }));
}

function listPaths(folder: string, depth: number): string[] {
  try {
    const children = readdirSync(folder, { withFileTypes: true }).flatMap((child) => {
      const path = join(folder, child.name);
      if (child.isDirectory()) {
        return depth < DEPTH ? listPaths(path, depth + 1) : [];
      }
      return READ.test(child.name) ? [path] : [];
    });
    return [folder, ...children];
  } catch {
    // What cannot be listed is told by whoever reads it.
    return [];
  }
}

function isOpen(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const mode = stat && !stat.isSymbolicLink() ? stat.mode : 0;
  return (mode & WRITABLE_BY_ALL) !== 0 && (mode & STICKY) === 0;
}
