import { statfsSync, statSync } from "node:fs";
import { messageOf, WarderError } from "../model";
import { adviseAccess } from "./access";
import { folderOf } from "./path-route";

/** What tells two files apart, whatever their names. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Magic numbers of statfs(2): NFS, SMB, SMB2, CIFS, AFS, Ceph, 9P, FUSE (sshfs and others). */
const NETWORK = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x5346414f, 0x00c36400, 0x01021997, 0x65735546,
]);

/** What a path leads to; `undefined` when nothing is there. Throws EACCES, ELOOP and the like. */
export function statLog(path: string): (FileIdentity & { readonly size: number }) | undefined {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat && { dev: stat.dev, ino: stat.ino, size: Number(stat.size) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") {
      return undefined;
    }
    throw error;
  }
}

/** Whether both are the same file. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Whether a path lies on a file system that others write to without this kernel knowing. */
export function isOnNetwork(path: string): boolean {
  for (const place of [path, folderOf(path)]) {
    try {
      return NETWORK.has(statfsSync(place).type >>> 0);
    } catch {
      // Not there yet: its folder tells.
    }
  }
  return false;
}

/** The error of a log that cannot be read, with what to do. Codes: `log-denied`, `log-not-a-file`, `log-unreadable`. */
export function logError(path: string, cause: unknown): WarderError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "EACCES" || code === "EPERM") {
    const text = `Cannot open log "${path}": permission denied. ${adviseAccess(path)}`;
    return new WarderError("log-denied", text, { cause });
  }
  if (code === "EISDIR" || code === "ENODEV" || code === "ENXIO") {
    const text = `Cannot read log "${path}": it is neither a file nor a named pipe. Name one in logpath`;
    return new WarderError("log-not-a-file", text, { cause });
  }
  return new WarderError("log-unreadable", `Cannot read log "${path}": ${messageOf(cause)}`, { cause });
}
