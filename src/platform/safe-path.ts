import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";

/** Links that may lead to one another. */
const MOST_LINKS = 40;
const OTHERS_MAY_WRITE = 0o002;
const GROUP_MAY_WRITE = 0o020;
const STICKY = 0o1000;

/**
 * Why somebody else than we and root could put another file in the place of what is at a path: the folder or link of
 * somebody else on the way, or a folder that everybody may write to. `undefined` when nobody could. A folder like /tmp,
 * where everybody may delete what is theirs only, is no reason. What does not exist yet is none either.
 */
export function findIntruder(path: string): string | undefined {
  return look(resolve(path), MOST_LINKS);
}

function look(path: string, links: number): string | undefined {
  const folder = dirname(path);
  const above = folder === path ? undefined : look(folder, links);
  const stats = above === undefined ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (!stats) {
    return above;
  }
  if (stats.isSymbolicLink()) {
    if (!isOurs(stats.uid)) {
      return `"${path}" is a link made by user ${stats.uid}`;
    }
    return links > 0 ? look(resolve(folder, readlinkSync(path)), links - 1) : `"${path}" leads in circles`;
  }
  return stats.isDirectory() ? describeFolder(path, stats) : undefined;
}

function describeFolder(path: string, { uid, gid, mode }: Stats): string | undefined {
  if (!isOurs(uid)) {
    return `folder "${path}" belongs to user ${uid}`;
  }
  if ((mode & STICKY) !== 0) {
    return undefined;
  }
  if ((mode & OTHERS_MAY_WRITE) !== 0) {
    return `everybody may write to folder "${path}"`;
  }
  const isOpenToGroup = (mode & GROUP_MAY_WRITE) !== 0 && gid !== 0 && gid !== process.getegid?.();
  return isOpenToGroup ? `group ${gid} may write to folder "${path}"` : undefined;
}

function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
