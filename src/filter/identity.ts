import { parseIp, parseOffender, type Groups, type GroupValue } from "../model";

/** Who a match is about: `id` in normal form, with `ip` when the address differs from it; or a `host` to resolve. */
export interface Identity {
  readonly id?: string;
  readonly ip?: string;
  readonly host?: string;
}

/** One of these groups must be in a failregex (or its prefregex), else no offender could ever come out of it. */
export const ID_GROUPS: readonly string[] = ["fid", "ip4", "ip6", "dns", "mlfid"];

/**
 * The offender that groups name: an address before a host name, an own id (`fid`) before both.
 * `undefined` when they name none (yet): a session whose address comes in a later line.
 */
export function identify(groups: Groups, usedns: "names" | "ignore" | "raw"): Identity | undefined {
  const address = addressOf(groups);
  const dns = textOf(groups.get("dns"));
  const fid = textOf(groups.get("fid"));
  if (fid !== undefined) {
    const { id } = parseOffender(fid);
    return address === undefined || address === id ? { id } : { id, ip: address };
  }
  if (address !== undefined) {
    return { id: address };
  }
  if (dns === undefined || usedns === "ignore") {
    return undefined;
  }
  // A name that is an address after all (the loose patterns pass some by) needs no resolving.
  const ip = parseIp(dns);
  if (ip) {
    return { id: ip.text };
  }
  return usedns === "raw" ? { id: dns } : { host: dns };
}

/** The text of a group, or `undefined` when it took no part or is not text. */
export function textOf(value: GroupValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Normal form of the captured address, a network when there is a `cidr` group. Text that only looks like an address
 * (`999.1.1.1`) is kept as a raw id, as fail2ban keeps it: it can be counted, but no firewall will take it.
 */
function addressOf(groups: Groups): string | undefined {
  const address = textOf(groups.get("ip4")) ?? textOf(groups.get("ip6"));
  if (address === undefined) {
    return undefined;
  }
  const cidr = textOf(groups.get("cidr"));
  return parseOffender(cidr === undefined ? address : `${address}/${cidr}`).id;
}
