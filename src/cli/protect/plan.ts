import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { FAIL2BAN_TREE, OWN_TREE } from "../choose-tree";

/** Logs sshd writes to, by system, and where a journal is kept. */
const SSH_LOGS = ["/var/log/auth.log", "/var/log/secure", "/var/log/messages"];
const JOURNALS = ["/var/log/journal", "/run/log/journal"];
const FAIL2BAN_SOCKETS = ["/run/fail2ban/fail2ban.sock", "/var/run/fail2ban/fail2ban.sock"];

/** What this machine has that matters. */
export interface Surroundings {
  readonly isRoot: boolean;
  readonly hasNft: boolean;
  /** The log of sshd, or `journal`, or nothing at all to watch. */
  readonly sshdLog: string | undefined;
  /** Configuration trees that are here. */
  readonly tree: string | undefined;
  /** A fail2ban is running here. */
  readonly hasFail2ban: boolean;
}

/** What to do on this machine. */
export interface Plan {
  readonly mode: "ban" | "observe" | "replay";
  readonly tree: string;
  readonly isShipped: boolean;
  readonly sshdLog: string | undefined;
  /** Why it is not `ban`; for people. */
  readonly reason?: string;
}

/** Looks around; changes nothing. */
export async function lookAround(): Promise<Surroundings> {
  return {
    isRoot: process.getuid?.() === 0,
    hasNft: canUseNft(),
    sshdLog: findSshdLog(),
    tree: [OWN_TREE, FAIL2BAN_TREE].find((tree) => existsSync(join(tree, "jail.conf"))),
    hasFail2ban: (await Promise.all(FAIL2BAN_SOCKETS.map(isListening))).includes(true),
  };
}

/** Decides what to do. A tree the user names is used whatever else is here. */
export function makePlan(
  around: Surroundings,
  wishes: { readonly shippedTree: string; readonly conf?: string; readonly demo: boolean },
): Plan {
  const chosen = wishes.conf ?? around.tree;
  if (wishes.demo || (wishes.conf === undefined && around.sshdLog === undefined)) {
    const reason = wishes.demo
      ? "as asked for"
      : "this machine has no log of sshd to watch: neither a file nor a journal";
    return { mode: "replay", tree: wishes.shippedTree, isShipped: true, sshdLog: undefined, reason };
  }
  const place = {
    tree: chosen ?? wishes.shippedTree,
    isShipped: chosen === undefined,
    sshdLog: around.sshdLog,
  };
  const reason = whyOnlyObserve(around);
  return reason === undefined ? { mode: "ban", ...place } : { mode: "observe", ...place, reason };
}

function whyOnlyObserve(around: Surroundings): string | undefined {
  if (!around.isRoot) {
    return "not running as root, so the firewall is out of reach";
  }
  if (around.hasFail2ban) {
    return "fail2ban is running on this machine, and two daemons must not work on one firewall";
  }
  return around.hasNft ? undefined : "nft is not here (Debian: apt-get install nftables)";
}

/** Whether somebody is behind a socket. A file that was left behind refuses; whoever may not ask has to suppose so. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== "ENOENT" && code !== "ECONNREFUSED"),
    );
    socket.once("connect", () => socket.destroy());
  });
}

function canUseNft(): boolean {
  return spawnSync("nft", ["list", "tables"], { stdio: "ignore" }).status === 0;
}

function findSshdLog(): string | undefined {
  const file = SSH_LOGS.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return file ?? (JOURNALS.some(hasJournal) ? "journal" : undefined);
}

function hasJournal(folder: string): boolean {
  try {
    return readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith(".journal"));
  } catch {
    return false;
  }
}
