import { formatPythonString } from "../model";
import type { BanTarget } from "./action";
import { addressOf } from "./ban-tags";

const LONGEST_ID = 200;

/**
 * An id for log lines: unprintable characters escaped, bounded in length.
 * DIFFERS: fail2ban writes ids as they are, so that an id with a line break could forge a log line.
 */
export function formatId(id: string): string {
  const short = id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID)}…` : id;
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(short) ? formatPythonString(short).slice(1, -1) : short;
}

/** The facts of a ban for error messages. */
export function formatInfo(target: BanTarget): string {
  const { ban, family } = target;
  const parts = [
    ["ip", addressOf(ban)],
    ["family", family],
    ["fid", ban.offender.id],
  ] as const;
  const items = parts.map(([name, value]) => `'${name}': ${formatPythonString(value.slice(0, LONGEST_ID))}`);
  return `ActionInfo({${items.join(", ")}})`;
}
