import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { WarderError } from "../model";

/** Somebody a reader can run as; numbers as the kernel has them. */
export interface ReaderUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups of the process, `gid` among them. */
  readonly groups: readonly number[];
}

/** How a program is started as another user. */
export interface ReaderCommand {
  readonly argv: readonly string[];
  /** The program has to change its user itself. */
  readonly isLeftToProgram: boolean;
}

const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
/** Number of CAP_SETPCAP. */
const SETPCAP = 8n;

/**
 * Finds the user for `readeruser`, and the groups: those of `readergroups` (names, separated by blanks or commas), or
 * all that the user is in.
 * @throws WarderError `reader-user` when there is no such user or group, when it is root, or when we may not become it
 */
export function findReaderUser(name: string, groupNames: string): ReaderUser {
  const [uid, gid, ...own] = ["-u", "-g", "-G"].flatMap((option) => askId(option, name));
  if (uid === undefined || gid === undefined) {
    throw refuse(
      name,
      "there is no such user. Create it (useradd --system --groups adm,systemd-journal NAME) or change readeruser in fail2ban.conf",
    );
  }
  if (uid === 0) {
    throw refuse(
      name,
      "it is root: a reader of its own would gain nothing. Name a user without rights, or nobody",
    );
  }
  const ourUid = process.geteuid?.();
  if (ourUid !== 0 && ourUid !== uid) {
    throw refuse(
      name,
      "only root can run a program as another user. Start as root, or leave readeruser empty",
    );
  }
  const wanted = groupNames.split(/[\s,]+/).filter((group) => group !== "");
  const groups = wanted.length > 0 ? wanted.map((group) => findGroup(group, name)) : own;
  return { name, uid, gid, groups: [...new Set([gid, ...groups])] };
}

/**
 * The command that runs a program as that user: no rights above those of any user, and no way to get some again (where
 * util-linux' setpriv is installed; without it a program with the setuid bit is still one).
 */
export function commandAs({ uid, gid, groups }: ReaderUser, argv: readonly string[]): ReaderCommand {
  const isRoot = process.geteuid?.() === 0;
  const setpriv = findSetpriv();
  if (setpriv === undefined) {
    return { argv, isLeftToProgram: isRoot };
  }
  const bounding = mayDropBounding() ? ["--bounding-set=-all"] : [];
  const change = [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${groups.join(",")}`];
  return {
    argv: [
      setpriv,
      ...(isRoot ? change : []),
      "--inh-caps=-all",
      "--ambient-caps=-all",
      ...bounding,
      "--no-new-privs",
      "--",
      ...argv,
    ],
    isLeftToProgram: false,
  };
}

/** Becomes that user for good. Throws a system error when that is not allowed. */
export function becomeUser({ uid, gid, groups }: Omit<ReaderUser, "name">): void {
  process.setgroups?.([...groups]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

/** The system's own program knows of users from everywhere (files, LDAP, systemd). */
function askId(option: string, name: string): readonly number[] {
  const { status, stdout } = spawnSync("id", [option, "--", name], { encoding: "utf8" });
  return status === 0 ? stdout.trim().split(/\s+/).map(Number) : [];
}

function findGroup(name: string, user: string): number {
  const { status, stdout } = spawnSync("getent", ["group", "--", name], { encoding: "utf8" });
  const line = status === 0 ? stdout : lineOf(name);
  const gid = Number(line.split(":")[2] ?? Number.NaN);
  if (!Number.isInteger(gid)) {
    throw refuse(user, `there is no group "${name}". Create it or change readergroups in fail2ban.conf`);
  }
  return gid;
}

/** Where there is no getent. */
function lineOf(name: string): string {
  const lines = readFileSync("/etc/group", "utf8").split("\n");
  return lines.find((line) => line.startsWith(`${name}:`)) ?? "";
}

/** That of util-linux; BusyBox has a program of the name that changes no user. */
function findSetpriv(): string | undefined {
  const path = FOLDERS.map((folder) => join(folder, "setpriv")).find(isExecutable);
  const version = path && spawnSync(path, ["--version"], { encoding: "utf8" });
  return version && version.stdout.includes("util-linux") ? path : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Without that right the set stays as it is; with no_new_privs nothing comes of it. */
function mayDropBounding(): boolean {
  const found = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return ((BigInt(`0x${found?.[1] ?? "0"}`) >> SETPCAP) & 1n) === 1n;
}

function refuse(name: string, why: string): WarderError {
  return new WarderError("reader-user", `Cannot run the reader as user "${name}": ${why}.`);
}
