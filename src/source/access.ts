import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { folderOf } from "./path-route";

/** What decides who may read a file. */
export interface Ownership {
  readonly mode: number;
  /** Name of the group, or its number where it has no name. */
  readonly group: string;
}

/** What somebody who may not read a log can do about it: which group or right is missing. Never throws. */
export function adviseAccess(path: string): string {
  const folder = findClosedFolder(path);
  if (folder !== undefined) {
    return `Folder ${folder} may not be entered: run as root, or ${adviseFor(readOwnership(folder), "search")}`;
  }
  return `Run as root, or ${adviseFor(readOwnership(path), "read")}`;
}

/** The right that is missing. A folder wants `search`, a file `read`. */
export function adviseFor(owner: Ownership | undefined, right: "read" | "search"): string {
  const bit = right === "read" ? 0o040 : 0o010;
  if (!owner) {
    return "add the user to group adm";
  }
  return (owner.mode & bit) === 0
    ? `let a group of the user read it (chgrp GROUP, chmod g+${right === "read" ? "r" : "x"})`
    : `add the user to group ${owner.group}`;
}

/** The name of a group in the text of /etc/group; its number when it has none. */
export function groupName(groups: string, gid: number): string {
  const line = groups.split("\n").find((entry) => entry.split(":")[2] === String(gid));
  return line?.split(":")[0] ?? String(gid);
}

/** The outermost folder on the way that may not be searched. */
function findClosedFolder(path: string): string | undefined {
  const folders: string[] = [];
  for (let folder = folderOf(path); folder !== folders.at(-1); folder = folderOf(folder)) {
    folders.push(folder);
  }
  return folders.toReversed().find((folder) => {
    try {
      accessSync(folder, constants.X_OK);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EACCES";
    }
  });
}

function readOwnership(path: string): Ownership | undefined {
  try {
    const { mode, gid } = statSync(path);
    return { mode, group: groupName(readGroups(), gid) };
  } catch {
    return undefined;
  }
}

function readGroups(): string {
  try {
    return readFileSync("/etc/group", "utf8");
  } catch {
    return "";
  }
}
